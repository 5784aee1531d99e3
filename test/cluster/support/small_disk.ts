/**
 * A file system of its own that a test can fill up: a tmpfs at a folder. To
 * mount one takes rights that not everybody has.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHUNK_BYTES = 64 * 1024;

export class SmallDisk {
  readonly #folder: string;

  /** @throws Error with what `mount` says */
  constructor(folder: string, bytes: number) {
    mkdirSync(folder, { recursive: true });
    run("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=0700`, "tmpfs", folder]);
    this.#folder = folder;
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  /** Leaves about so many bytes; 0: not one more can be written. */
  fill(leaveBytes: number): void {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const file = openSync(this.#ballast, "a");
    try {
      while (this.freeBytes > leaveBytes) {
        writeSync(file, chunk, 0, Math.min(CHUNK_BYTES, this.freeBytes - leaveBytes));
      }
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
    } finally {
      closeSync(file);
    }
  }

  /** There is room again. */
  clear(): void {
    rmSync(this.#ballast);
  }

  unmount(): void {
    run("umount", [this.#folder]);
  }

  get #ballast(): string {
    return join(this.#folder, "ballast");
  }
}

/** For `skip` of a test: false when it can be run here. */
export function whyNoSmallDisk(): string | false {
  const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
  try {
    new SmallDisk(folder, CHUNK_BYTES).unmount();
    return false;
  } catch (error) {
    return `no file system can be mounted here: ${(error as Error).message}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim() || `${program} ended with ${status}`);
}
