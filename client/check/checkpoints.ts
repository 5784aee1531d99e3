/**
 * A checkpoint stands in for the rows before it, for ever: so it is held
 * against those rows while they are still there, and against the other
 * replicas' checkpoints at the same row, which must be the same text.
 */
import type { Replica } from "./agreement.ts";
import type { ReplicaFiles } from "./files.ts";
import { type CatalogState, checkpointState, type ProductState } from "./replay.ts";
import type { Verdict } from "./verdict.ts";

const FIELDS = [
  "initial", "restocked", "soldBack", "added", "bought", "quantity", "version",
  "maxVolume", "isHere", "tradedBefore",
] as const;

export interface CheckpointsOptions {
  replicas: readonly (Replica & { files: ReplicaFiles })[];
  /** Those that stand after this row. */
  at: number;
  /** What the rows up to there come to; without it only the texts are compared. */
  state?: CatalogState;
  verdict: Verdict;
}

export function auditCheckpoints({ replicas, at, state, verdict }: CheckpointsOptions): void {
  let first: { path: string; text: string } | null = null;
  for (const { files, log } of replicas) {
    const { checkpoint, folder } = files;
    if (checkpoint === null || checkpoint.at.index !== at) continue;
    const path = `${folder}/checkpoint.json`;
    if (log.holds(at) && log.checksumAt(at) !== checkpoint.at.checksum) {
      verdict.fail("checkpoint", `${path}: row ${at} has another checksum than it notes`);
    }
    if (first !== null && first.text !== checkpoint.text) {
      verdict.fail("checkpoint", `${path} and ${first.path} differ, both after row ${at}`);
    }
    first ??= { path, text: checkpoint.text };
    const fault = state === undefined ? null : difference(checkpointState(checkpoint.text), state);
    if (fault !== null) verdict.fail("checkpoint", `${path}: ${fault}`);
  }
}

function difference(kept: CatalogState, real: CatalogState): string | null {
  for (const field of ["index", "fence", "settled", "sales"] as const) {
    if (kept[field] !== real[field]) {
      return `${field} ${kept[field]}, and the rows come to ${real[field]}`;
    }
  }
  if (kept.products.size !== real.products.size) {
    return `${kept.products.size} products, and the rows come to ${real.products.size}`;
  }
  for (const [name, product] of real.products) {
    const fault = productDifference(name, kept.products.get(name), product);
    if (fault !== null) return fault;
  }
  return null;
}

function productDifference(
  name: string,
  kept: ProductState | undefined,
  real: ProductState,
): string | null {
  if (kept === undefined) return `${name} is missing`;
  const field = FIELDS.find((one) => kept[one] !== real[one]);
  if (field === undefined) return null;
  return `${name} has ${field} ${kept[field]}, and the rows come to ${real[field]}`;
}
