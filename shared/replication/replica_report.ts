/** What a replica says of itself on GET /health: whoever finds or nominates leaders goes by it. */
import type { ReplicaHealth } from "../wire.ts";
import { formatChecksum } from "./codec.ts";
import type { ReplicaState } from "./replica_state.ts";

export interface Moment {
  nowMs: number;
  /** Monotonic start of the latest round that a quorum answered, for a leader. */
  confirmedAtMs: number;
}

/** @param at the index whose checksum is asked for */
export function describeReplica(
  state: ReplicaState,
  { nowMs, confirmedAtMs }: Moment,
  at: number | null,
): Omit<ReplicaHealth, "details" | "uptimeMs"> {
  const { log, leading, config, term, role, leader, heardAtMs, commitIndex } = state;
  const heard = leading === null ? heardAtMs : confirmedAtMs;
  const leaseMs = leader === null ? 0 : Math.max(0, heard + config.leaderLeaseMs - nowMs);
  const isHeld = at !== null && at >= log.base.index && at <= log.lastIndex;
  return {
    id: config.id,
    state: state.recovering === null ? "normal" : "recovering",
    role,
    term,
    leader,
    lastIndex: log.lastIndex,
    commitIndex,
    serving: leading?.open ?? false,
    majority: leading !== null && leaseMs > 0,
    leaseMs: Math.ceil(leaseMs),
    checksum: isHeld ? formatChecksum(log.at(at).checksum) : null,
  };
}
