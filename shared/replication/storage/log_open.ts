/**
 * Opens a replica's folder and says what it is worth. Sound, or torn by a
 * crash: the replica is what it was. Damaged (log_scan.ts says what is): with
 * others to ask it is recovering, and says so by a mark on disk that stands
 * until it has refetched; a replica alone has nobody to ask and does not start.
 *
 * What is still good is kept: rows before the damage go on as the log, from
 * which the leader's rows continue; the damaged file is kept beside it.
 * The mark is on disk before anything is changed.
 */
import { join } from "node:path";
import { AppError, hasReason } from "../../errors.ts";
import type { Log } from "../../logging.ts";
import {
  CHECKPOINT_NAME,
  findBase,
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
} from "./checkpoint_file.ts";
import { formatChecksum } from "./row_format.ts";
import { TERM_MAX } from "../../limits.ts";
import { climb, isTerm } from "../../terms.ts";
import { keepAside, replaceFile, sideOf, type Disk } from "./disk.ts";
import { headerOf, LOG_NAME, LogFile } from "./log_file.ts";
import { LogIndex, START, type Position } from "../core/log_index.ts";
import { scanLog, type Scan } from "./log_scan.ts";
import type { Row } from "../core/messages.ts";
import { readTermFile, TERM_NAME, writeTermFile, type Promised } from "./term_file.ts";

/** Stands in the folder while the replica is recovering; holds the reason, for people. */
export const RECOVERING_NAME = "recovering";

/**
 * Stands in the folder from the replica's first start on: with it, a folder without log and
 * promises has lost them and does not pass for a new one.
 */
export const BEGUN_NAME = "begun";

/** Longer than the index of any row. */
const INDEX_BYTES = 32;

export interface OpenOptions {
  disk: Disk;
  columns: readonly string[];
  log: Log;
  /** There are other replicas to refetch from. */
  canRecover: boolean;
  /** Before the first row, when there is a checkpoint. */
  restore: (text: string, index: number) => void;
  onRow: (row: Row) => void;
}

export interface OpenedLog {
  log: LogIndex;
  file: LogFile;
  promised: Promised;
  checkpoint: Checkpoint | null;
  isRecovering: boolean;
}

/** @throws damaged, when there is nobody to recover from */
export function openLog(options: OpenOptions): Promise<OpenedLog> {
  return new Opening(options).open();
}

class Opening {
  readonly #options: OpenOptions;
  readonly #disk: Disk;
  /** Of the log, for messages. */
  readonly #path: string;
  readonly #header: string;
  #isRecovering: boolean;

  constructor(options: OpenOptions) {
    this.#options = options;
    this.#disk = options.disk;
    this.#path = join(options.disk.folder, LOG_NAME);
    this.#header = headerOf(options.columns);
    this.#isRecovering = options.disk.exists(RECOVERING_NAME);
  }

