/**
 * Reads log.csv once at the start, in one stream, and decides what its end
 * means. This is the most dangerous code of a replicated log: a row that was
 * acknowledged and is cut "because it looked torn" is a lost order.
 *
 *   all rows good, at least as long as term.json notes    normal
 *   beyond the noted length, and
 *     - the last line has no line break, or
 *     - the first bad line has an all-zero 512-byte sector
 *       in it, or begins with the all-zero rest of one,
 *       whatever follows                                  torn: never
 *       acknowledged, as its flush cannot have returned: may be cut
 *   anything else                                         damage, not a crash
 *
 * The sector rule is etcd's (server/storage/wal/decoder.go): a disk writes the
 * sectors of one append in any order, so good rows may stand behind a hole.
 * Take that for damage, and a cut of the power that met a majority in the
 * middle of an append leaves a group that nobody can recover from.
 */
import { AppError } from "../../errors.ts";
import { formatChecksum, parseRow } from "./row_format.ts";
import type { LogFile } from "./log_file.ts";
import type { Position } from "../core/log_index.ts";
import type { Row } from "../core/messages.ts";
import type { Promised } from "./term_file.ts";

const CHUNK_BYTES = 1024 * 1024;
const SECTOR_BYTES = 512;
const LINE_BREAK = 10;

export interface Scan {
  /** An append that was never acknowledged, from the end of the rows remembered on. */
  torn: { line: number; bytes: Buffer } | null;
  /** The first line that is not what was written there; the rows before it are good. */
  damage: { line: number; why: string } | null;
}

/** Scans the rows of a file that begin at its present length; onRow gets each good one. */
export function scanLog(
  file: LogFile,
  base: Position,
  noted: Promised | null,
  onRow: (row: Row) => void,
): Scan {
  const size = file.size;
  let before = base;
  let line = 2;
  let isNoteMet = noted === null || noted.length <= file.length;
  const isGood = readLines(file, size, (text, bytes) => {
    const row = parseRow(text, before);
    onRow(row);
    before = row;
    file.remember(bytes);
    line++;
    if (file.length !== noted?.length) return;
    isNoteMet = formatChecksum(row.checksum) === noted.checksum;
  });
  if (noted !== null && size < noted.length) {
    const why = `it has ${size} bytes where ${noted.length} were known to be on disk`;
    return { torn: null, damage: { line, why } };
  }
  if (isGood && isNoteMet) return { torn: null, damage: null };
  if (!isGood && isNoteMet) {
    const bytes = rest(file, size);
    if (isTorn(bytes, file.length)) return { torn: { line, bytes }, damage: null };
  }
  const why = isGood
    ? "the rows known to be on disk were others"
    : "the row does not follow from the one before it";
  return { torn: null, damage: { line, why } };
}

/** Calls `take` with each terminated line until it refuses one; true when nothing is left then. */
function readLines(
  file: LogFile,
  size: number,
  take: (text: string, bytes: number) => void,
): boolean {
  let left: Buffer = Buffer.alloc(0);
  let offset = file.length;
  while (offset < size) {
    const chunk = Buffer.allocUnsafe(left.length + Math.min(CHUNK_BYTES, size - offset));
    left.copy(chunk);
    const bytes = file.readBytes(chunk.subarray(left.length), offset);
    if (bytes === 0) break;
    offset += bytes;
    const known = chunk.subarray(0, left.length + bytes);
    const end = known.lastIndexOf(LINE_BREAK) + 1;
    if (!takeLines(known.subarray(0, end), take)) return false;
    left = known.subarray(end);
    // No row is as long as that.
    if (left.length >= CHUNK_BYTES) return false;
  }
  return left.length === 0;
}

/** Of whole lines; false when one was refused. */
function takeLines(bytes: Buffer, take: (text: string, bytes: number) => void): boolean {
  const text = bytes.toString("utf8");
  const isAscii = text.length === bytes.length;
  let start = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    const line = text.slice(start, end);
    try {
      take(line, (isAscii ? line.length : Buffer.byteLength(line)) + 1);
    } catch (error) {
      if (error instanceof AppError && error.reason === "bad_request") return false;
      throw error;
    }
    start = end + 1;
  }
  return true;
}

/** All that is left: where the length is noted, seconds of rows, not a log of years. */
function rest(file: LogFile, size: number): Buffer {
  const buffer = Buffer.alloc(size - file.length);
  file.readBytes(buffer, file.length);
  return buffer;
}

/**
 * True when what is left of a log, from the byte at `offset` on, is an append that a crash
 * interrupted. Of the sector in which it begins only the rest was new: rows from before stand in
 * front of it.
 */
export function isTorn(left: Buffer, offset: number): boolean {
  const end = left.indexOf(LINE_BREAK);
  if (end < 0) return true;
  let start = 0;
  for (let next = SECTOR_BYTES - (offset % SECTOR_BYTES); next <= end; next += SECTOR_BYTES) {
    if (left.subarray(start, next).every((byte) => byte === 0)) return true;
    start = next;
  }
  return false;
}
