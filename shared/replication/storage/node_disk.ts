/**
 * A replica's folder on the file system. Reads and writes are synchronous and
 * positional, as they only reach the page cache; what waits for the device,
 * the flush, is not. fdatasync where a file's bytes and length are meant,
 * fsync for the folder.
 */
import { strict as assert } from "node:assert";
import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { copyFile, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Disk, DiskFile } from "./disk.ts";
import { holdSpare, openWithSpare, withSpare } from "./spare_descriptors.ts";

const flushData = promisify(fdatasync);
const flushAll = promisify(fsync);

export class NodeDisk implements Disk {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    holdSpare();
  }

  exists(name: string): boolean {
    return existsSync(this.#path(name));
  }

  async readText(name: string): Promise<string | null> {
    try {
      return await withSpare(() => readFile(this.#path(name), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  open(name: string, flags: "r+" | "w"): DiskFile {
    return new NodeFile(this.#path(name), flags === "w" ? "w+" : flags);
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.#path(from), this.#path(to));
  }

  copy(from: string, to: string): Promise<void> {
    return withSpare(() => copyFile(this.#path(from), this.#path(to)));
  }

  remove(name: string): Promise<void> {
    return rm(this.#path(name), { force: true });
  }

  async flushFolder(): Promise<void> {
    const folder = openWithSpare(() => openSync(this.folder, "r"));
    try {
      await flushAll(folder);
    } finally {
      closeSync(folder);
      holdSpare();
    }
  }

  /** What this user may fill: a file system keeps some back for its owner. */
  freeBytes(): number {
    try {
      const { blocks, bavail, bsize } = statfsSync(this.folder);
      // Some file systems, mounted by a program or over a network, do not count.
      return blocks === 0 ? Infinity : bavail * bsize;
    } catch {
      // Whatever it is, the next write meets it too and knows how to fail.
      return Infinity;
    }
  }

  #path(name: string): string {
    return join(this.folder, name);
  }
}

class NodeFile implements DiskFile {
  readonly #path: string;
  readonly #fd: number;
  /** Which file it is, whatever its name leads to by now. */
  readonly #inode: bigint;
  readonly #device: bigint;

  constructor(path: string, flags: "r+" | "w+") {
    this.#path = path;
    this.#fd = openWithSpare(() => openSync(path, flags));
    const { ino, dev } = fstatSync(this.#fd, { bigint: true });
    this.#inode = ino;
    this.#device = dev;
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  /** While it is open its number is nobody else's, so one look at the name is enough. */
  get sizeInPlace(): number | null {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || found.ino !== this.#inode || found.dev !== this.#device) return null;
    return Number(found.size);
  }

  read(into: Uint8Array, at: number): number {
    let done = 0;
    while (done < into.length) {
      const bytes = readSync(this.#fd, into, done, into.length - done, at + done);
      if (bytes === 0) break;
      done += bytes;
    }
    return done;
  }

  write(bytes: Uint8Array, at: number): void {
    let done = 0;
    while (done < bytes.length) {
      const written = writeSync(this.#fd, bytes, done, bytes.length - done, at + done);
      assert(written > 0, `nothing more can be written to ${this.#path}`);
      done += written;
    }
  }

  truncate(length: number): void {
    ftruncateSync(this.#fd, length);
  }

  flush(): Promise<void> {
    return flushData(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
    holdSpare();
  }
}
