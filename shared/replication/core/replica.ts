/**
 * A replica of a log, as a pure state machine: step(state, input, now) changes
 * the state and returns the effects, in order. It imports no `node:` module,
 * reads no clock, draws no random number; disk and network only execute what
 * it returned. So the code that runs in production is the code that the
 * simulator crashes between any two effects.
 *
 * The rules are Raft's (Ongaro & Ousterhout 2014, figure 2) with two changes
 * known from Viewstamped Replication (Liskov & Cowling 2012): leaders are
 * nominated from outside instead of by election timers, and votes carry logs
 * instead of being refused to those whose log is short. DESIGN.md says why.
 */
import { assert } from "../../assert.ts";
import { becomeFollower, enterTerm } from "./transitions.ts";
import { onLogPage, onReadLog, onReplicate, onVote } from "./follower.ts";
import { onCheckpointPage, onReadCheckpoint } from "./checkpoint_transfer.ts";
import {
  advanceCommit,
  dropCompacted,
  onConfirm,
  onPropose,
  onReplicated,
  onTick,
} from "./leader.ts";
import { onFetched, onLead, onPatience, onPromised, onVoted } from "./election.ts";
import { endWhenReached } from "./recovery.ts";
import type { Answer } from "./messages.ts";
import type { Input, Output, ReplicaState, Turn } from "./replica_state.ts";

export function step(state: ReplicaState, input: Input, nowMs: number): Output[] {
  const turn: Turn = { state, nowMs, out: [] };
  switch (input.kind) {
    case "request":
      onRequest(turn, input);
      break;
    case "answer":
      onAnswer(turn, input);
      break;
    case "tick":
      if (state.campaign !== null) onPatience(turn, state.campaign);
      onTick(turn);
      break;
    case "written":
      onWritten(turn, input.op);
      break;
    case "propose":
      onPropose(turn, input.payloads);
      break;
    case "confirm":
      onConfirm(turn, input.token);
      break;
    case "outranked":
      if (input.term > state.term) enterTerm(turn, input.term, null);
      else becomeFollower(turn);
      break;
    case "compacted":
      dropCompacted(turn, input.index);
      break;
  }
  assert(state.durableIndex <= state.log.lastIndex, "what is on disk is in the log");
  return turn.out;
}

function onRequest(turn: Turn, { token, message }: Input & { kind: "request" }): void {
  switch (message.kind) {
    case "replicate":
      return onReplicate(turn, token, message);
    case "vote":
      return onVote(turn, token, message);
    case "read_log":
      return onReadLog(turn, token, message);
    case "read_checkpoint":
      return onReadCheckpoint(turn, token, message);
    case "lead":
      return onLead(turn, token, message);
  }
}

function onAnswer(turn: Turn, { from, question, answer }: Input & { kind: "answer" }): void {
  switch (question.kind) {
    case "replicate":
      return onReplicated(turn, from, question, expect(answer, "replicated"));
    case "vote":
      return onVoted(turn, from, question, expect(answer, "voted"));
    case "read_log":
      onLogPage(turn, from, question, expect(answer, "log_page"));
      return onFetched(turn);
    case "read_checkpoint":
      onCheckpointPage(turn, from, question, expect(answer, "checkpoint_page"));
      return onFetched(turn);
  }
}

function expect<K extends Answer["kind"]>(answer: Answer | null, kind: K) {
  assert(answer === null || answer.kind === kind, `an answer of kind ${kind}`);
  return answer as (Answer & { kind: K }) | null;
}

function onWritten(turn: Turn, op: number): void {
  const { state } = turn;
  assert(
    op > state.diskOpsDone && op <= state.diskOpsIssued,
    "disk effects are reported once, in order",
  );
  state.diskOpsDone = op;
  while (state.appends.length > 0 && state.appends[0]!.op <= op) {
    state.durableIndex = state.appends.shift()!.lastIndex;
  }
  endWhenReached(turn);
  while (state.resting.length > 0 && state.resting[0]!.op <= op) {
    const { token, reply } = state.resting.shift()!;
    turn.out.push({ kind: "reply", token, reply });
  }
  if (state.role === "leader") advanceCommit(turn);
  if (state.campaign !== null) onPromised(turn);
  onFetched(turn);
}