  async open(): Promise<OpenedLog> {
    if (this.#isRecovering) this.#options.log.info("recovering from the others, by its mark");
    // A copy that a crash broke off is as long as a log, and what it takes may be what is lacking.
    await this.#disk.remove(sideOf(LOG_NAME));
    const opened = await this.#openFiles();
    // Before it promises anything.
    if (!this.#disk.exists(BEGUN_NAME)) {
      await replaceFile(this.#disk, BEGUN_NAME, "log.csv and term.json were made here\n");
    }
    return opened;
  }

  async #openFiles(): Promise<OpenedLog> {
    const checkpoint = await this.#orDamaged(CHECKPOINT_NAME, () => readCheckpoint(this.#disk));
    const noted = await this.#orDamaged(TERM_NAME, () => readTermFile(this.#disk));
    const head = this.#readHead();
    if (noted === null && this.#isNew(head)) return this.#startAnew(null, null);
    if (noted === null) {
      await this.#mark(`${join(this.#disk.folder, TERM_NAME)} line 1: it is missing`);
    }
    if (head?.startsWith(this.#header)) {
      return this.#openRows(findBase(head, this.#header, checkpoint), checkpoint, noted);
    }
    const why = head === null ? "the file is missing" : `expected ${this.#header.trim()}`;
    await this.#mark(`${this.#path} line 1: ${why}`);
    return this.#startAnew(checkpoint, noted);
  }

  async #openRows(
    base: Position,
    checkpoint: Checkpoint | null,
    noted: Promised | null,
  ): Promise<OpenedLog> {
    const file = new LogFile(this.#disk, this.#header, base);
    const index = new LogIndex(base);
    if (checkpoint !== null) this.#restore(checkpoint);
    const { torn, damage } = scanLog(file, base, noted, (row) => {
      index.append(row.term, row.checksum);
      const isBehind = checkpoint === null || row.index > checkpoint.at.index;
      if (isBehind && holds(index, checkpoint)) this.#tell(row);
    });
    if (torn !== null) await this.#cutTorn(file, torn);
    const { term, vote } = knownTerm(noted, index.last.term, checkpoint);
    if (damage !== null) {
      await this.#mark(`${this.#path} line ${damage.line}: ${damage.why}`);
    }
    if (!holds(index, checkpoint)) {
      // Damage, or a crash after a checkpoint of another replica came, before the log gave way.
      await file.close();
      return this.#startAnew(checkpoint, { term, vote, ...noteOf(file, index) });
    }
    if (damage !== null) await this.#disk.copy(LOG_NAME, `${LOG_NAME}.damaged`);
    // Read is not yet on disk: what no flush is known to have reached is written again.
    await file.writeAgain(damage === null ? (noted?.length ?? 0) : 0);
    const promised = { term, vote, ...noteOf(file, index) };
    await writeTermFile(this.#disk, promised);
    if (damage !== null) await file.dropRest();
    const kept = checkpoint === null ? null : { ...checkpoint, base };
    return { log: index, file, promised, checkpoint: kept, isRecovering: this.#isRecovering };
  }

  /**
   * A log without rows, after the checkpoint if there is one: the rest is fetched, if there
   * is any.
   */
  async #startAnew(checkpoint: Checkpoint | null, noted: Promised | null): Promise<OpenedLog> {
    const base = checkpoint?.at ?? START;
    const promised = {
      ...knownTerm(noted, base.term, checkpoint),
      length: Buffer.byteLength(this.#header),
      checksum: formatChecksum(base.checksum),
    };
    const kept = checkpoint === null ? null : { ...checkpoint, base, baseBefore: base };
    if (this.#isRecovering) {
      if (this.#disk.exists(LOG_NAME)) await this.#disk.rename(LOG_NAME, `${LOG_NAME}.damaged`);
      if (kept !== null) await writeCheckpoint(this.#disk, kept);
    }
    // The log first: term.json without it is damage, a bare header without term.json is new.
    await replaceFile(this.#disk, LOG_NAME, this.#header);
    await writeTermFile(this.#disk, promised);
    if (kept !== null) this.#restore(kept);
    const file = new LogFile(this.#disk, this.#header, base);
    const log = new LogIndex(base);
    return { log, file, promised, checkpoint: kept, isRecovering: this.#isRecovering };
  }

  #restore({ text, at }: Checkpoint): void {
    asOwn(join(this.#disk.folder, CHECKPOINT_NAME), () => this.#options.restore(text, at.index));
  }

  #tell(row: Row): void {
    asOwn(`${this.#path} row ${row.index}`, () => this.#options.onRow(row));
  }

  /** A folder with a birth mark and nothing else, or what a crash left of making its files. */
  #isNew(head: string | null): boolean {
    return this.#header.startsWith(head ?? "") && !this.#disk.exists(BEGUN_NAME);
  }

  /** The header and the index of the first row, as far as they are there; null without a file. */
  #readHead(): string | null {
    if (!this.#disk.exists(LOG_NAME)) return null;
    const file = this.#disk.open(LOG_NAME, "r+");
    try {
      const bytes = Buffer.alloc(Buffer.byteLength(this.#header) + INDEX_BYTES);
      return bytes.toString("utf8", 0, file.read(bytes, 0));
    } finally {
      file.close();
    }
  }

  async #cutTorn(file: LogFile, { line, bytes }: NonNullable<Scan["torn"]>): Promise<void> {
    const copy = `${LOG_NAME}.torn`;
    await keepAside(this.#disk, copy, bytes, { append: false });
    await file.dropRest();
    this.#options.log.warn("cut a torn row that was never acknowledged", {
      file: this.#path,
      line,
      bytes: bytes.length,
      copy: join(this.#disk.folder, copy),
    });
  }

  /** What cannot be read any more is put aside and counts as missing. */
  async #orDamaged<T>(name: string, read: () => Promise<T | null>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await this.#mark(error.message);
      await this.#disk.rename(name, `${name}.damaged`);
      await this.#disk.flushFolder();
      return null;
    }
  }

  /** From here on this replica is recovering. @throws damaged when there is nobody to ask */
  async #mark(why: string): Promise<void> {
    const { canRecover, log } = this.#options;
    if (!canRecover) {
      const remedy =
        "it is the only copy: put a backup of the folder back, or start anew (--fresh)";
      throw new AppError("damaged", `${why}; ${remedy}`);
    }
    log.warn("damaged: recovering from the others", { why });
    await replaceFile(this.#disk, RECOVERING_NAME, `${why}\n`);
    this.#isRecovering = true;
  }
}

/**
 * Its checksum holds, and yet the service does not know it: of a later version, or a bug. That
 * is no damage that could be fetched anew; nothing is changed.
 */
function asOwn(where: string, tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!hasReason(error, "bad_request")) throw error;
    throw new AppError("damaged", `${where}: ${error.message}: no version before this wrote it`);
  }
}

/** The rows that a checkpoint stands for are the log's. */
function holds(log: LogIndex, checkpoint: Checkpoint | null): boolean {
  return checkpoint === null || log.holds(checkpoint.at);
}

/**
 * The promise, unless rows or a checkpoint show that a later term was met: the disk lost the
 * promise, or a checkpoint came before it. A leader of before may lack what is in there.
 */
function knownTerm(
  noted: Promised | null,
  rowsTerm: number,
  checkpoint: Checkpoint | null,
): Pick<Promised, "term" | "vote"> {
  const met = Math.max(noted?.term ?? 0, rowsTerm, checkpoint?.term ?? 0);
  // From before terms had a bound: a wrong one is left for one that is above all real ones.
  const term = isTerm(met) ? met : climb(rowsTerm, TERM_MAX);
  return { term, vote: noted?.term === term ? noted.vote : null };
}

function noteOf(file: LogFile, log: LogIndex): { length: number; checksum: string } {
  return { length: file.length, checksum: formatChecksum(log.last.checksum) };
}

/** The recovery is over. */
export async function unmark(disk: Disk): Promise<void> {
  await disk.remove(RECOVERING_NAME);
  await disk.flushFolder();
}
