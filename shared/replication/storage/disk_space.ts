/**
 * How much room a replica's disk has left. A write that fails for lack of it
 * ends the process, so it does not come to that: the last bytes are a reserve
 * for what is under way.
 *
 *   free bytes   ≥ reserve        all goes on
 *                < reserve        full: the services take no new work, a leader hands over;
 *                                 rows that others lead with are still taken
 *                < reserve / 2    no rows are taken from others either; promises and votes,
 *                                 a few bytes each, are
 *
 * It is looked at, not reserved: whoever else fills the disk faster than
 * within a heartbeat still meets the failed write.
 */
import { DISK_RESERVE_BYTES } from "../../limits.ts";
import type { Log } from "../../logging.ts";
import type { Disk } from "./disk.ts";

export class DiskSpace {
  readonly #disk: Pick<Disk, "folder" | "freeBytes">;
  readonly #log: Log;
  #freeBytes = Infinity;

  constructor(disk: Pick<Disk, "folder" | "freeBytes">, log: Log) {
    this.#disk = disk;
    this.#log = log;
    this.look();
  }

  /** Once a heartbeat; between two looks nothing changes. */
  look(): void {
    const wasFull = this.isFull;
    this.#freeBytes = this.#disk.freeBytes();
    if (this.isFull === wasFull) return;
    const facts = { folder: this.#disk.folder, freeBytes: this.#freeBytes };
    if (wasFull) this.#log.info("the disk has room again", facts);
    else this.#log.warn("the disk is full: no new work is taken", facts);
  }

  get isFull(): boolean {
    return this.#freeBytes < DISK_RESERVE_BYTES;
  }

  /** For rows from a leader, or of a log that is fetched. */
  get takesRows(): boolean {
    return this.#freeBytes >= DISK_RESERVE_BYTES / 2;
  }
}
