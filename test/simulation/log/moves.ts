/**
 * What can happen next to a group of three replicas, within a budget: the
 * moves of the exhaustive search (search.ts).
 */
import type { LocalSteps } from "./local_steps.ts";
import type { Node } from "./node.ts";

export const SIZE = 3;

/** What may happen, how often at most. */
export const SPENT = [
  "nominate",
  "propose",
  "crash",
  "lose",
  "double",
  "confirm",
  "tick",
  "damage",
] as const;
type Spent = (typeof SPENT)[number];
export type Budget = Partial<Record<Spent, number>> & {
  hasPromptDisk?: boolean;
  /** Default: there are no checkpoints. */
  checkpointEveryRows?: number;
};

export type Move =
  | Hearing
  | { kind: "confirm"; node: number }
  | { kind: "flush" | "restart" | "propose" | "tick"; node: number }
  | { kind: "nominate"; node: number; via: number }
  | ({ kind: "crash"; node: number } & Crash)
  | { kind: "damage"; node: number; rowsKept: number };

export interface Hearing {
  kind: "deliver" | "lose" | "double";
  message: number;
  /** In the middle of what it led to. */
  crash?: Crash;
}

/** How far the disk's queue got. */
interface Crash {
  flushed: number;
  tornRows: number;
}

export interface State {
  /** Numbers of the replicas' states, by id - 1. */
  nodes: readonly number[];
  /** Numbers of the messages under way, ascending. */
  messages: readonly number[];
  judge: number;
  /** Four bits for each of SPENT. */
  spent: number;
}

/** What was spent after a move of this kind. */
export function spend(spent: number, kind: Move["kind"]): number {
  const at = SPENT.indexOf(kind as Spent);
  return at < 0 ? spent : spent + (1 << (4 * at));
}

function has(state: State, budget: Budget, name: Spent): boolean {
  const spent = (state.spent >> (4 * SPENT.indexOf(name))) & 15;
  return spent < (budget[name] ?? 0);
}

/** Always in the same order, so that a path of numbers can be walked again. */
export function movesOf(steps: LocalSteps, state: State, budget: Budget): Move[] {
  const moves: Move[] = [];
  const { messages } = state;
  for (let i = 0; i < messages.length; i++) {
    if (i > 0 && messages[i - 1] === messages[i]) continue;
    addMovesOfMessage(moves, steps, state, budget, messages[i]!);
  }
  for (let id = 1; id <= SIZE; id++) addMovesOfNode(moves, steps, state, budget, id);
  return moves;
}

function addMovesOfMessage(
  moves: Move[],
  steps: LocalSteps,
  state: State,
  budget: Budget,
  message: number,
): void {
  const { from, to, answer } = steps.messages[message]!;
  moves.push({ kind: "deliver", message });
  const hearer = state.nodes[(answer === undefined ? to : from) - 1]!;
  const canCrash = budget.hasPromptDisk === true && has(state, budget, "crash");
  if (canCrash && steps.nodes[hearer]!.alive) {
    const { node, violation } = steps.step(hearer, { kind: "hear", message });
    const pending = violation === null ? steps.nodes[node]!.pending : [];
    // With all of it written it is a crash by itself.
    for (const crash of crashesOf(pending, pending.length - 1))
      moves.push({ kind: "deliver", message, crash });
  }
  if (answer === null) return;
  if (has(state, budget, "lose")) moves.push({ kind: "lose", message });
  if (answer === undefined && has(state, budget, "double"))
    moves.push({ kind: "double", message });
}

function addMovesOfNode(
  moves: Move[],
  steps: LocalSteps,
  state: State,
  budget: Budget,
  id: number,
): void {
  const nodeOf = (one: number) => steps.nodes[state.nodes[one - 1]!]!;
  const node = nodeOf(id);
  if (!node.alive) return addMovesOfDead(moves, node, has(state, budget, "damage"));
  const { leading } = node.state;
  if (node.pending.length > 0) moves.push({ kind: "flush", node: id });
  if (has(state, budget, "nominate")) {
    for (let via = 1; via <= SIZE; via++)
      if (via !== id && nodeOf(via).alive) moves.push({ kind: "nominate", node: id, via });
  }
  for (const kind of ["propose", "confirm"] as const)
    if (leading?.open && has(state, budget, kind)) moves.push({ kind, node: id });
  if (leading !== null && has(state, budget, "tick")) moves.push({ kind: "tick", node: id });
  if (!has(state, budget, "crash")) return;
  for (const crash of crashesOf(node.pending, node.pending.length))
    moves.push({ kind: "crash", node: id, ...crash });
}

function addMovesOfDead(moves: Move[], { id, disk }: Node, canDamage: boolean): void {
  moves.push({ kind: "restart", node: id });
  // One bad disk at a time: more may lose everything.
  if (disk.isRecovering || !canDamage) return;
  for (let rowsKept = 0; rowsKept <= disk.rows.length; rowsKept++)
    moves.push({ kind: "damage", node: id, rowsKept });
}

/** Every point of the disk's queue to crash at, up to so many writes done, and of an append. */
function crashesOf(pending: Node["pending"], flushedMax: number): Crash[] {
  const crashes: Crash[] = [];
  for (let flushed = 0; flushed <= flushedMax; flushed++) {
    const next = pending[flushed];
    const rows = next?.kind === "append" ? next.rows.length : 1;
    for (let tornRows = 0; tornRows < rows; tornRows++) crashes.push({ flushed, tornRows });
  }
  return crashes;
}
