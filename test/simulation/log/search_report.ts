/** A counterexample of the exhaustive search in words, one move a line. */
import { describeAnswer, describeQuestion } from "./describe.ts";
import { Violation } from "./judge.ts";
import type { Move, State } from "./moves.ts";
import type { Search, SearchResult } from "./search.ts";

export function describeMoves(
  search: Search,
  from: State,
  { moves, violation }: NonNullable<SearchResult["found"]>,
): string[] {
  const lines: string[] = [];
  let state = from;
  for (const move of moves) {
    lines.push(describeMove(search, move));
    try {
      state = search.make(state, move);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
    }
  }
  return [...lines, violation.message];
}

function describeMove({ steps }: Search, move: Move): string {
  if (!("message" in move)) {
    if (move.kind === "nominate") return `nominate ${move.node}; ${move.via} would vote`;
    if (move.kind === "crash") return `crash ${move.node}${describeCrash(move)}`;
    if (move.kind === "damage")
      return `the disk of ${move.node} is damaged: ${move.rowsKept} rows are left`;
    if (move.kind === "flush") return `${move.node} writes`;
    return `${move.kind} ${move.node}`;
  }
  const { from, to, question, answer } = steps.messages[move.message]!;
  const what =
    answer === undefined
      ? `> ${from} -> ${to}  ${describeQuestion(question)}`
      : `< ${to} -> ${from}  ${describeAnswer(answer)}`;
  if (move.kind === "deliver" && move.crash !== undefined)
    return `${what}; crash ${answer === undefined ? to : from}${describeCrash(move.crash)}`;
  if (move.kind === "deliver") return what;
  return `${what}  (${move.kind === "lose" ? "lost" : "and once more"})`;
}

function describeCrash({ flushed, tornRows }: { flushed: number; tornRows: number }): string {
  return (
    (flushed > 0 ? `, ${flushed} writes made it` : "") +
    (tornRows > 0 ? `, of the next ${tornRows} rows` : "")
  );
}
