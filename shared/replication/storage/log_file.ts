/**
 * log.csv: the replica's log as an append-only CSV with one header, which
 * opens in any spreadsheet. Rows are written by one writer, each write awaited
 * and flushed (fdatasync) before it is reported; a short write, a failed write
 * or flush, or a file that somebody else moved or cut is an error that ends
 * the process: after a failed flush the next one reports success and lies.
 *
 *   index,term,…,checksum⏎     header
 *   1,1,…,5f3a90c2⏎            row 1 starts at offsets[0]
 *   2,1,…,80b71d0e⏎            row 2 starts at offsets[1]
 *                              ◀─ length: the next append goes here
 *
 * What a scan at the start accepts, cuts or refuses is in log_scan.ts.
 */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { failpoint } from "../../failpoint.ts";
import { joinRows, payloadOf } from "./row_format.ts";
import { checkInPlace, replaceFile, type Disk, type DiskFile } from "./disk.ts";
import { START, type Position } from "../core/log_index.ts";
import type { Row } from "../core/messages.ts";

export const LOG_NAME = "log.csv";
const CHUNK_BYTES = 1024 * 1024;

/** The first line of a log with these columns of its service. */
export function headerOf(columns: readonly string[]): string {
  return ["index", "term", ...columns, "checksum"].join(",") + "\n";
}

export class LogFile {
  readonly path: string;
  readonly header: string;
  #disk: Disk;
  #file: DiskFile;
  #base: Position;
  #length: number;
  #offsets = new Float64Array(1024);
  #rows = 0;
  /** Counts for whoever measures: an append is one write and one flush, however many rows. */
  readonly counts = { appends: 0, rows: 0, flushes: 0 };

  /** Opens a file whose header is in place; its rows are told by the scan (remember). */
  constructor(disk: Disk, header: string, base: Position = START) {
    this.#disk = disk;
    this.header = header;
    this.path = join(disk.folder, LOG_NAME);
    this.#file = disk.open(LOG_NAME, "r+");
    this.#base = base;
    this.#length = Buffer.byteLength(header);
  }

  /** Bytes, all of them flushed between two calls. */
  get length(): number {
    return this.#length;
  }

  /** The row before the first one in the file. */
  get base(): Position {
    return this.#base;
  }

  get lastIndex(): number {
    return this.#base.index + this.#rows;
  }

  /** Of a row in the file, or of the one before the first. */
  checksumAt(index: number): number {
    if (index === this.#base.index) return this.#base.checksum;
    return Number.parseInt(this.#readBetween(index, index).trimEnd().slice(-8), 16);
  }

  /** Bytes on the disk, behind the last row remembered too. */
  get size(): number {
    return this.#file.size;
  }

  /** What stands at this byte, row or not: for the scan. */
  readBytes(into: Uint8Array, at: number): number {
    return this.#file.read(into, at);
  }

  /** A row that the scan found: `bytes` long with its line break. */
  remember(bytes: number): void {
    if (this.#rows === this.#offsets.length) {
      const larger = new Float64Array(Math.ceil(this.#rows * 1.5));
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[this.#rows++] = this.#length;
    this.#length += bytes;
  }

  /** Writes rows after the last one and returns when they are on disk. */
  async append(rows: readonly Row[]): Promise<void> {
    assert.equal(rows[0]!.index, this.lastIndex + 1, "a log file has no gaps");
    this.#checkUntouched();
    this.#file.write(Buffer.from(joinRows(rows)), this.#length);
    for (const row of rows) this.remember(Buffer.byteLength(row.text) + 1);
    failpoint("log.written");
    await this.#flush();
    this.counts.appends++;
    this.counts.rows += rows.length;
  }

  /**
   * Writes what stands from this byte on once more, and flushes it. A flush that failed in an
   * earlier life leaves bytes that can be read and are not on disk, and no later flush of the
   * same bytes brings them there (Rebello et al., ATC'20).
   */
  async writeAgain(from: number): Promise<void> {
    for (let at = from; at < this.#length; at += CHUNK_BYTES) {
      const bytes = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.#length - at));
      const read = this.#file.read(bytes, at);
      assert.equal(read, bytes.length, `${this.path} is shorter than what was just read of it`);
      this.#file.write(bytes, at);
    }
    await this.#flush();
  }

  /** Takes the rows after this index off the disk. */
  async cut(after: number): Promise<void> {
    if (after >= this.lastIndex) return;
    assert(after >= this.#base.index, "what a checkpoint holds cannot be cut");
    checkInPlace(this.#disk, LOG_NAME, this.#file);
    this.#rows = after - this.#base.index;
    this.#length = this.#offsets[this.#rows]!;
    this.#file.truncate(this.#length);
    await this.#flush();
  }

  /** Takes off whatever stands behind the last row remembered. */
  async dropRest(): Promise<void> {
    this.#file.truncate(this.#length);
    await this.#flush();
  }

  /** Where the file would end after this row. */
  lengthAt(index: number): number {
    return index === this.lastIndex ? this.#length : this.#offsets[index - this.#base.index]!;
  }

  /** The service's columns of one row. */
  read(index: number): string {
    return payloadOf(this.#readBetween(index, index).slice(0, -1));
  }

  /** Lines from first to last at most, whole ones, about as many as fit; at least one. */
  page(first: number, last: number, bytesMax: number): string {
    const start = this.#offsets[first - this.#base.index - 1]!;
    let end = last;
    if (this.lengthAt(last) - start > bytesMax) {
      let low = first;
      let high = last;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (this.lengthAt(middle) - start <= bytesMax) low = middle;
        else high = middle - 1;
      }
      end = low;
    }
    return this.#readBetween(first, end);
  }

  /** The file without a row, as it stands behind `base`: a checkpoint on disk holds that. */
  async startEmpty(base: Position): Promise<void> {
    await replaceFile(this.#disk, LOG_NAME, this.header);
    this.#file.close();
    this.#file = this.#disk.open(LOG_NAME, "r+");
    this.#offsets = new Float64Array(1024);
    this.#rows = 0;
    this.#base = base;
    this.#length = Buffer.byteLength(this.header);
  }

  /** Another file has taken its place, without the rows up to `base` (log_compaction.ts). */
  startAfter(base: Position): void {
    const dropped = base.index - this.#base.index;
    const shift = this.lengthAt(base.index) - Buffer.byteLength(this.header);
    this.#file.close();
    this.#file = this.#disk.open(LOG_NAME, "r+");
    this.#offsets = this.#offsets.slice(dropped).map((offset) => offset - shift);
    if (this.#offsets.length === 0) this.#offsets = new Float64Array(1024);
    this.#rows -= dropped;
    this.#base = base;
    this.#length -= shift;
  }

  async close(): Promise<void> {
    await this.#flush();
    this.#file.close();
  }

  #readBetween(first: number, last: number): string {
    assert(
      first > this.#base.index && last <= this.lastIndex,
      `rows ${first} to ${last} are in the file`,
    );
    const start = this.#offsets[first - this.#base.index - 1]!;
    const buffer = Buffer.allocUnsafe(this.lengthAt(last) - start);
    const bytes = this.#file.read(buffer, start);
    assert.equal(bytes, buffer.length, `${this.path} is shorter than what was written to it`);
    return buffer.toString("utf8");
  }

  #flush(): Promise<void> {
    this.counts.flushes++;
    return this.#file.flush();
  }

  /** A deleted, moved, replaced or cut file would take rows and lose them in silence. */
  #checkUntouched(): void {
    const size = checkInPlace(this.#disk, LOG_NAME, this.#file);
    assert.equal(size, this.#length, `${this.path} has another length than was written to it`);
  }
}
