/**
 * A replica's folder: log.csv, term.json and, for a service that has them, its
 * checkpoint. Effects are carried out one after the other in the order they
 * were asked for, each durable before it is reported; appends that queue up
 * behind a flush go to disk together, with one flush. Only the copy of a log
 * that gets shorter goes on beside them. Nothing is ever tried again: a disk
 * that failed once is not to be believed (fail ends the process).
 */
import { join } from "node:path";
import { failpoint } from "../../failpoint.ts";
import { DISK_RESERVE_BYTES, HEARTBEAT_MS, NOTE_EVERY_MS, NOTE_EVERY_ROWS } from "../../limits.ts";
import { Checkpoints } from "./checkpoints.ts";
import { formatChecksum, payloadOf } from "./row_format.ts";
import { keepAside, type Disk } from "./disk.ts";
import { LOG_NAME, type LogFile } from "./log_file.ts";
import type { LogIndex, Position } from "../core/log_index.ts";
import { openLog, unmark, type OpenedLog, type OpenOptions } from "./log_open.ts";
import type { CheckpointPiece, Row } from "../core/messages.ts";
import type { DiskEffect, LogPageFrame } from "../core/replica_state.ts";
import { ShorterLog } from "./log_compaction.ts";
import { writeTermFile, type Promised } from "./term_file.ts";

const CUT = "the leader has other rows: the own ones are cut and kept beside the log";

