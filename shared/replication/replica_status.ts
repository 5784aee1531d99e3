/**
 * What a replica says of itself: on GET /health, by which leaders are found
 * and nominated, and to whoever takes it for one.
 */
import { AppError } from "../errors.ts";
import type { ReplicaHealth } from "../messages/messages.ts";
import { formatChecksum } from "./storage/row_format.ts";
import type { ReplicaState } from "./core/replica_state.ts";

export interface Moment {
  nowMs: number;
  /** Monotonic start of the latest round that a quorum answered, for a leader. */
  confirmedAtMs: number;
  /** Its disk. */
  full: boolean;
}

/** @param at the index whose checksum is asked for */
export function describeReplica(
  state: ReplicaState,
  { nowMs, confirmedAtMs, full }: Moment,
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
    full,
    checksum: isHeld ? formatChecksum(log.at(at).checksum) : null,
  };
}

/** Names the leader that it follows, if it follows one. */
export function notLeader({ term, leader, config }: ReplicaState): AppError {
  const named = leader === config.id ? null : leader;
  return new AppError("not_leader", `Replica ${config.id} does not lead`, { term, leader: named });
}
