/** A file of a simulated disk as one process has it open: what the dead write is not written. */
import type { DiskFile } from "../../../shared/replication/storage/disk.ts";
import type { Process } from "./machine.ts";
import type { SimDisk } from "./sim_disk.ts";
import type { SimFile } from "./sim_disk_file.ts";

export class OpenFile implements DiskFile {
  readonly #disk: SimDisk;
  readonly #process: Process;
  readonly #file: SimFile;
  /** The name that it was opened by leads to it. */
  readonly #isInPlace: () => boolean;

  constructor(
    disk: SimDisk,
    process: Process,
    { file, isInPlace }: { file: SimFile; isInPlace: () => boolean },
  ) {
    this.#disk = disk;
    this.#process = process;
    this.#file = file;
    this.#isInPlace = isInPlace;
  }

  get size(): number {
    return this.#file.size;
  }

  get sizeInPlace(): number | null {
    return this.#isInPlace() ? this.#file.size : null;
  }

  read(into: Uint8Array, at: number): number {
    return this.#file.read(into, at);
  }

  write(bytes: Uint8Array, at: number): void {
    if (!this.#process.outside()) return;
    const room = this.#disk.take(bytes.length, at + bytes.length - this.#file.size);
    if (room === bytes.length) return this.#file.write(bytes, at);
    if (room > 0) this.#file.write(bytes.subarray(0, room), at);
    throw failure("EIO", "i/o error, write");
  }

  truncate(length: number): void {
    if (!this.#process.isAlive) return;
    this.#disk.cuts();
    if (this.#process.outside()) this.#file.truncate(length);
  }

  flush(): Promise<void> {
    const { written } = this.#file;
    return this.#disk.flush((failed) => {
      if (failed) this.#file.forget(written);
      else this.#file.settle(written);
    });
  }

  close(): void {}
}

/** An error as the file system makes it. */
export function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
