/**
 * Reads one replica's log.csv as it lies on disk, in one stream, and changes
 * nothing. What follows from the row before it is taken over; the first row
 * that does not ends the reading, and everything after it counts as unknown:
 *
 *   header | good rows … | torn: an append that a crash interrupted
 *                        | or damage: no crash leaves that
 *
 * What a row is and which of the two an end is, is the store's own rule
 * (shared/replication: row_format.ts, log_scan.ts); here it is said why.
 */
import { readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { splitRow } from "../../shared/csv.ts";
import { AppError } from "../../shared/errors.ts";
import {
  formatChecksum, parseRow, payloadOf,
} from "../../shared/replication/storage/row_format.ts";
import { headerOf } from "../../shared/replication/storage/log_file.ts";
import type { Position } from "../../shared/replication/core/log_index.ts";
import { isTorn } from "../../shared/replication/storage/log_scan.ts";
import type { Promised } from "../../shared/replication/storage/term_file.ts";
import { isTerm } from "../../shared/terms.ts";
import { Numbers } from "./numbers.ts";

const CHUNK_BYTES = 1024 * 1024;
const LINE_BREAK = 10;
/** `,` and eight hex digits. */
const CHECKSUM_LENGTH = 9;

export interface LogSource {
  /** As people are told: `data/order-1/log.csv`. */
  path: string;
  fd: number;
  /** Bytes to read: a running member appends meanwhile. */
  size: number;
  /** Of these, the bytes that were there before any order log was looked at. */
  early: number;
  columns: readonly string[];
  /** The row before the first one in the file. */
  base: Position;
  /** What term.json says, null when there is none. */
  noted: Promised | null;
}

export interface Row {
  index: number;
  term: number;
  /** The service's columns. */
  fields: string[];
  /** Of the file, the header is 1. */
  line: number;
}

export class ReadLog {
  readonly source: LogSource;
  /** Of the rows, from base + 1 on. */
  readonly checksums = new Numbers("uint32");
  readonly terms = new Numbers("float64");
  last: Position;
  /** The last row within the bytes that were there early. */
  earlyIndex: number;
  /** Bytes of header and good rows. */
  length = 0;
  /** What cannot be read, and why; a note is at fault when rows are missing or others. */
  damage: { line: number; why: string; check: "rows" | "notes" } | null = null;
  torn: { line: number; bytes: number } | null = null;

  constructor(source: LogSource) {
    this.source = source;
    this.last = source.base;
    this.earlyIndex = source.base.index;
  }

  get base(): number {
    return this.source.base.index;
  }

  lineOf(index: number): number {
    return index - this.base + 1;
  }

  holds(index: number): boolean {
    return index > this.base && index <= this.last.index;
  }

  checksumAt(index: number): number {
    if (index === this.base) return this.source.base.checksum;
    return this.checksums.at(index - this.base - 1);
  }

  termAt(index: number): number {
    return index === this.base ? this.source.base.term : this.terms.at(index - this.base - 1);
  }
}

/** @param onRow gets each good row, in order */
export function readLog(source: LogSource, onRow: (row: Row) => void): ReadLog {
  return new Reader(source, onRow).read();
}

/** The text of some lines of a file, to show them; the header is line 1. */
export function readLines(fd: number, size: number, wanted: ReadonlySet<number>) {
  const found = new Map<number, string>();
  let line = 0;
  forEachLine({ fd, size, from: 0 }, (bytes) => {
    line += 1;
    if (wanted.has(line)) found.set(line, bytes.toString("utf8"));
    return found.size < wanted.size;
  });
  return found;
}

class Reader {
  readonly #log: ReadLog;
  readonly #onRow: (row: Row) => void;
  #line = 1;
  #isNoteMet = false;

  constructor(source: LogSource, onRow: (row: Row) => void) {
    this.#log = new ReadLog(source);
    this.#onRow = onRow;
  }

  read(): ReadLog {
    const log = this.#log;
    const { source } = log;
    const { noted, size } = source;
    if (noted !== null && size < noted.length) {
      this.#damage("notes", `it has ${size} bytes where term.json knows of ${noted.length}`);
    }
    let bad: string | null = null;
    const end = forEachLine({ fd: source.fd, size, from: 0 }, (bytes) => {
      bad = this.#line === 1 ? this.#readHeader(bytes) : this.#readRow(bytes);
      if (bad !== null) return false;
      log.length += bytes.length + 1;
      if (log.length <= source.early) log.earlyIndex = log.last.index;
      this.#meetNote();
      this.#line += 1;
      return true;
    });
    if (bad !== null) this.#judgeEnd(bad);
    else if (end < size) this.#judgeEnd("the last line has no line break");
    if (log.damage === null && noted !== null && !this.#isNoteMet) {
      this.#damage("notes", `no row ends at byte ${noted.length}, which term.json notes`);
    }
    return log;
  }

  /** @returns what is wrong with it */
  #readHeader(bytes: Buffer): string | null {
    const header = headerOf(this.#log.source.columns).trimEnd();
    return bytes.toString("utf8") === header ? null : `the header is not ${header}`;
  }

  /** @returns what is wrong with it */
  #readRow(bytes: Buffer): string | null {
    const log = this.#log;
    const text = bytes.toString("utf8");
    const row = rowOrNull(text, log.last);
    if (row === null) return whyNoRow(text, log.last);
    const fields = fieldsOf(payloadOf(text));
    const { columns } = log.source;
    if (fields?.length !== columns.length) return `it has not ${columns.length + 3} columns`;
    const { index, term, checksum } = row;
    if (term < 1) return `${term} is no term`;
    log.last = { index, term, checksum };
    log.checksums.push(checksum);
    log.terms.push(term);
    this.#onRow({ index, term, fields, line: this.#line });
    return null;
  }

  #meetNote(): void {
    const { length, last, source } = this.#log;
    const { noted } = source;
    if (noted === null || this.#isNoteMet) return;
    // Up to the header nothing is noted.
    if (this.#line === 1 && noted.length <= length) this.#isNoteMet = true;
    if (noted.length !== length) return;
    this.#isNoteMet = true;
    const checksum = formatChecksum(last.checksum);
    if (this.#line > 1 && noted.checksum !== checksum) {
      const why = `the row's checksum is ${checksum} where term.json notes ${noted.checksum}`;
      this.#damage("notes", why);
    }
  }

  #judgeEnd(why: string): void {
    const log = this.#log;
    const { fd, size, noted } = log.source;
    if (log.length >= (noted?.length ?? 0) && this.#line > 1) {
      const left = Buffer.alloc(size - log.length);
      readSync(fd, left, 0, left.length, log.length);
      if (isTorn(left, log.length)) {
        log.torn = { line: this.#line, bytes: left.length };
        return;
      }
    }
    this.#damage("rows", why);
  }

  #damage(check: "rows" | "notes", why: string): void {
    this.#log.damage ??= { check, line: this.#line, why };
  }
}

