/**
 * A replica's folder on a simulated disk. It tells what a process sees from
 * what is on disk: a process that is killed leaves all that it wrote; a
 * machine that loses power keeps of what was not flushed some, in order, the
 * last of it torn, and of names that were made, changed or removed since the
 * last flush of the folder some, in order.
 *
 * A flush that fails has lost what it was to write, although it can still be
 * read, and the next flush reports success: as Linux does (ATC'20, Rebello).
 */
import assert from "node:assert/strict";
import { LOG_NAME } from "../../../shared/replication/storage/log_file.ts";
import type { Disk, DiskFile } from "../../../shared/replication/storage/disk.ts";
import type { Random } from "../random.ts";
import type { Machine } from "./machine.ts";
import { damageFolder, type Damage } from "./sim_disk_damage.ts";
import { SimFile } from "./sim_disk_file.ts";
import { SimNames } from "./sim_disk_names.ts";
import { failure, OpenFile } from "./sim_disk_open_file.ts";
import type { Timeline } from "./timeline.ts";

export interface SimDiskOptions {
  machine: Machine;
  timeline: Timeline;
  random: Random;
  /** Mean time of a flush, in milliseconds. */
  flushMs: number;
  /** Share of flushes that take up to two seconds. */
  slow?: number;
  /** Hears of each fault that really happened. */
  count?: (name: string) => void;
}

const SLOW_MS = 2_000;
/** Of what needs no flush. */
const CALL_MS = 0.05;

export class SimDisk implements Disk {
  readonly folder: string;
  readonly #options: SimDiskOptions;
  readonly #machine: Machine;
  readonly #names = new SimNames();
  #freeBytes = Infinity;
  #failsFlush = false;
  #failsWrite = false;
  /** No flush ends before. */
  #hangsUntilMs = 0;
  /** Share of slow flushes. */
  #slow: number;
  #onCut: (() => void) | null = null;

  constructor(options: SimDiskOptions) {
    this.folder = `/${options.machine.name.replace(" ", "-")}`;
    this.#options = options;
    this.#machine = options.machine;
    this.#slow = options.slow ?? 0;
  }

  exists(name: string): boolean {
    return this.#names.get(name) !== undefined;
  }

  async readText(name: string): Promise<string | null> {
    await this.#takes();
    return this.textOf(name);
  }

