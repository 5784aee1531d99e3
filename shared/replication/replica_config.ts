/** A replica's settings as production runs them; tests and simulations choose their own. */
import { crc32 } from "node:zlib";
import {
  LEADER_LEASE_MS,
  REPLICATE_ROWS_MAX,
  TAIL_ROWS_MAX,
  VOTE_PATIENCE_MS,
} from "../limits.ts";
import { formatRow } from "./storage/row_format.ts";
import type { ReplicaConfig } from "./core/replica_state.ts";

export function replicaConfig(
  { tailRowsMax = TAIL_ROWS_MAX, ...group }:
    & Pick<ReplicaConfig, "id" | "others" | "quorum" | "startId" | "isSnapshot">
    & { tailRowsMax?: number | undefined },
): ReplicaConfig {
  return {
    ...group,
    leaderLeaseMs: LEADER_LEASE_MS,
    votePatienceMs: VOTE_PATIENCE_MS,
    tailRowsMax,
    replicateRowsMax: REPLICATE_ROWS_MAX,
    formatRow,
    checksumOf: (text, before) => crc32(text, before),
  };
}
