/**
 * From a nomination to a term that is won. A front-end only proposes; the
 * votes decide, and they are given in three phases:
 *
 *   asking     nothing is written: would a majority vote? A replica that heard
 *              from a live leader within the leader lease says no and names it,
 *              so one that bounces disturbs nobody (Raft thesis 9.6).
 *   voting     a term above all that were met, own promise on disk; each yes
 *              is a promise to refuse every lower term, and says where the
 *              voter's log ends.
 *   fetching   of the majority that voted, itself included, the log with the
 *              highest last term, then the highest index, is taken over; only
 *              then is the term opened. Not simply the longest log, and never
 *              just the own one: the highest id may have come back yesterday.
 *
 * With a quorum below a majority the votes that suffice need not include the
 * one replica that has the latest orders. There a nominee waits for everybody
 * (for the silent ones votePatienceMs), and one that has promised the term to
 * another is obeyed: so only what is out of reach is ever left out.
 */
import { assert } from "../../assert.ts";
import { TERM_MAX } from "../../limits.ts";
import {
  becomeFollower,
  endCampaign,
  enterTerm,
  leaseLeftMs,
  refuseLead,
  save,
} from "./transitions.ts";
import { fetchFrom } from "./follower.ts";
import { startLeading } from "./leader.ts";
import type { Position } from "./log_index.ts";
import type { Lead, Vote, Voted } from "./messages.ts";
import { hasMajorities, type Campaign, type Turn } from "./replica_state.ts";

export function onLead(turn: Turn, token: number, { handover }: Lead): void {
  const { state, nowMs } = turn;
  if (state.leading?.open) {
    turn.out.push({
      kind: "reply",
      token,
      reply: { kind: "led", result: "leading", term: state.term },
    });
    return;
  }
  if (state.leading !== null) {
    state.leading.tokens.push(token);
    return;
  }
  const hearsLeader = handover !== state.term && leaseLeftMs(turn) > 0;
  if (hearsLeader || state.recovering !== null) return refuseLead(turn, token);
  const { campaign } = state;
  if (campaign !== null && nowMs - campaign.startedAtMs < state.config.leaderLeaseMs) {
    campaign.tokens.push(token);
    return;
  }
  endCampaign(turn);
  startAsking(turn, token, handover);
}

function startAsking(turn: Turn, token: number, handover: number | null): void {
  const { state, nowMs } = turn;
  state.campaign = {
    phase: "asking",
    startedAtMs: nowMs,
    handover,
    yes: new Map([[state.config.id, state.log.last]]),
    no: new Set(),
    awaited: hasMajorities(state.config) ? new Set() : new Set(state.config.others),
    phaseSinceMs: nowMs,
    highestTerm: state.term,
    goal: null,
    promiseOp: 0,
    tokens: [token],
  };
  askAll(turn, state.campaign, state.term + 1, true);
  countVotes(turn, state.campaign);
}

function askAll(turn: Turn, campaign: Campaign, term: number, ask: boolean): void {
  const { id, others } = turn.state.config;
  const question: Vote = { kind: "vote", term, candidate: id, ask, handover: campaign.handover };
  for (const to of others) turn.out.push({ kind: "ask", to, question });
}

export function onVoted(turn: Turn, from: number, question: Vote, answer: Voted | null): void {
  const { state } = turn;
  const { campaign } = state;
  const isCurrent =
    campaign !== null &&
    (question.ask
      ? campaign.phase === "asking" && question.term === state.term + 1
      : campaign.phase === "voting" && question.term === state.term);
  if (answer !== null && !question.ask && answer.term > state.term) {
    return enterTerm(turn, answer.term, null);
  }
  if (!isCurrent) return;
  const wasAwaited = campaign.awaited.delete(from);
  if (answer === null || !answer.granted) {
    campaign.no.add(from);
    if (answer?.leader != null && answer.leaseMs > 0) return giveWay(turn, campaign, answer);
    // It would have voted when it was asked: it has promised this term to another.
    if (answer !== null && wasAwaited && campaign.phase === "voting") return endCampaign(turn);
  } else {
    campaign.yes.set(from, answer.last);
  }
  if (answer !== null) campaign.highestTerm = Math.max(campaign.highestTerm, answer.term);
  countVotes(turn, campaign);
}

