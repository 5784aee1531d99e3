/**
 * checkpoint.json: a service's state as it stood after one row, so that the
 * rows long before it can leave the log. Taken at every multiple of
 * CHECKPOINT_EVERY_ROWS, on all replicas alike; kept once that row is committed
 * (log_applier.ts), or taken from another replica (checkpoint_transfer.ts).
 */
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { replaceFile, type Disk } from "./disk.ts";
import { START, type Position } from "../core/log_index.ts";
import { sealJson, unsealJson } from "./checksummed_json.ts";

export const CHECKPOINT_NAME = "checkpoint.json";

export interface Checkpoint {
  /** The row after which the state stood as `text`. */
  at: Position;
  /**
   * The replica's when it kept it: leaders of this term and later ones have that row. Missing in
   * files from before.
   */
  term?: number;
  /** The row before the first one that the log file keeps, and what it was before. */
  base: Position;
  baseBefore: Position;
  text: string;
}

/** Null when there is none. @throws damaged when it is not what was written */
export async function readCheckpoint(disk: Disk): Promise<Checkpoint | null> {
  const text = await disk.readText(CHECKPOINT_NAME);
  if (text === null) return null;
  try {
    return unsealJson(text) as Checkpoint;
  } catch (error) {
    const path = join(disk.folder, CHECKPOINT_NAME);
    throw new AppError("damaged", `${path} line 1: ${(error as Error).message}`);
  }
}

export function writeCheckpoint(disk: Disk, checkpoint: Checkpoint): Promise<void> {
  return replaceFile(disk, CHECKPOINT_NAME, sealJson(checkpoint));
}

/**
 * The row before the first one in the log. A crash may have come between the checkpoint and the
 * shorter log: its first row tells.
 *
 * @param head the header and as much more as holds an index
 */
export function findBase(head: string, header: string, checkpoint: Checkpoint | null): Position {
  if (checkpoint === null) return START;
  const first = Number.parseInt(head.slice(header.length), 10);
  return first === checkpoint.baseBefore.index + 1 ? checkpoint.baseBefore : checkpoint.base;
}
