/**
 * The leader's side. Rows go to its own disk and to every follower side by
 * side; one is committed when a quorum has it on disk, but only rows of the
 * leader's own term are counted (Raft 5.4.2, figure 8): the row that opens the
 * term brings those before it along, and until it is committed the leader
 * serves nothing.
 *
 * One message at a time is under way to each follower; what is proposed
 * meanwhile goes in the next, so under load the batches grow. A follower that
 * answers 'behind' fetches from the log file by itself and is streamed to
 * again when it has reached the tail kept in memory.
 */
import { assert } from "../../assert.ts";
import { REPLICATE_LENGTH_MAX } from "../../limits.ts";
import { becomeFollower, commitThrough, enterTerm, takeRows, writeRows } from "./transitions.ts";
import { noteRecovery, vouchFor } from "./recovery.ts";
import type { Replicate, Replicated, Row } from "./messages.ts";
import type { Campaign, Leading, Progress, Turn } from "./replica_state.ts";

export function startLeading(turn: Turn, campaign: Campaign): void {
  const { state } = turn;
  const next = state.log.lastIndex + 1;
  state.role = "leader";
  state.leader = state.config.id;
  state.leading = {
    openingIndex: 0,
    open: false,
    bornNow: state.log.lastIndex === 0,
    followers: new Map(state.config.others.map((id) => [id, newProgress(next)])),
    round: 0,
    rounds: [],
    settledRound: 0,
    confirmedAtMs: campaign.startedAtMs,
    tail: [],
    tailFirst: next,
    tokens: campaign.tokens,
  };
  turn.out.push({ kind: "won", term: state.term });
}

function newProgress(next: number): Progress {
  return {
    match: 0,
    next,
    mode: "streaming",
    inFlight: false,
    failed: false,
    sentNext: 0,
    round: 0,
    sentRound: 0,
    heardRound: 0,
    recovery: null,
  };
}

/** The first proposal of a term is its opening row. */
export function onPropose(turn: Turn, payloads: readonly string[]): void {
  const { state } = turn;
  const { leading } = state;
  assert(leading !== null, "only a leader proposes");
  assert(leading.open || leading.openingIndex === 0, "a term is open before it takes more rows");
  if (leading.openingIndex === 0) leading.openingIndex = state.log.lastIndex + 1;
  const rows: Row[] = [];
  let { index, checksum } = state.log.last;
  for (const payload of payloads) {
    const row = state.config.formatRow(++index, state.term, payload, checksum);
    checksum = row.checksum;
    rows.push(row);
  }
  takeRows(turn, rows);
  keepTail(turn, leading, rows);
  // To the followers first: what they do takes longer than the own disk.
  for (const id of state.config.others) sendTo(turn, id);
  writeRows(turn, rows);
}

function keepTail(turn: Turn, leading: Leading, rows: Row[]): void {
  const { tailRowsMax } = turn.state.config;
  for (const row of rows) leading.tail.push(row);
  if (leading.tail.length > 2 * tailRowsMax) {
    dropTail(leading, leading.tailFirst + leading.tail.length - tailRowsMax);
  }
}

/** The tail begins with this row: who lacks one before it fetches by itself. */
function dropTail(leading: Leading, first: number): void {
  const dropped = Math.min(first - leading.tailFirst, leading.tail.length);
  leading.tail = leading.tail.slice(dropped);
  leading.tailFirst += dropped;
  for (const progress of leading.followers.values()) {
    if (progress.next < leading.tailFirst) progress.mode = "behind";
  }
}

/** The log begins after this row, and so does what is streamed of it. */
export function dropCompacted({ state }: Turn, through: number): void {
  // Another's checkpoint may have taken the place of the log meanwhile.
  if (through <= state.log.base.index) return;
  state.log.dropThrough(through);
  const { leading } = state;
  if (leading !== null && leading.tailFirst <= through) dropTail(leading, through + 1);
}

/** Sends what a follower lacks, if there is anything and nothing is under way to it. */
export function sendTo(turn: Turn, id: number): void {
  const { state } = turn;
  const { leading } = state;
  const progress = leading?.followers.get(id);
  if (leading === null || progress === undefined || progress.inFlight || progress.failed) return;
  const hasRows = progress.mode === "streaming" && progress.next <= state.log.lastIndex;
  if (!hasRows && progress.sentRound >= leading.round) return;
  const first = progress.mode === "streaming" ? progress.next : state.log.lastIndex + 1;
  const from = first - leading.tailFirst;
  assert(from >= 0, "a streaming follower is fed from the tail");
  const rows = takeFitting(leading.tail, from, state.config.replicateRowsMax);
  const question: Replicate = {
    kind: "replicate",
    term: state.term,
    leader: state.config.id,
    prev: state.log.at(first - 1),
    rows,
    commit: state.commitIndex,
    round: leading.round,
    vouch: vouchFor(state.config, leading, progress),
  };
  progress.inFlight = true;
  progress.sentRound = leading.round;
  if (progress.mode === "streaming") progress.next = first + rows.length;
  progress.sentNext = progress.next;
  turn.out.push({ kind: "ask", to: id, question });
}

