/**
 * The few moves that leading, following and nominating share: what goes to
 * disk gets its number here, an answer that rests on the disk waits here, and
 * a replica steps back to follower only here.
 */
import { assert } from "../../assert.ts";
import type { Reply, Row } from "./messages.ts";
import { forgetVouch } from "./recovery.ts";
import { hasMajorities, type Incoming, type Turn } from "./replica_state.ts";

/** Answers once all that was sent to the disk so far is on it. */
export function replyWhenDurable(turn: Turn, token: number, reply: Reply): void {
  const { state } = turn;
  if (state.diskOpsDone === state.diskOpsIssued) turn.out.push({ kind: "reply", token, reply });
  else state.resting.push({ op: state.diskOpsIssued, token, reply });
}

/** Term and vote go to disk; nothing that shows them leaves before (replyWhenDurable). */
export function save(turn: Turn, term: number, vote: number | null): number {
  const { state } = turn;
  assert(
    term > state.term || (term === state.term && state.vote === null),
    "terms rise, and a vote is given once a term",
  );
  state.term = term;
  state.vote = vote;
  const op = ++state.diskOpsIssued;
  turn.out.push({ kind: "save", op, term, vote });
  return op;
}

export function append(turn: Turn, rows: readonly Row[]): void {
  takeRows(turn, rows);
  writeRows(turn, rows);
}

/** Rows are in the log from here on; they are still to be written. */
export function takeRows({ state }: Turn, rows: readonly Row[]): void {
  for (const row of rows) {
    assert(row.index === state.log.lastIndex + 1, "a log has no gaps");
    state.log.append(row.term, row.checksum);
  }
}

/** The last rows that entered the log go to disk. */
export function writeRows(turn: Turn, rows: readonly Row[]): void {
  const { state } = turn;
  const op = ++state.diskOpsIssued;
  state.appends.push({ op, lastIndex: state.log.lastIndex });
  turn.out.push({ kind: "append", op, rows });
}

/**
 * Takes rows out of the log that a leader has otherwise. Committed ones never
 * are, unless less than a majority committed them.
 */
export function cut(turn: Turn, after: number): void {
  const { state } = turn;
  if (after < state.commitIndex) {
    assert(!hasMajorities(state.config), `row ${after + 1} is committed and cannot be cut`);
    state.commitIndex = after;
  }
  state.log.cut(after);
  state.durableIndex = Math.min(state.durableIndex, after);
  for (const entry of state.appends) entry.lastIndex = Math.min(entry.lastIndex, after);
  const op = ++state.diskOpsIssued;
  turn.out.push({ kind: "cut", op, after });
}

/**
 * A checkpoint takes the place of the log: its row is committed, and the own log has another
 * there or none, so that of the rows beyond it none can ever be committed.
 */
export function install(turn: Turn, { at, text }: Pick<Incoming, "at" | "text">): void {
  const { state } = turn;
  const committed = state.commitIndex;
  assert(state.leading === null, "who leads has every committed row");
  assert(at.index > committed, `row ${at.index} is committed and has no other in its place`);
  state.log.startAfter(at);
  state.durableIndex = Math.min(state.durableIndex, committed);
  const op = ++state.diskOpsIssued;
  state.appends = [{ op, lastIndex: at.index }];
  turn.out.push({ kind: "install", op, at, text, committed });
  commitThrough(turn, at.index);
}

export function commitThrough(turn: Turn, index: number): void {
  const { state } = turn;
  if (index <= state.commitIndex) return;
  assert(index <= state.log.lastIndex, "what is committed is in the log");
  state.commitIndex = index;
  if (state.incoming !== null && state.incoming.at.index <= index) state.incoming = null;
  turn.out.push({ kind: "committed", index });
}

/** Enters a higher term as a follower; the caller says whom the vote went to. */
export function enterTerm(turn: Turn, term: number, vote: number | null): void {
  becomeFollower(turn);
  turn.state.leader = null;
  turn.state.heardAtMs = -Infinity;
  turn.state.catchUp = null;
  forgetVouch(turn);
  save(turn, term, vote);
}

/** Ends a campaign or a leadership within the term; what waited for it is told. */
export function becomeFollower(turn: Turn): void {
  const { state } = turn;
  endCampaign(turn);
  state.role = "follower";
  if (state.leading === null) return;
  const { rounds, tokens } = state.leading;
  state.leading = null;
  state.leader = null;
  for (const round of rounds) {
    for (const token of round.tokens) turn.out.push({ kind: "confirmed", token, ok: false });
  }
  for (const token of tokens) refuseLead(turn, token);
  turn.out.push({ kind: "stepped_down" });
}

export function endCampaign(turn: Turn): void {
  const { state } = turn;
  if (state.campaign === null) return;
  const { tokens } = state.campaign;
  state.campaign = null;
  if (state.role === "candidate") state.role = "follower";
  for (const token of tokens) refuseLead(turn, token);
}

/** Who hears from a live leader names it; else the nomination just found no majority. */
export function refuseLead(turn: Turn, token: number): void {
  const { state } = turn;
  const leaseMs = leaseLeftMs(turn);
  const reply: Reply =
    state.leader !== null && leaseMs > 0
      ? { kind: "led", result: "leader_alive", term: state.term, leader: state.leader, leaseMs }
      : { kind: "led", result: "no_votes", term: state.term };
  turn.out.push({ kind: "reply", token, reply });
}

/** How much longer this replica holds its leader for alive, ms; 0 when it does not. */
export function leaseLeftMs(turn: Turn): number {
  const { state, nowMs } = turn;
  if (state.leader === null) return 0;
  const since = state.leading === null ? state.heardAtMs : state.leading.confirmedAtMs;
  return Math.max(0, since + state.config.leaderLeaseMs - nowMs);
}
