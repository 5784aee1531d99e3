/**
 * What can be read from the healths of a group's replicas: who leads, who
 * may be nominated, and when the votes for another leader could be had.
 */
import type { AppError } from "../errors.ts";
import { LEADER_LEASE_MS, NOMINATION_LAG_MAX_ROWS } from "../limits.ts";
import { isTerm } from "../terms.ts";
import type { ReplicaHealth } from "../messages/messages.ts";

/** True when it has the shape of what a replica answers to GET /health. */
export function isReplicaHealth(value: unknown): value is ReplicaHealth {
  if (typeof value !== "object" || value === null) return false;
  const health = value as ReplicaHealth;
  return (
    (health.state === "normal" || health.state === "recovering") &&
    (health.role === "follower" || health.role === "candidate" || health.role === "leader") &&
    [health.id, health.lastIndex].every(Number.isSafeInteger) &&
    isTerm(health.term) &&
    Number.isFinite(health.leaseMs) &&
    typeof health.details === "object" && health.details !== null &&
    typeof health.serving === "boolean" &&
    typeof health.full === "boolean"
  );
}

/** The one that leads and serves, of several the one with the highest term. */
export function workingLeader(healths: readonly ReplicaHealth[]): ReplicaHealth | null {
  let found: ReplicaHealth | null = null;
  for (const health of healths) {
    if (health.role !== "leader" || !health.serving) continue;
    if (found === null || health.term > found.term) found = health;
  }
  return found;
}

/**
 * Who may lead, the highest id first: not recovering, and not so far behind
 * the longest log of those that it would keep everybody waiting. One whose
 * disk is full can only show what there is: it is for when all are.
 */
export function nominees(healths: readonly ReplicaHealth[]): ReplicaHealth[] {
  const normal = healths.filter(({ state }) => state === "normal");
  const longest = Math.max(...normal.map(({ lastIndex }) => lastIndex));
  const near = normal.filter(({ lastIndex }) => longest - lastIndex <= NOMINATION_LAG_MAX_ROWS);
  const roomy = near.filter(({ full }) => !full);
  return (roomy.length > 0 ? roomy : near).sort((a, b) => b.id - a.id);
}

/**
 * In how many milliseconds a majority would vote for a new leader, should
 * none of them hear from the old one again; 0 when it would now. With fewer
 * than a majority in sight, when all of those would.
 */
export function willVoteInMs(healths: readonly ReplicaHealth[], groupSize: number): number {
  const normal = healths.filter(({ state }) => state === "normal");
  const leases = normal.map(({ leaseMs }) => leaseMs).sort((a, b) => a - b);
  const majority = Math.floor(groupSize / 2) + 1;
  return leases[Math.min(majority, leases.length) - 1] ?? 0;
}

/** How long the refusing replica said that it still follows the living leader; bounded. */
export function leaseOf(refusal: AppError): number {
  const leaseMs = Number(refusal.details["leaseMs"]);
  return leaseMs >= 0 && leaseMs <= LEADER_LEASE_MS ? leaseMs : LEADER_LEASE_MS;
}