/** A live leader was named: every nominator is told of it. */
function giveWay(turn: Turn, campaign: Campaign, answer: Voted): void {
  const { tokens } = campaign;
  campaign.tokens = [];
  endCampaign(turn);
  assert(answer.leader !== null, "a live leader has a name");
  for (const token of tokens) {
    turn.out.push({
      kind: "reply",
      token,
      reply: {
        kind: "led",
        result: "leader_alive",
        term: answer.term,
        leader: answer.leader,
        leaseMs: answer.leaseMs,
      },
    });
  }
}

function countVotes(turn: Turn, campaign: Campaign): void {
  const { quorum, others } = turn.state.config;
  if (campaign.phase === "fetching") return;
  if (campaign.yes.size >= quorum) {
    if (campaign.awaited.size > 0) return;
    if (campaign.phase === "asking") startVoting(turn, campaign);
    else chooseLog(turn, campaign);
  } else if (campaign.no.size > others.length + 1 - quorum) {
    endCampaign(turn);
  }
}

/** Time passes: who is silent for long is not waited for. */
export function onPatience(turn: Turn, campaign: Campaign): void {
  const { nowMs, state } = turn;
  if (campaign.awaited.size === 0) return;
  if (nowMs - campaign.phaseSinceMs < state.config.votePatienceMs) return;
  campaign.awaited.clear();
  countVotes(turn, campaign);
}

function startVoting(turn: Turn, campaign: Campaign): void {
  const { state } = turn;
  const term = campaign.highestTerm + 1;
  // Nothing goes on beyond: the others would refuse it, and so would this replica's next start.
  if (term > TERM_MAX) return endCampaign(turn);
  campaign.phase = "voting";
  campaign.phaseSinceMs = turn.nowMs;
  if (!hasMajorities(state.config)) campaign.awaited = new Set(campaign.yes.keys());
  campaign.yes.clear();
  campaign.no.clear();
  state.role = "candidate";
  state.leader = null;
  state.catchUp = null;
  campaign.promiseOp = save(turn, term, state.config.id);
  askAll(turn, campaign, term, false);
}

/** The disk went on: the own promise may be on it now, and the log as it stood then with it. */
export function onPromised(turn: Turn): void {
  const { state } = turn;
  const { campaign } = state;
  if (campaign?.phase !== "voting" || campaign.promiseOp > state.diskOpsDone) return;
  if (campaign.yes.has(state.config.id)) return;
  campaign.yes.set(state.config.id, state.log.last);
  campaign.awaited.delete(state.config.id);
  countVotes(turn, campaign);
}

function chooseLog(turn: Turn, campaign: Campaign): void {
  const { state } = turn;
  const own = campaign.yes.get(state.config.id);
  if (own === undefined) return;
  let best = { from: state.config.id, last: own };
  for (const [from, last] of campaign.yes) {
    if (isNewer(last, best.last)) best = { from, last };
  }
  campaign.phase = "fetching";
  campaign.goal = best;
  if (best.from !== state.config.id) fetchFrom(turn, best.from, state.log.lastIndex);
  onFetched(turn);
}

/** Raft 5.4.1: the later last term, and within one term the longer log. */
function isNewer(one: Position, other: Position): boolean {
  return one.term !== other.term ? one.term > other.term : one.index > other.index;
}

/** Wins once the chosen log is the own one, on the own disk; looked at whenever either may be. */
export function onFetched(turn: Turn): void {
  const { state } = turn;
  const { campaign } = state;
  if (campaign === null || campaign.phase !== "fetching") return;
  assert(campaign.goal !== null, "a goal is being fetched");
  const { last, from } = campaign.goal;
  if (from !== state.config.id && state.catchUp !== null) return;
  if (state.durableIndex < state.log.lastIndex) return;
  if (state.log.lastIndex !== last.index || !state.log.holds(last)) {
    // The voter is gone or has moved on: the next nomination begins anew.
    return becomeFollower(turn);
  }
  state.campaign = null;
  startLeading(turn, campaign);
}
