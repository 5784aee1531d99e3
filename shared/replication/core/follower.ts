/**
 * The follower's side. It takes rows from the one leader of its term, answers
 * only after they are on its disk, and cuts its log only where a leader's row
 * really differs. Rows that do not fit (it was away) it fetches by itself, a
 * page at a time, while the leader goes on serving. Its votes are promises.
 */
import { assert } from "../../assert.ts";
import {
  append,
  becomeFollower,
  commitThrough,
  cut,
  enterTerm,
  leaseLeftMs,
  replyWhenDurable,
} from "./transitions.ts";
import { sendTo } from "./leader.ts";
import type {
  LogPage, ReadCheckpoint, ReadLog, Replicate, Row, Vote, Voted,
} from "./messages.ts";
import { onMatched, onVouched } from "./recovery.ts";
import { hasMajorities, type Turn } from "./replica_state.ts";

export function onReplicate(turn: Turn, token: number, message: Replicate): void {
  const { state } = turn;
  if (message.term < state.term) {
    turn.out.push({ kind: "reply", token, reply: refusal(turn, message, "stale_term") });
    return;
  }
  if (hasOtherLeader(turn, message)) {
    replyWhenDurable(turn, token, refusal(turn, message, "stale_term"));
    return;
  }
  followLeader(turn, message.term, message.leader);
  if (!state.log.holds(message.prev)) {
    replyWhenDurable(turn, token, refusal(turn, message, "behind"));
    if (state.catchUp === null) fetchFrom(turn, message.leader, state.log.lastIndex);
    return;
  }
  const match = takeRows(turn, message.prev.index, message.rows);
  commitThrough(turn, Math.min(message.commit, match));
  onVouched(turn, message);
  onMatched(turn, match);
  replyWhenDurable(turn, token, {
    kind: "replicated",
    term: state.term,
    result: "appended",
    match,
    round: message.round,
    recovery: recoveryOf(turn),
  });
}

function refusal(turn: Turn, message: Replicate, result: "stale_term" | "behind") {
  return {
    kind: "replicated",
    term: turn.state.term,
    result,
    match: 0,
    round: message.round,
    recovery: recoveryOf(turn),
  } as const;
}

function recoveryOf({ state }: Turn): string | null {
  return state.recovering === null ? null : state.config.startId;
}

/**
 * A second leader of one term is a bug, but for quorums below a majority:
 * there, members that cannot reach each other elect one each. Neither yields to
 * the other by itself; the service's fence decides, and who is fenced out steps
 * down and then follows. A follower keeps the one that it hears.
 */
function hasOtherLeader(turn: Turn, { term, leader }: Replicate): boolean {
  const { state } = turn;
  if (term !== state.term || state.leader === null || state.leader === leader) return false;
  assert(
    !hasMajorities(state.config),
    `term ${term} has two leaders: ${state.leader} and ${leader}`,
  );
  return state.role === "leader" || leaseLeftMs(turn) > 0;
}

function followLeader(turn: Turn, term: number, leader: number): void {
  const { state } = turn;
  if (term > state.term) enterTerm(turn, term, leader);
  assert(state.role !== "leader", "who leads follows nobody in its term");
  if (state.leader !== leader) state.catchUp = null;
  state.leader = leader;
  state.heardAtMs = turn.nowMs;
  // A heartbeat of the very leader that asks this one to take over is no news.
  const { campaign } = state;
  const isHandedOver = campaign?.phase === "asking" && campaign.handover === term;
  if (campaign !== null && !isHandedOver) becomeFollower(turn);
}

/** Appends what is new of rows after `prev`, a row this log holds; returns prev + rows. */
function takeRows(turn: Turn, prev: number, rows: readonly Row[]): number {
  const { log } = turn.state;
  const known = log.countHeld(rows);
  if (known < rows.length) {
    const first = rows[known]!;
    if (first.index <= log.lastIndex) cut(turn, first.index - 1);
    append(turn, known === 0 ? rows : rows.slice(known));
  }
  return prev + rows.length;
}

/** Asks for the rows after the own row at `index`. */
export function fetchFrom(turn: Turn, from: number, index: number): void {
  const { state } = turn;
  const after = state.log.at(index);
  ask(turn, from, { kind: "read_log", reader: state.config.id, term: state.term, after });
}

/** Asks for the next piece of a checkpoint, from where the last one ended. */
export function fetchPiece(turn: Turn, from: number): void {
  const { config, term, incoming } = turn.state;
  const offset = incoming === null ? 0 : incoming.text.length;
  ask(turn, from, { kind: "read_checkpoint", reader: config.id, term, offset });
}

function ask(turn: Turn, to: number, question: ReadLog | ReadCheckpoint): void {
  turn.state.catchUp = { from: to, question };
  turn.out.push({ kind: "ask", to, question });
}

