/**
 * checkpoint.json: a service's state as it stood after one row, so that the
 * rows long before it can leave the log. Taken at every multiple of
 * CHECKPOINT_EVERY_ROWS, on all replicas alike; kept once that row is committed.
 */
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { CHECKPOINT_EVERY_ROWS } from "../limits.ts";
import { START, type Position } from "./log_index.ts";
import type { Row } from "./messages.ts";
import type { ReplicatedService } from "./replicated_service.ts";
import { replaceFile } from "./term_file.ts";

export const CHECKPOINT_NAME = "checkpoint.json";

export interface Checkpoint {
  /** The row after which the state stood as `text`. */
  at: Position;
  /** The row before the first one that the log file keeps, and what it was before. */
  base: Position;
  baseBefore: Position;
  text: string;
}

/** States taken as their rows entered the log, until these are committed or cut. */
export class PendingCheckpoints {
  #taken: { at: Position; text: string }[] = [];

  onRow(row: Row, service: ReplicatedService): void {
    if (service.snapshot === undefined || row.index % CHECKPOINT_EVERY_ROWS !== 0) return;
    const { index, term, checksum } = row;
    this.#taken.push({ at: { index, term, checksum }, text: service.snapshot() });
  }

  onCut(after: number): void {
    this.#taken = this.#taken.filter(({ at }) => at.index <= after);
  }

  /** Those that are committed by now, oldest first; each is given out once. */
  takeThrough(committed: number): { at: Position; text: string }[] {
    const through = this.#taken.filter(({ at }) => at.index <= committed);
    this.#taken = this.#taken.filter(({ at }) => at.index > committed);
    return through;
  }
}

export async function readCheckpoint(folder: string): Promise<Checkpoint | null> {
  const path = join(folder, CHECKPOINT_NAME);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(await readFile(path, "utf8")) as Checkpoint;
  } catch (error) {
    throw new AppError("damaged", `${path} line 1: ${(error as Error).message}`);
  }
}

export function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  return replaceFile(folder, CHECKPOINT_NAME, JSON.stringify(checkpoint) + "\n");
}

/** A crash may have come between the checkpoint and the shorter log: the first row tells. */
export async function findBase(
  path: string,
  header: string,
  checkpoint: Checkpoint | null,
): Promise<Position> {
  if (checkpoint === null) return START;
  const head = await readHead(path, Buffer.byteLength(header) + 32);
  const first = Number.parseInt((head ?? "").slice(header.length), 10);
  return first === checkpoint.baseBefore.index + 1 ? checkpoint.baseBefore : checkpoint.base;
}

/** The first bytes of a file as text, null when there is no file. */
export async function readHead(path: string, bytes: number): Promise<string | null> {
  if (!existsSync(path)) return null;
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
