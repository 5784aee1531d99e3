/**
 * A replica's disk in the simulation of the log alone: what of it survives a
 * crash. Each effect is done at once here or not at all; what a crash leaves
 * half done is the business of the simulated store, which runs the real files.
 * The service's state after a row is told from the row's checksum alone.
 */
import { strict as assert } from "node:assert";
import { LogIndex, START, type Position } from "../../../shared/replication/core/log_index.ts";
import type { LogPage, Reply, Row } from "../../../shared/replication/core/messages.ts";
import type {
  DiskEffect, Durable, LogPageFrame, Output, ReplicaState,
} from "../../../shared/replication/core/replica_state.ts";

export interface Disk {
  term: number;
  vote: number | null;
  /** The row before rows[0]: a checkpoint holds what was before. */
  base: Position;
  rows: Row[];
  /** With the replica's term when it was kept. */
  checkpoint: { at: Position; text: string; term: number } | null;
  /** It has lost what it once promised, and that is not made good yet. */
  isRecovering: boolean;
}

export function emptyDisk(): Disk {
  return { term: 0, vote: null, base: START, rows: [], checkpoint: null, isRecovering: false };
}

export function readDisk({ base, rows, checkpoint, isRecovering, ...promised }: Disk): Durable {
  const term = Math.max(promised.term, checkpoint?.term ?? 0);
  const vote = term === promised.term ? promised.vote : null;
  const log = new LogIndex(base);
  for (const row of rows) log.append(row.term, row.checksum);
  return { term, vote, log, checkpointIndex: checkpoint?.at.index ?? 0, isRecovering };
}

/** Index of the last row on this disk. */
export function lastIndexOf({ base, rows }: Disk): number {
  return base.index + rows.length;
}

/**
 * What a service would say after this row, always as long: all that is before the row is in its
 * checksum.
 */
export function snapshotAfter({ index, checksum }: Position): string {
  return `row ${String(index).padStart(4)} ${checksum.toString(16).padStart(8, "0")}`;
}

/** @param term the replica's */
export function carryOutOn(disk: Disk, effect: DiskEffect, term: number): void {
  switch (effect.kind) {
    case "append":
      assert(effect.rows[0]!.index === lastIndexOf(disk) + 1, "a file has no gaps");
      for (const row of effect.rows) disk.rows.push(row);
      return;
    case "cut":
      if (lastIndexOf(disk) > effect.after) disk.rows.length = effect.after - disk.base.index;
      return;
    case "save":
      disk.term = effect.term;
      disk.vote = effect.vote;
      return;
    case "install":
      disk.base = effect.at;
      disk.rows = [];
      disk.checkpoint = { at: effect.at, text: effect.text, term };
      return;
    case "recovered":
      disk.isRecovering = false;
  }
}

/**
 * Keeps the latest checkpoint that is committed and has its row on the disk; the rows up to the
 * one before it go.
 * @returns index of the last row that went, or 0
 */
export function keepLatest(
  disk: Disk,
  { log, term }: Pick<ReplicaState, "log" | "term">,
  { committed, checkpointEveryRows }: { committed: number; checkpointEveryRows: number },
): number {
  const last = Math.min(committed, lastIndexOf(disk));
  const index = last - (last % checkpointEveryRows);
  const before = disk.checkpoint?.at ?? START;
  if (checkpointEveryRows === Infinity || index <= before.index || index < log.base.index) return 0;
  const at = log.at(index);
  // Another row still stands there, and is yet to be cut.
  if (disk.rows[index - disk.base.index - 1]!.checksum !== at.checksum) return 0;
  disk.checkpoint = { at, text: snapshotAfter(at), term };
  const dropped = before.index - disk.base.index;
  disk.rows = disk.rows.slice(dropped);
  disk.base = before;
  return dropped > 0 ? before.index : 0;
}

export function pageOf(disk: Disk, page: LogPageFrame, rowsMax: number): LogPage {
  const { term, prev, through, commit } = page;
  const first = prev.index - disk.base.index;
  const rows = disk.rows.slice(first, Math.min(through - disk.base.index, first + rowsMax));
  return { kind: "log_page", term, result: "rows", prev, rows, commit, complete: false };
}

export function pieceOf(
  { checkpoint }: Disk,
  { term, offset }: Output & { kind: "piece" },
  lengthMax: number,
): Reply {
  assert(checkpoint !== null, "who dropped rows has them in a checkpoint");
  const { at, text } = checkpoint;
  const name = { at, length: text.length, checksum: mixIn(text, 0) };
  const piece = { ...name, offset, text: text.slice(offset, offset + lengthMax) };
  return { kind: "checkpoint_page", term, piece };
}

/**
 * Rows at the end are lost, and perhaps the promise. A log that does not reach its checkpoint is
 * begun behind it, or lost with it.
 */
export function damage(disk: Disk, rowsKept: number, keepsPromise: boolean): void {
  disk.rows.length = Math.min(disk.rows.length, rowsKept);
  const at = disk.checkpoint?.at ?? START;
  if (lastIndexOf(disk) < at.index) {
    disk.rows = [];
    disk.base = keepsPromise ? at : START;
    if (!keepsPromise) disk.checkpoint = null;
  }
  if (!keepsPromise) {
    // What its rows show it knows at least.
    disk.term = (disk.rows.at(-1) ?? disk.base).term;
    disk.vote = null;
  }
  disk.isRecovering = true;
}

/** A row whose checksum is mixed: only equality counts here. */
export function formatRow(index: number, term: number, payload: string, before: number): Row {
  const mixed = before ^ Math.imul(index, 0x9e3779b1) ^ Math.imul(term, 0x85ebca6b);
  return { index, term, checksum: mixIn(payload, mixed), text: payload };
}

/** As good as a CRC here: of a text in pieces it is that of the whole. */
export function mixIn(text: string, before: number): number {
  let mixed = before;
  for (let i = 0; i < text.length; i++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
    mixed ^= mixed >>> 15;
  }
  return mixed >>> 0;
}