export class Storage {
  readonly log: LogIndex;
  /** The disk had lost something when it was opened, or an earlier recovery was not finished. */
  readonly isRecovering: boolean;
  #disk: Disk;
  readonly #checkpoints: Checkpoints;
  #log: OpenOptions["log"];
  #file: LogFile;
  #promised: Promised;
  /** Of the last promise that was asked for; what is known committed may rest on it. */
  #term: number;
  #queue: DiskEffect[] = [];
  /** Being made, without the rows that the checkpoint makes needless. */
  #shorter: ShorterLog | null = null;
  #isWorking = false;
  /** Rows on disk that term.json does not note yet, and for how many ticks there were any. */
  #unnotedRows = 0;
  #unnotedTicks = 0;
  #isNoteDue = false;
  #idle: (() => void)[] = [];
  #onWritten: (op: number) => void = () => {};
  #onCompacted: (index: number) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  private constructor({ disk, log }: OpenOptions, opened: OpenedLog) {
    this.#disk = disk;
    this.#log = log;
    this.log = opened.log;
    this.isRecovering = opened.isRecovering;
    this.#file = opened.file;
    this.#promised = opened.promised;
    this.#term = opened.promised.term;
    this.#checkpoints = new Checkpoints(disk, opened.checkpoint);
  }

  /** @throws damaged when the folder holds what no crash leaves behind, and nobody can be asked */
  static async open(options: OpenOptions): Promise<Storage> {
    return new Storage(options, await openLog(options));
  }

  get term(): number {
    return this.#promised.term;
  }

  get vote(): number | null {
    return this.#promised.vote;
  }

  get counts(): LogFile["counts"] {
    return this.#file.counts;
  }

  /** The checkpoint's index: what it holds is committed. */
  get checkpointIndex(): number {
    return this.#checkpoints.index;
  }

  start(handlers: {
    onWritten: (op: number) => void;
    onCompacted: (index: number) => void;
    fail: (error: unknown) => void;
  }): void {
    this.#onWritten = handlers.onWritten;
    this.#onCompacted = handlers.onCompacted;
    this.#fail = handlers.fail;
  }

  carryOut(effect: DiskEffect): void {
    if (effect.kind === "save") this.#term = effect.term;
    this.#queue.push(effect);
    void this.#work();
  }

  /** Called every heartbeat: rows are noted when they have waited for it long enough. */
  tick(): void {
    if (this.#unnotedRows === 0 || ++this.#unnotedTicks * HEARTBEAT_MS < NOTE_EVERY_MS) return;
    this.#isNoteDue = true;
    void this.#work();
  }

  /**
   * Keeps a committed state; the rows two checkpoints back leave the file. With no room for it
   * on the disk it waits, to be looked at with every write.
   */
  keepCheckpoint(at: Position, text: string): void {
    this.#checkpoints.expect(at, text);
    void this.#work();
  }

  /** The service's columns of a row, written or about to be. */
  read(index: number): string {
    for (const effect of this.#queue) {
      const row = effect.kind === "append" && effect.rows.find((one) => one.index === index);
      if (row) return payloadOf(row.text);
    }
    return this.#file.read(index);
  }

  page({ prev, through }: Pick<LogPageFrame, "prev" | "through">, bytesMax: number): string {
    return this.#file.page(prev.index + 1, Math.min(through, this.#file.lastIndex), bytesMax);
  }

  /** Of the own checkpoint, from this character on; null: there is none. */
  piece(offset: number): CheckpointPiece | null {
    return this.#checkpoints.piece(offset);
  }

  /** For another's checkpoint of so many characters, beside the log that it takes the place of. */
  hasRoomFor(length: number): boolean {
    return this.#disk.freeBytes() - 2 * length - this.#file.length >= DISK_RESERVE_BYTES;
  }

  /** Waits for what is under way and notes the whole length: a clean stop. */
  async close(): Promise<void> {
    if (this.#isWorking || this.#shorter !== null) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    await this.#note();
    await this.#file.close();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      while (this.#hasWork()) await this.#workOne();
    } catch (error) {
      return this.#fail(error);
    }
    this.#isWorking = false;
    if (this.#shorter === null) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #hasWork(): boolean {
    if (this.#queue.length > 0 || this.#isNoteDue) return true;
    return this.#isShorterCopied || this.#isCheckpointDue;
  }

  async #workOne(): Promise<void> {
    const effect = this.#queue[0];
    if (this.#isNoteDue) return this.#note();
    if (this.#isShorterCopied) return this.#shorten();
    if (effect === undefined || this.#isCheckpointDue) return this.#keepCheckpoint();
    let done = 1;
    if (effect.kind === "append") done = await this.#appendTogether();
    else if (effect.kind === "cut") await this.#cut(effect.after);
    else if (effect.kind === "install") await this.#install(effect);
    else if (effect.kind === "recovered") await this.#endRecovery();
    else await this.#save(effect.term, effect.vote);
    const last = this.#queue[done - 1]!;
    this.#queue.splice(0, done);
    this.#onWritten(last.op);
  }

  async #endRecovery(): Promise<void> {
    await unmark(this.#disk);
    this.#log.info("recovered: what was lost is here again", { rows: this.#file.lastIndex });
  }

  get #isCheckpointDue(): boolean {
    return this.#shorter === null && this.#checkpoints.isDue(this.#file);
  }

  /** Writes the first run of appends in the queue as one; returns how many they were. */
  async #appendTogether(): Promise<number> {
    const rows: Row[] = [];
    let count = 0;
    for (const effect of this.#queue) {
      if (effect.kind !== "append") break;
      for (const row of effect.rows) rows.push(row);
      count++;
    }
    await this.#file.append(rows);
    failpoint("log.flushed");
    this.#unnotedRows += rows.length;
    if (this.#unnotedRows >= NOTE_EVERY_ROWS) await this.#note();
    return count;
  }

  /**
   * The note is lowered, on disk, before the file gets shorter: else a crash between looks
   * like damage.
   */
  async #cut(after: number): Promise<void> {
    if (after >= this.#file.lastIndex) return;
    await this.#keepCut(after, CUT);
    if (this.#promised.length > this.#file.lengthAt(after)) await this.#note(after);
    failpoint("log.lowered");
    await this.#file.cut(after);
    this.#shorter?.cut();
    failpoint("log.cut");
  }

  /**
   * By a majority, rows that leave the log were never acknowledged, or a checkpoint holds them;
   * below one they may have been. Either way somebody may want to see them.
   */
  async #keepCut(after: number, what: string): Promise<void> {
    const last = this.#file.lastIndex;
    const text = this.#file.page(after + 1, last, Number.MAX_SAFE_INTEGER);
    const name = `${LOG_NAME}.cut`;
    this.#log.warn(what, {
      rows: `${after + 1}-${last}`,
      keptIn: join(this.#disk.folder, name),
    });
    await keepAside(this.#disk, name, Buffer.from(text), { append: true });
  }

  async #save(term: number, vote: number | null): Promise<void> {
    this.#promised = { ...this.#promised, term, vote };
    await this.#note();
    failpoint("vote.saved");
  }

  async #note(through = this.#file.lastIndex): Promise<void> {
    const length = this.#file.lengthAt(through);
    // The index in memory may be ahead of the file, or have cut this row already.
    const checksum = formatChecksum(this.#file.checksumAt(through));
    this.#promised = { ...this.#promised, length, checksum };
    await writeTermFile(this.#disk, this.#promised);
    this.#unnotedRows = 0;
    this.#unnotedTicks = 0;
    this.#isNoteDue = false;
  }

  /** Lengths are about to change: until the file is anew, nothing of it is noted. */
  async #noteNothing(): Promise<void> {
    this.#promised = { ...this.#promised, length: 0, checksum: "00000000" };
    await writeTermFile(this.#disk, this.#promised);
  }

  /** The rows that it makes needless leave the log when a file without them has been copied. */
  async #keepCheckpoint(): Promise<void> {
    const base = await this.#checkpoints.keepNext(this.#term);
    if (base === null) return;
    const shorter = new ShorterLog(this.#disk, this.#file, base);
    this.#shorter = shorter;
    shorter.copy().then(() => {
      if (this.#shorter === shorter) void this.#work();
    }, this.#fail);
  }

  get #isShorterCopied(): boolean {
    return this.#shorter?.isCopied ?? false;
  }

  async #shorten(): Promise<void> {
    const shorter = this.#shorter!;
    await this.#noteNothing();
    await shorter.takeOver();
    failpoint("checkpoint.shortened");
    this.#shorter = null;
    this.#onCompacted(shorter.base.index);
    await this.#note();
  }

  /**
   * Another replica's checkpoint takes the place of the log. Until it is on disk the old log
   * stands; from then on the next start sees that the log has not the checkpoint's row, and goes
   * on from the checkpoint alone (log_open.ts).
   */
  async #install({ at, text, committed }: DiskEffect & { kind: "install" }): Promise<void> {
    this.#log.info("takes a checkpoint in place of its log", { at: at.index });
    if (this.#file.lastIndex > committed) {
      await this.#keepCut(committed, "rows not known committed are kept beside the log");
    }
    this.#shorter?.abandon();
    this.#shorter = null;
    await this.#noteNothing();
    const own = { term: this.#term, baseBefore: this.#file.base };
    await this.#checkpoints.keepForeign({ at, text }, own);
    await this.#file.startEmpty(at);
    failpoint("checkpoint.shortened");
    await this.#note();
  }
}
