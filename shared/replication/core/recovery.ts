/**
 * A replica whose disk lost what it once promised (rows it acknowledged, votes
 * it gave) must not go on as if it were new: "if a server loses any of its
 * persistent state, it cannot safely rejoin with its prior identity" (Ongaro's
 * thesis, 11.7.2). Until it has refetched, it votes for nobody, its answers
 * confirm and acknowledge nothing, it shows its log to nobody and is never
 * nominated: it says 'unknown', never 'no'.
 *
 *   recovering: I am (startId) ──▶ leader notes its latest round, r
 *                              ◀── vouch (startId), commit c: a round begun after
 *                                  r was answered by a quorum without me, and
 *                                  a round since then by every other member
 *   rows up to c on disk       ──▶ the mark is taken off the disk: normal
 *
 * That round is why a forgotten vote does no harm: had a later term got the
 * quorum that my vote was part of, no quorum of the others would answer this
 * leader any more. Every other member, because a candidate may still be
 * collecting votes with mine among them: one that answers this leader is no
 * candidate of a later term. (Of five, a quorum without me could answer and
 * then vote for it: Michael et al., "Recovering Shared Objects Without Stable
 * Storage", 2017, found this in published protocols.) And c is why forgotten
 * rows do none: whatever I helped to commit was committed before I asked, so
 * this leader has it.
 */
import {
  hasMajorities,
  type Leading,
  type Progress,
  type ReplicaConfig,
  type Turn,
} from "./replica_state.ts";
import type { Replicate, Replicated } from "./messages.ts";

/** Leader: what to tell a recovering follower, if the others have answered since. */
export function vouchFor(
  config: ReplicaConfig,
  leading: Leading,
  follower: Progress,
): string | null {
  const { recovery } = follower;
  if (recovery === null || !leading.open) return null;
  if (leading.settledRound <= recovery.sinceRound) return null;
  // Less than a majority promises nothing that a forgotten vote could break.
  if (!hasMajorities(config)) return recovery.id;
  for (const other of leading.followers.values()) {
    if (other !== follower && other.heardRound <= recovery.sinceRound) return null;
  }
  return recovery.id;
}

/** Leader: notes when a follower first told of this recovery. True: its answer promises nothing. */
export function noteRecovery(leading: Leading, progress: Progress, answer: Replicated): boolean {
  const id = answer.recovery;
  if (id === null) progress.recovery = null;
  else if (progress.recovery?.id !== id) progress.recovery = { id, sinceRound: leading.round };
  if (id !== null) progress.match = 0;
  return id !== null;
}

/** Recovering: the leader of this term vouches for its log up to what it has committed. */
export function onVouched(turn: Turn, { vouch, commit }: Replicate): void {
  const { recovering, config } = turn.state;
  if (recovering === null || vouch !== config.startId || recovering.goal !== null) return;
  recovering.goal = commit;
  endWhenReached(turn);
}

/** Recovering: the own log is the leader's up to this index. */
export function onMatched(turn: Turn, index: number): void {
  const { recovering } = turn.state;
  if (recovering === null) return;
  recovering.matched = Math.max(recovering.matched, index);
  endWhenReached(turn);
}

/** Looked at whenever more is known, or more is on disk. */
export function endWhenReached(turn: Turn): void {
  const { state } = turn;
  const { recovering } = state;
  if (recovering === null) return;
  if (recovering.endOp > 0) {
    if (recovering.endOp <= state.diskOpsDone) state.recovering = null;
    return;
  }
  const { goal, matched } = recovering;
  if (goal === null || matched < goal || state.durableIndex < goal) return;
  recovering.endOp = ++state.diskOpsIssued;
  turn.out.push({ kind: "recovered", op: recovering.endOp });
}

/** Another term, another leader: what was vouched for counts no more. */
export function forgetVouch(turn: Turn): void {
  const { recovering } = turn.state;
  if (recovering === null || recovering.endOp > 0) return;
  recovering.goal = null;
  recovering.matched = 0;
}
