/**
 * The checkpoints of one replica: the one that it keeps, and the next, which
 * waits until its row is in the log and the disk has room for it. Whoever
 * writes one is the only one that writes (storage.ts).
 */
import { failpoint } from "../../failpoint.ts";
import { DISK_RESERVE_BYTES } from "../../limits.ts";
import { writeCheckpoint, type Checkpoint } from "./checkpoint_file.ts";
import { pieceOf } from "../checkpoint_pieces.ts";
import type { Disk } from "./disk.ts";
import type { LogFile } from "./log_file.ts";
import { START, type Position } from "../core/log_index.ts";
import type { CheckpointPiece } from "../core/messages.ts";

export class Checkpoints {
  readonly #disk: Disk;
  #kept: Checkpoint | null;
  #next: { at: Position; text: string } | null = null;

  constructor(disk: Disk, kept: Checkpoint | null) {
    this.#disk = disk;
    this.#kept = kept;
  }

  /** Of the row of the one that is kept, 0 without: what it holds is committed. */
  get index(): number {
    return this.#kept?.at.index ?? 0;
  }

  /** A committed state, to be kept as soon as it is due. */
  expect(at: Position, text: string): void {
    this.#next = { at, text };
  }

  /**
   * The next one's row is in the file, and not one that is yet to be cut: under load there may
   * never be a moment without work.
   */
  isDue(file: LogFile): boolean {
    const next = this.#next;
    if (next === null || next.at.index > file.lastIndex) return false;
    if (file.checksumAt(next.at.index) !== next.at.checksum) return false;
    return this.#disk.freeBytes() - this.#bytesOf(next.text, file) >= DISK_RESERVE_BYTES;
  }

  /** From this character on; null: there is none. */
  piece(offset: number): CheckpointPiece | null {
    return this.#kept === null ? null : pieceOf(this.#kept, offset);
  }

  /**
   * Keeps the one that is due.
   * @returns the row after which the log is to begin; null: it begins there already
   */
  async keepNext(term: number): Promise<Position | null> {
    const { at, text } = this.#next!;
    this.#next = null;
    const baseBefore = this.#kept?.base ?? START;
    // One checkpoint's worth of rows stays behind for followers that are a little late.
    const base = this.#kept?.at ?? START;
    await this.#keep({ at, term, base, baseBefore, text });
    return base.index === baseBefore.index ? null : base;
  }

  /** Another replica's, which takes the place of the log: it will begin after its row. */
  async keepForeign(
    { at, text }: { at: Position; text: string },
    { term, baseBefore }: { term: number; baseBefore: Position },
  ): Promise<void> {
    if (this.#next !== null && this.#next.at.index <= at.index) this.#next = null;
    await this.#keep({ at, term, base: at, baseBefore, text });
  }

  async #keep(checkpoint: Checkpoint): Promise<void> {
    this.#kept = checkpoint;
    await writeCheckpoint(this.#disk, checkpoint);
    failpoint("checkpoint.written");
  }

  /**
   * What keeping it writes before anything old goes: itself and the rows that stay. Those that
   * come meanwhile are written twice; the reserve has room for them.
   */
  #bytesOf(text: string, file: LogFile): number {
    const before = this.#kept;
    const rows = before === null ? 0 : file.length - file.lengthAt(before.at.index);
    // As a string within JSON its quotes are escaped.
    return 2 * Buffer.byteLength(text) + rows;
  }
}
