/**
 * Whether a store is whole: what it promises of a fault, it promises of one
 * fault in a store in which all else is well. Every member is asked itself.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../../client/launcher/layout.ts";
import { probe } from "../../client/launcher/probe.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { monotonicMs } from "../../shared/clock.ts";
import type { FrontendHealth, ReplicaHealth } from "../../shared/messages/messages.ts";

export interface Look {
  /** Replicas follow one leader and are up to it, front-ends are ready and hold a lease. */
  isWhole: boolean;
  /** Ids of the order replica and of the catalog that lead and serve; null: none says so. */
  leader: number | null;
  catalogLeader: number | null;
}

/** A follower that lacks more rows is still catching up. */
const LAG_MAX_ROWS = 500;
const POLL_MS = 25;

/** Looks again until the store is whole, or for so long. */
export async function untilWhole(store: RunningStore, patienceMs: number): Promise<Look> {
  const deadline = monotonicMs() + patienceMs;
  for (;;) {
    const look = await lookAt(store);
    if (look.isWhole || monotonicMs() >= deadline) return look;
    await pause(POLL_MS);
  }
}

async function lookAt(store: RunningStore): Promise<Look> {
  const of = (kind: Member["kind"]) => store.members.filter((member) => member.kind === kind);
  const [orders, catalogs, frontends] = await Promise.all([
    askReplicas(store, of("order")), askReplicas(store, of("catalog")),
    Promise.all(of("frontend").map((member) => isReady(store, member))),
  ]);
  return {
    isWhole: isGroupWhole(orders) && isGroupWhole(catalogs) && frontends.every((ready) => ready),
    leader: leaderOf(orders)?.id ?? null,
    catalogLeader: leaderOf(catalogs)?.id ?? null,
  };
}

function askReplicas(store: RunningStore, members: Member[]): Promise<(ReplicaHealth | null)[]> {
  return Promise.all(members.map((member) => health<ReplicaHealth>(store, member)));
}

async function isReady(store: RunningStore, member: Member): Promise<boolean> {
  const ready = await probe(`${member.publicUrl}/readyz`);
  return ready?.status === 200 && (await health<FrontendHealth>(store, member))?.leased === true;
}

async function health<T>(store: RunningStore, { internalUrl }: Member): Promise<T | null> {
  const answer = await probe(`${internalUrl}/health`, store.internalHeaders);
  return answer?.status === 200 ? (JSON.parse(answer.body) as T) : null;
}

function leaderOf(group: readonly (ReplicaHealth | null)[]): ReplicaHealth | null {
  const serving = group.filter((one) => one !== null && one.serving && one.majority);
  return serving.reduce((best, one) => best !== null && best.term > one!.term ? best : one, null);
}

function isGroupWhole(group: readonly (ReplicaHealth | null)[]): boolean {
  const leader = leaderOf(group);
  return leader !== null && group.every((one) => one !== null && one.state === "normal" &&
    one.leader === leader.id && one.term === leader.term &&
    one.lastIndex >= leader.commitIndex - LAG_MAX_ROWS);
}
