/**
 * The log without its oldest rows, made beside it while it goes on growing:
 * no append waits for more than the end of it.
 *
 *   log.csv       │ header │ rows that a checkpoint holds │ copied │ not yet │ ◀─ appends
 *   log.csv.next  │ header │ copied │
 *
 * The bytes go over a piece at a time, each of them flushed. When little is
 * left, and nothing is under way at the log, that goes over too and the file
 * takes the log's place.
 */
import { strict as assert } from "node:assert";
import { failpoint } from "../../failpoint.ts";
import { checkInPlace, sideOf, type Disk, type DiskFile } from "./disk.ts";
import { LOG_NAME, type LogFile } from "./log_file.ts";
import type { Position } from "../core/log_index.ts";

const PIECE_BYTES = 1024 * 1024;

export class ShorterLog {
  /** The row before its first one. */
  readonly base: Position;
  readonly #disk: Disk;
  readonly #log: LogFile;
  readonly #file: DiskFile;
  /** A byte of the log stands so much earlier in the file. */
  readonly #shift: number;
  /** Bytes of the log up to here are in the file, or are not to be. */
  #through: number;
  #isCopied = false;
  #isAbandoned = false;

  /** @param base a row of the log that a checkpoint on disk holds */
  constructor(disk: Disk, log: LogFile, base: Position) {
    const header = Buffer.from(log.header);
    this.base = base;
    this.#disk = disk;
    this.#log = log;
    this.#file = disk.open(sideOf(LOG_NAME), "w");
    this.#file.write(header, 0);
    this.#through = log.lengthAt(base.index);
    this.#shift = this.#through - header.length;
  }

  /** What is left takes hardly longer than an append: it can take the log's place. */
  get isCopied(): boolean {
    return this.#isCopied;
  }

  /**
   * Goes on beside appends and cuts, and so may copy rows that the log's disk has not yet: when
   * the file takes the log's place, it has.
   */
  async copy(): Promise<void> {
    do {
      this.#copyPiece();
      await this.#file.flush();
    } while (!this.#isAbandoned && this.#log.length - this.#through > PIECE_BYTES);
    if (this.#isAbandoned) this.#file.close();
    else this.#isCopied = true;
  }

  /** Rows have left the log: what others come in their place is to be copied yet. */
  cut(): void {
    this.#through = Math.min(this.#through, this.#log.length);
  }

  /** The log is another one from here on, and nothing is written to this file any more. */
  abandon(): void {
    this.#isAbandoned = true;
    if (this.#isCopied) this.#file.close();
  }

  /** Nothing else is under way at the log. */
  async takeOver(): Promise<void> {
    while (this.#through < this.#log.length) this.#copyPiece();
    this.#file.truncate(this.#log.length - this.#shift);
    await this.#file.flush();
    checkInPlace(this.#disk, sideOf(LOG_NAME), this.#file);
    this.#file.close();
    failpoint("file.written");
    await this.#disk.rename(sideOf(LOG_NAME), LOG_NAME);
    await this.#disk.flushFolder();
    this.#log.startAfter(this.base);
  }

  #copyPiece(): void {
    const bytes = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#log.length - this.#through));
    const read = this.#log.readBytes(bytes, this.#through);
    assert.equal(read, bytes.length, `${this.#log.path} is shorter than what was written to it`);
    this.#file.write(bytes, this.#through - this.#shift);
    this.#through += bytes.length;
  }
}