function rowOrNull(text: string, before: Position): Position | null {
  try {
    return parseRow(text, before);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** What people are told of a line that the store does not take for the row after `before`. */
function whyNoRow(text: string, before: Position): string {
  const body = text.slice(0, -CHECKSUM_LENGTH);
  const written = text.slice(-CHECKSUM_LENGTH);
  const wanted = `,${formatChecksum(crc32(body, before.checksum))}`;
  if (written !== wanted) {
    return `its checksum is ${written.slice(1)} and must be ${wanted.slice(1)}`;
  }
  const [index, term] = text.split(",", 2);
  if (index !== String(before.index + 1)) return `row ${index} follows row ${before.index}`;
  if (!isTerm(Number(term))) return `${term} is no term`;
  return `term ${term} follows term ${before.term}`;
}

/** Null when a quote stands where none may. */
function fieldsOf(payload: string): string[] | null {
  try {
    return splitRow(payload);
  } catch {
    return null;
  }
}

/**
 * Calls `take` with each line that has a line break, without it, until it
 * returns false. @returns how many bytes were taken
 */
function forEachLine(
  { fd, size, from }: { fd: number; size: number; from: number },
  take: (bytes: Buffer) => boolean,
): number {
  let left: Buffer = Buffer.alloc(0);
  let offset = from;
  let taken = from;
  while (offset < size) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - offset));
    const read = readSync(fd, chunk, 0, chunk.length, offset);
    if (read === 0) break;
    offset += read;
    const fresh = chunk.subarray(0, read);
    left = left.length === 0 ? fresh : Buffer.concat([left, fresh]);
    let start = 0;
    for (let end = left.indexOf(LINE_BREAK); end >= 0; end = left.indexOf(LINE_BREAK, start)) {
      if (!take(left.subarray(start, end))) return taken;
      taken += end + 1 - start;
      start = end + 1;
    }
    left = left.subarray(start);
  }
  return taken;
}
