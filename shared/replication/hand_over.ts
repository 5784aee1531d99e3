/**
 * A planned stop of a leader costs its clients no pause: it asks the follower
 * that has most of its log to lead, naming its own term, and the replicas that
 * follow exactly that term vote at once instead of waiting for its lease.
 */
import { AppError } from "../errors.ts";
import type { ReplicaNetwork } from "./replica_network.ts";
import type { ReplicaState } from "./replica_state.ts";

/** True when another replica leads now; false when none could, or this one did not lead. */
export async function handOver(state: ReplicaState, network: ReplicaNetwork): Promise<boolean> {
  const { leading, term } = state;
  if (leading === null) return false;
  const followers = [...leading.followers].filter(([, { failed }]) => !failed);
  followers.sort(([id, one], [otherId, other]) => other.match - one.match || otherId - id);
  for (const [id] of followers) {
    if (await network.handOver(id, term)) return true;
  }
  return false;
}

/** What a replica that stops says to whoever nominates it, or still waits for it. */
export function retiring(): AppError {
  return new AppError("unavailable", "This replica is stopping");
}