  open(name: string, flags: "r+" | "w"): DiskFile {
    const { process } = this.#machine;
    if (!process.outside()) {
      return new OpenFile(this, process, { file: new SimFile(), isInPlace: () => true });
    }
    if (flags === "r+") return this.#opened(name, this.#find(name, "open"));
    if (name === `${LOG_NAME}.next`) this.cuts();
    let file = this.#names.get(name);
    if (file === undefined) {
      file = new SimFile();
      this.#names.make(name, file);
    } else file.truncate(0);
    return this.#opened(name, file);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#effect(() => {
      this.#find(from, "rename");
      this.#names.rename(from, to);
    });
  }

  copy(from: string, to: string): Promise<void> {
    return this.#effect(() => {
      const copy = new SimFile();
      copy.write(this.#find(from, "copy").bytes(), 0);
      this.#names.make(to, copy);
    });
  }

  remove(name: string): Promise<void> {
    return this.#effect(() => {
      if (this.#names.get(name) !== undefined) this.#names.remove(name);
    });
  }

  flushFolder(): Promise<void> {
    const { called } = this.#names;
    return this.flush((failed) => {
      if (!failed) this.#names.settle(called);
    });
  }

  freeBytes(): number {
    return this.#freeBytes;
  }

  /** What processes see; null when there is no such file. */
  textOf(name: string): string | null {
    return this.#names.get(name)?.bytes().toString("utf8") ?? null;
  }

  /** With so many left a write of more fails, as it does on a full disk. */
  setFreeBytes(bytes: number): void {
    this.#freeBytes = bytes;
  }

  /** Flushes that begin from now on end only then. */
  hang(untilMs: number): void {
    this.#hangsUntilMs = untilMs;
  }

  /** From now on it has room, and each flush takes the usual time. */
  mend(): void {
    this.#freeBytes = Infinity;
    this.#hangsUntilMs = 0;
    this.#slow = 0;
  }

  /** What it was to write is never on disk. */
  failNextFlush(): void {
    this.#failsFlush = true;
  }

  /** Some of the bytes may be written. */
  failNextWrite(): void {
    this.#failsWrite = true;
  }

  /** Called just before a process shortens a file or writes its log anew, the next time. */
  onceCut(call: () => void): void {
    this.#onCut = call;
  }

  /** For a file that is open: it is about to be shortened. */
  cuts(): void {
    const call = this.#onCut;
    this.#onCut = null;
    call?.();
  }

  /** After its machine's crash: with the power, what was not flushed may be gone. */
  crash(power: boolean): void {
    assert(!this.#machine.isAlive, "its process is dead");
    if (!power) return;
    this.#hangsUntilMs = 0;
    const { random } = this.#options;
    if (this.#names.lose(random) > 0) this.#count("names lost with the power");
    for (const file of this.#names.files()) {
      const { lost, torn, zeroed } = file.lose(random);
      if (lost > 0) this.#count("writes lost with the power");
      if (torn) this.#count("write torn");
      if (zeroed) this.#count("sector of zeros");
    }
  }

  /** Befalls what is on disk while its machine is down. */
  damage(damage: Damage): void {
    assert(!this.#machine.isAlive, "its process is dead");
    damageFolder(this.#names, damage, this.#options.random);
  }

  /** For a file that is open: room for so many bytes more, or it throws. */
  take(bytes: number, more: number): number {
    if (this.#failsWrite) {
      this.#failsWrite = false;
      this.#count("write failed");
      return this.#options.random.below(bytes);
    }
    if (more <= 0) return bytes;
    if (more > this.#freeBytes) {
      this.#count("disk full");
      throw failure("ENOSPC", "no space left on device, write");
    }
    this.#freeBytes -= more;
    return bytes;
  }

  /**
   * Resolves after a flush, which `done` carries out; it hears whether it failed. Who lost power
   * meanwhile has nothing left that it could carry out.
   */
  flush(done: (failed: boolean) => void): Promise<void> {
    const { process } = this.#machine;
    if (!process.outside()) return never();
    const failed = this.#failsFlush;
    this.#failsFlush = false;
    if (failed) this.#count("flush failed");
    return new Promise((resolve, reject) => {
      this.#later(this.#flushMs(), () => {
        done(failed);
        if (!failed) return process.enter(resolve);
        process.enter(() => reject(failure("EIO", "i/o error, fdatasync")));
      });
    });
  }

  #flushMs(): number {
    const { random, timeline, flushMs } = this.#options;
    const hangsMs = this.#hangsUntilMs - timeline.nowMs;
    if (hangsMs > 0) {
      this.#count("flush hung");
      return hangsMs + random.around(flushMs);
    }
    if (this.#slow === 0 || !random.chance(this.#slow)) return random.around(flushMs);
    this.#count("slow flush");
    return random.next() * SLOW_MS;
  }

  #opened(name: string, file: SimFile): DiskFile {
    const isInPlace = () => this.#names.get(name) === file;
    return new OpenFile(this, this.#machine.process, { file, isInPlace });
  }

  #find(name: string, what: string): SimFile {
    const file = this.#names.get(name);
    if (file === undefined) throw failure("ENOENT", `no such file, ${what} ${name}`);
    return file;
  }

  /** Something that is done at once and known a little later. */
  async #effect(call: () => void): Promise<void> {
    if (!this.#machine.process.outside()) return never();
    call();
    await this.#takes();
  }

  /** Resolves in this life, if it lasts so long. */
  #takes(): Promise<void> {
    const { process } = this.#machine;
    return new Promise((resolve) => {
      this.#later(CALL_MS, () => process.enter(resolve));
    });
  }

  #later(ms: number, call: () => void): void {
    const { timeline } = this.#options;
    timeline.schedule(timeline.nowMs + ms, call);
  }

  #count(name: string): void {
    this.#options.count?.(name);
  }
}

/** Of a life that is over: a new one each time, as a shared one would gather who waits for it. */
function never(): Promise<never> {
  return new Promise(() => {});
}