/** This question is the one under way: an answer to any other says nothing of now. */
export function isAwaited(turn: Turn, from: number, asked: ReadLog | ReadCheckpoint): boolean {
  const { catchUp, term } = turn.state;
  if (catchUp === null || catchUp.from !== from || asked.term !== term) return false;
  const { question } = catchUp;
  return question.kind === "read_log"
    ? asked.kind === "read_log" && asked.after.index === question.after.index
    : asked.kind === "read_checkpoint" && asked.offset === question.offset;
}

/**
 * Whether a reader may see this log: only a leader's that has not been restarted since, or a
 * voter's to whom it gave its vote. A log that may lack what was committed in this term would
 * look like a conflict.
 */
export function isShownTo(
  { state }: Turn,
  { reader, term }: { reader: number; term: number },
): boolean {
  const isShown = state.leading !== null || state.vote === reader;
  return term === state.term && state.recovering === null && isShown;
}

/** Leader or voter: the rows after a row, as far as they are on the own disk. */
export function onReadLog(turn: Turn, token: number, message: ReadLog): void {
  const { state } = turn;
  const { reader, term, after } = message;
  if (!isShownTo(turn, message)) return replyEmptyPage(turn, token, "other_term", false);
  if (after.index < state.log.base.index) return replyEmptyPage(turn, token, "dropped", false);
  if (!state.log.holds(after)) return replyEmptyPage(turn, token, "conflict", false);
  const { leading } = state;
  if (leading !== null && after.index + 1 >= leading.tailFirst) {
    // What is left is in memory: it is streamed from here on.
    const progress = leading.followers.get(reader);
    replyEmptyPage(turn, token, "rows", true);
    if (progress === undefined) return;
    progress.mode = "streaming";
    // A reader may have lost what it once acknowledged: its own word counts, not the memory.
    progress.match = Math.min(progress.match, after.index);
    progress.next = after.index + 1;
    return sendTo(turn, reader);
  }
  if (after.index >= state.durableIndex) return replyEmptyPage(turn, token, "rows", true);
  turn.out.push({
    kind: "page",
    token,
    page: { term, prev: after, through: state.durableIndex, commit: state.commitIndex },
  });
}

function replyEmptyPage(
  turn: Turn,
  token: number,
  result: LogPage["result"],
  complete: boolean,
): void {
  const { state } = turn;
  turn.out.push({
    kind: "reply",
    token,
    reply: {
      kind: "log_page",
      term: state.term,
      result,
      prev: state.log.last,
      rows: [],
      commit: state.commitIndex,
      complete,
    },
  });
}

/** A page, for a follower that catches up or a nominee that takes over a voter's log. */
export function onLogPage(
  turn: Turn,
  from: number,
  question: ReadLog,
  answer: LogPage | null,
): void {
  const { state } = turn;
  if (!isAwaited(turn, from, question)) return;
  const isUsable =
    answer !== null &&
    answer.term === state.term &&
    answer.result !== "other_term" &&
    // What a checkpoint has dropped meanwhile is no longer asked for.
    question.after.index >= state.log.base.index &&
    state.log.holds(question.after);
  if (!isUsable) {
    // A follower begins anew with the next heartbeat; a nominee has lost its voter.
    state.catchUp = null;
    return;
  }
  if (answer.result === "dropped") return fetchPiece(turn, from);
  if (answer.result === "conflict")
    return fetchFrom(turn, from, stepBack(turn, question.after.index));
  if (answer.rows.length > 0) takeRows(turn, question.after.index, answer.rows);
  const taken = question.after.index + answer.rows.length;
  commitThrough(turn, Math.min(answer.commit, taken));
  onMatched(turn, taken);
  if (answer.complete) {
    state.catchUp = null;
    return;
  }
  fetchFrom(turn, from, taken);
}

/** One term back, but never behind what is committed: a leader has all of that. Raft 5.3. */
function stepBack(turn: Turn, index: number): number {
  const { log, commitIndex, config } = turn.state;
  const kept = hasMajorities(config) ? commitIndex : log.base.index;
  assert(index > kept, `row ${index} is committed here and missing at the leader`);
  return Math.max(kept, log.termStart(index) - 1);
}

/** A nominee's question: the dry run writes nothing, the real one is a promise on disk. */
export function onVote(turn: Turn, token: number, message: Vote): void {
  const { state } = turn;
  const leaseMs = message.handover === state.term ? 0 : leaseLeftMs(turn);
  const mayVote = leaseMs === 0 && state.recovering === null;
  const promised =
    message.term === state.term && state.vote === message.candidate && state.role !== "leader";
  const isNew = message.term > state.term && mayVote;
  const granted = message.ask ? mayVote : (promised && state.recovering === null) || isNew;
  if (!message.ask && isNew) enterTerm(turn, message.term, message.candidate);
  const reply: Voted = {
    kind: "voted",
    term: state.term,
    granted,
    last: state.log.last,
    leader: granted ? null : state.leader,
    leaseMs: granted ? 0 : leaseMs,
  };
  replyWhenDurable(turn, token, reply);
}