/** Some of the rows from this place on: so many, and no longer than a request may be. */
function takeFitting(tail: readonly Row[], from: number, rowsMax: number): Row[] {
  const most = Math.min(from + rowsMax, tail.length);
  let left = REPLICATE_LENGTH_MAX;
  let end = from;
  while (end < most && (end === from || tail[end]!.text.length <= left)) {
    left -= tail[end]!.text.length;
    end++;
  }
  return tail.slice(from, end);
}

export function onReplicated(
  turn: Turn,
  from: number,
  question: Replicate,
  answer: Replicated | null,
): void {
  const { state } = turn;
  if (answer !== null && answer.term > state.term) return enterTerm(turn, answer.term, null);
  const { leading } = state;
  if (leading === null || question.term !== state.term) return;
  const progress = leading.followers.get(from);
  assert(progress !== undefined, "answers come from members");
  progress.inFlight = false;
  // Fetching by itself may have moved `next` on: then this answer says nothing of it.
  const isLatest = progress.sentNext === progress.next;
  if (answer === null) {
    progress.failed = true;
    if (isLatest) progress.next = progress.match + 1;
    if (progress.next < leading.tailFirst) progress.mode = "behind";
    return;
  }
  const promisesNothing = noteRecovery(leading, progress, answer);
  if (answer.term === state.term) {
    progress.heardRound = Math.max(progress.heardRound, answer.round);
    if (!promisesNothing) progress.round = Math.max(progress.round, answer.round);
  }
  if (answer.result === "appended") {
    if (promisesNothing) return sendTo(turn, from);
    assert(answer.match <= state.log.lastIndex, "a follower has no rows that its leader has not");
    progress.match = Math.max(progress.match, answer.match);
    if (progress.next <= progress.match) progress.next = progress.match + 1;
  } else if (isLatest) {
    progress.mode = "behind";
  }
  advanceCommit(turn);
  settleRounds(turn, leading);
  sendTo(turn, from);
}

/** Commits what a quorum has on disk, if its last row is of this term. */
export function advanceCommit(turn: Turn): void {
  const { state } = turn;
  const { leading } = state;
  assert(leading !== null, "only a leader counts copies");
  const onDisk = [state.durableIndex];
  for (const progress of leading.followers.values()) onDisk.push(progress.match);
  onDisk.sort((a, b) => b - a);
  const index = onDisk[state.config.quorum - 1]!;
  if (index <= state.commitIndex || state.log.termAt(index) !== state.term) return;
  commitThrough(turn, index);
  if (leading.open || index < leading.openingIndex) return;
  leading.open = true;
  turn.out.push({ kind: "opened", term: state.term });
  for (const token of leading.tokens.splice(0)) {
    turn.out.push({
      kind: "reply",
      token,
      reply: { kind: "led", result: "leading", term: state.term },
    });
  }
}

/** A heartbeat: a new round to every follower, and the end of a leadership nobody answers. */
export function onTick(turn: Turn): void {
  const { state, nowMs } = turn;
  const { leading } = state;
  if (leading === null) return;
  if (state.config.quorum === 1) leading.confirmedAtMs = nowMs;
  if (nowMs - leading.confirmedAtMs > state.config.leaderLeaseMs) return becomeFollower(turn);
  for (const progress of leading.followers.values()) progress.failed = false;
  startRound(turn, leading, []);
}

/** Answers once a majority has answered a message that left after this question (Raft 6.4). */
export function onConfirm(turn: Turn, token: number): void {
  const { leading } = turn.state;
  if (leading === null || !leading.open) {
    turn.out.push({ kind: "confirmed", token, ok: false });
    return;
  }
  startRound(turn, leading, [token]);
}

function startRound(turn: Turn, leading: Leading, tokens: number[]): void {
  leading.round++;
  leading.rounds.push({ round: leading.round, startedAtMs: turn.nowMs, tokens });
  settleRounds(turn, leading);
  for (const id of turn.state.config.others) sendTo(turn, id);
}

function settleRounds(turn: Turn, leading: Leading): void {
  const answered = [leading.round];
  for (const progress of leading.followers.values()) answered.push(progress.round);
  answered.sort((a, b) => b - a);
  const settled = answered[turn.state.config.quorum - 1]!;
  leading.settledRound = Math.max(leading.settledRound, settled);
  while (leading.rounds.length > 0 && leading.rounds[0]!.round <= settled) {
    const { startedAtMs, tokens } = leading.rounds.shift()!;
    leading.confirmedAtMs = Math.max(leading.confirmedAtMs, startedAtMs);
    for (const token of tokens) turn.out.push({ kind: "confirmed", token, ok: true });
  }
}
