/**
 * The second half of the door: what only makes sense, or no sense, beside what
 * this replica knows: its group, its term, its committed rows. The state
 * machine asserts these things, as within it they are bugs; a message that says
 * otherwise is another member's bug, and must not end this one.
 */
import { AppError } from "../errors.ts";
import { climb } from "../terms.ts";
import type {
  Answer, CheckpointPage, LogPage, Question, Replicated, Request, Row, Voted,
} from "./core/messages.ts";
import { hasMajorities, type ReplicaState } from "./core/replica_state.ts";

/** @throws bad_request, conflict */
export function checkRequest(state: ReplicaState, message: Request): void {
  switch (message.kind) {
    case "replicate": {
      const { leader, term, prev, rows } = message;
      checkMember(state, leader, "leader");
      if ((rows.at(-1)?.term ?? prev.term) > term) {
        throw new AppError("bad_request", "A leader's rows are of its term or of earlier ones");
      }
      const isOther = state.leader !== null && state.leader !== leader;
      if (isOther && term === state.term && hasMajorities(state.config)) {
        throw new AppError("conflict", `Term ${term} has another leader`);
      }
      if (term >= state.term && contradicts(state, rows)) {
        throw new AppError("conflict", "A row is committed here and is another");
      }
      return;
    }
    case "vote":
      return checkMember(state, message.candidate, "candidate");
    case "read_log":
    case "read_checkpoint":
      return checkMember(state, message.reader, "reader");
    case "lead":
      return;
  }
}

function checkMember({ config }: ReplicaState, id: number, what: string): void {
  if (config.others.includes(id)) return;
  throw new AppError("bad_request", `${what} must be another member of this group`);
}

/** Almost always the first of them lies beyond what is committed. */
function contradicts({ log, commitIndex, config }: ReplicaState, rows: readonly Row[]): boolean {
  const kept = hasMajorities(config) ? commitIndex : log.base.index;
  for (const row of rows) {
    if (row.index > kept) return false;
    if (!log.holds(row)) return true;
  }
  return false;
}

/** The answer as it may count; null: it cannot be right, and counts as none. */
export function credible(
  state: ReplicaState,
  question: Question,
  answer: Answer | null,
): Answer | null {
  if (answer === null) return null;
  const isRight = isCredible(state, question, answer);
  return isRight ? { ...answer, term: climb(state.term, answer.term) } : null;
}

function isCredible(state: ReplicaState, question: Question, answer: Answer): boolean {
  switch (answer.kind) {
    case "replicated":
      return question.kind === "replicate" && isAnswered(question, answer);
    case "voted":
      return question.kind === "vote" && isVote(state, question, answer);
    case "log_page":
      return question.kind === "read_log" && isPage(state, question.after.index, answer);
    case "checkpoint_page":
      return question.kind === "read_checkpoint" && isPiece(state, answer);
  }
}

function isAnswered(question: Question & { kind: "replicate" }, answer: Replicated): boolean {
  if (answer.round !== question.round) return false;
  if (answer.result !== "appended") return true;
  const match = question.prev.index + question.rows.length;
  return answer.term === question.term && answer.match === match;
}

function isVote(
  { config }: ReplicaState,
  question: Question & { kind: "vote" },
  { granted, term, leader, leaseMs }: Voted,
): boolean {
  if (granted && !question.ask && term !== question.term) return false;
  const isMember = leader === null || leader === config.id || config.others.includes(leader);
  return isMember && leaseMs <= config.leaderLeaseMs;
}

/** A piece behind the end is of one that is shorter than the one that was begun. */
function isPiece({ log, commitIndex }: ReplicaState, page: CheckpointPage): boolean {
  if (page.piece === null) return true;
  const { at, length, offset, text } = page.piece;
  const isWithin = offset >= length || (text.length > 0 && offset + text.length <= length);
  if (!isWithin || at.term > page.term) return false;
  return at.index > commitIndex || log.holds(at);
}

/** What is committed here no other log of this term is without. */
function isPage(state: ReplicaState, after: number, page: LogPage): boolean {
  const { log, commitIndex, config } = state;
  const kept = hasMajorities(config) ? commitIndex : log.base.index;
  if (page.result === "conflict") return after > kept;
  const isOfTerm = (page.rows.at(-1)?.term ?? 0) <= page.term;
  return isOfTerm && !contradicts(state, page.rows);
}
