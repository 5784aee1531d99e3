/**
 * Reads one replica's log.csv as it lies on disk, in one stream, and changes
 * nothing. What follows from the row before it is taken over; the first row
 * that does not ends the reading, and everything after it counts as unknown:
 *
 *   header | good rows … | torn: an append that a crash interrupted
 *                        | or damage: no crash leaves that
 *
 * Which of the two it is follows the rules by which a member starts
 * (shared/replication/log_scan.ts), written down a second time on purpose.
 */
import { readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { splitRow } from "../../shared/csv.ts";
import { formatChecksum } from "../../shared/replication/codec.ts";
import type { Position } from "../../shared/replication/log_index.ts";
import type { Promised } from "../../shared/replication/term_file.ts";
import { isTerm } from "../../shared/terms.ts";
import { Numbers } from "./numbers.ts";

const CHUNK_BYTES = 1024 * 1024;
const SECTOR_BYTES = 512;
const LINE_BREAK = 10;
/** `,` and eight hex digits. */
const CHECKSUM_BYTES = 9;

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
    const header = ["index", "term", ...this.#log.source.columns, "checksum"].join();
    return bytes.toString("utf8") === header ? null : `the header is not ${header}`;
  }

  #readRow(bytes: Buffer): string | null {
    const { last } = this.#log;
    const body = bytes.subarray(0, -CHECKSUM_BYTES);
    const checksum = crc32(body, last.checksum);
    const wanted = `,${formatChecksum(checksum)}`;
    const written = bytes.toString("latin1", bytes.length - CHECKSUM_BYTES);
    if (written !== wanted) {
      return `its checksum is ${written.slice(1)} and must be ${wanted.slice(1)}`;
    }
    const fields = fieldsOf(body);
    const columns = this.#log.source.columns.length + 2;
    if (fields?.length !== columns) return `it has not ${columns + 1} columns`;
    const [index, term] = [Number(fields[0]), Number(fields[1])];
    if (index !== last.index + 1) return `row ${fields[0]} follows row ${last.index}`;
    if (!isTerm(term) || term < 1) return `${fields[1]} is no term`;
    if (term < last.term) return `term ${term} follows term ${last.term}`;
    this.#log.last = { index, term, checksum };
    this.#log.checksums.push(checksum);
    this.#log.terms.push(term);
    this.#onRow({ index, term, fields: fields.slice(2), line: this.#line });
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

/** Null when a quote stands where none may. */
function fieldsOf(body: Buffer): string[] | null {
  try {
    return splitRow(body.toString("utf8"));
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

/** True when what is left can only be an append that a crash interrupted. */
function isTorn(left: Buffer, offset: number): boolean {
  if (!left.includes(LINE_BREAK)) return true;
  if (hasGoodRow(left)) return false;
  const first = (SECTOR_BYTES - (offset % SECTOR_BYTES)) % SECTOR_BYTES;
  for (let start = first; start < left.length; start += SECTOR_BYTES) {
    if (left.subarray(start, start + SECTOR_BYTES).every((byte) => byte === 0)) return true;
  }
  return false;
}

/** A line whose checksum follows from the line before it, whatever that one is worth. */
function hasGoodRow(left: Buffer): boolean {
  const lines = left.toString("latin1").split("\n");
  return lines.some((line, at) => {
    const before = at === 0 ? Number.NaN : Number.parseInt(lines[at - 1]!.slice(-8), 16);
    if (line.length <= CHECKSUM_BYTES || Number.isNaN(before)) return false;
    const body = Buffer.from(line.slice(0, -CHECKSUM_BYTES), "latin1");
    return line.slice(-8) === formatChecksum(crc32(body, before));
  });
}
