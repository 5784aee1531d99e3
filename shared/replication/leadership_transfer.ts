/**
 * A leader that stops, or cannot do its work any more, costs its clients no
 * pause: it asks the follower that has most of its log to lead, naming its own
 * term, and the replicas that follow exactly that term vote at once instead of
 * waiting for its lease.
 */
import type { ReplicaHealth } from "../messages/messages.ts";
import type { ReplicaNetwork } from "./replica_network.ts";
import type { ReplicaState } from "./core/replica_state.ts";

export interface HandOverOptions {
  state: ReplicaState;
  network: ReplicaNetwork;
  /** Whom to ask, by what it says of itself. */
  isFit: (health: ReplicaHealth) => boolean;
}

/** True when another replica leads now; false when none could, or this one did not lead. */
export async function handOver({ state, network, isFit }: HandOverOptions): Promise<boolean> {
  const { leading, term } = state;
  if (leading === null) return false;
  const followers = [...leading.followers];
  const healths = await Promise.all(followers.map(([id]) => network.health(id)));
  const fit = followers.filter((_, at) => {
    const health = healths[at]!;
    return health !== null && health.state === "normal" && isFit(health);
  });
  fit.sort(([id, one], [otherId, other]) => other.match - one.match || otherId - id);
  for (const [id] of fit) {
    if (state.leading !== leading) return false;
    if (await network.handOver(id, term)) return true;
  }
  return false;
}

export function hasRoom({ full }: ReplicaHealth): boolean {
  return !full;
}
