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
import type { Disk, DiskFile } from "../../../shared/replication/disk.ts";
import { LOG_NAME } from "../../../shared/replication/log_file.ts";
import { TERM_NAME } from "../../../shared/replication/term_file.ts";
import type { Random } from "../random.ts";
import type { Machine, Process } from "./machine.ts";
import { SimFile } from "./sim_disk_file.ts";
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

/** What befalls a disk whose machine is down. */
export type Damage = "flipped bit" | "cut short" | "log deleted" | "promise deleted" | "wiped";

/** A name that leads to another file from now on, or to none. */
interface NameChange {
  order: number;
  name: string;
  file: SimFile | null;
}

const SLOW_MS = 2_000;
/** Mean time of what needs no flush. */
const CALL_MS = 0.05;

export class SimDisk implements Disk {
  readonly folder: string;
  readonly #options: SimDiskOptions;
  readonly #machine: Machine;
  readonly #names = new Map<string, SimFile>();
  /** As they are on disk. */
  readonly #safeNames = new Map<string, SimFile>();
  /** Changes of names since the last flush of the folder; a rename is two of one order. */
  #changes: NameChange[] = [];
  #changed = 0;
  #freeBytes = Infinity;
  #failsFlush = false;
  #failsWrite = false;
  /** Times that power was lost: a flush that was under way then did not end. */
  #losses = 0;

  constructor(options: SimDiskOptions) {
    this.folder = `/${options.machine.name.replace(" ", "-")}`;
    this.#options = options;
    this.#machine = options.machine;
  }

  exists(name: string): boolean {
    return this.#names.has(name);
  }

  async readText(name: string): Promise<string | null> {
    await this.#takes(CALL_MS);
    return this.textOf(name);
  }

  open(name: string, flags: "r+" | "w"): DiskFile {
    const { process } = this.#machine;
    if (!process.outside()) return new OpenFile(this, process, new SimFile());
    let file = this.#names.get(name);
    if (file === undefined) {
      if (flags === "r+") throw failure("ENOENT", `no such file, open ${name}`);
      file = new SimFile();
      this.#change([name, file]);
    } else if (flags === "w") file.truncate(0);
    return new OpenFile(this, process, file);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#effect(CALL_MS, () => {
      const file = this.#names.get(from);
      if (file === undefined) throw failure("ENOENT", `no such file, rename ${from}`);
      this.#change([to, file], [from, null]);
    });
  }

  copy(from: string, to: string): Promise<void> {
    return this.#effect(CALL_MS, () => {
      const file = this.#names.get(from);
      if (file === undefined) throw failure("ENOENT", `no such file, copy ${from}`);
      const copy = new SimFile();
      copy.write(file.bytes(), 0);
      this.#change([to, copy]);
    });
  }

  remove(name: string): Promise<void> {
    return this.#effect(CALL_MS, () => {
      if (this.#names.has(name)) this.#change([name, null]);
    });
  }

  flushFolder(): Promise<void> {
    const changed = this.#changed;
    return this.flush((failed) => {
      if (!failed) this.#settleNames(changed);
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

  /** What it was to write is never on disk. */
  failNextFlush(): void {
    this.#failsFlush = true;
  }

  /** Some of the bytes may be written. */
  failNextWrite(): void {
    this.#failsWrite = true;
  }

  /** After its machine's crash: with the power, what was not flushed may be gone. */
  crash(power: boolean): void {
    assert(!this.#machine.isAlive, "its process is dead");
    if (!power) return;
    this.#losses++;
    const { random } = this.#options;
    // A rename is two changes of one order: it is done or not, never by half.
    const last = this.#changes[random.below(this.#changes.length + 1) - 1]?.order ?? -1;
    const lost = this.#changes.filter(({ order }) => order > last).length;
    if (lost > 0) this.#count("names lost with the power");
    const files = new Set([...this.#names.values(), ...this.#safeNames.values()]);
    this.#settleNames(last + 1);
    this.#changes = [];
    this.#names.clear();
    for (const file of files) this.#losePieces(file);
    for (const [name, file] of this.#safeNames) this.#names.set(name, file);
    for (const file of this.#names.values()) file.isLinked = true;
  }

  /** Befalls what is on disk while its machine is down. */
  damage(damage: Damage): void {
    assert(!this.#machine.isAlive, "its process is dead");
    const { random } = this.#options;
    const log = this.#names.get(LOG_NAME);
    if (damage === "log deleted") return this.#delete(LOG_NAME);
    if (damage === "promise deleted") return this.#delete(TERM_NAME);
    if (damage === "wiped") {
      for (const name of [...this.#names.keys()]) this.#delete(name);
      return;
    }
    if (log === undefined || log.size === 0) return;
    log.damage((bytes) => {
      if (damage === "cut short") return random.below(bytes.length);
      const at = random.below(bytes.length);
      bytes[at] = bytes[at]! ^ (1 << random.below(8));
      return bytes.length;
    });
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

  /** Resolves after a flush, which `done` carries out; it hears whether it failed. */
  async flush(done: (failed: boolean) => void): Promise<void> {
    const { random, flushMs, slow = 0 } = this.#options;
    const { process } = this.#machine;
    if (!process.outside()) return never();
    const isSlow = slow > 0 && random.chance(slow);
    if (isSlow) this.#count("slow flush");
    const failed = this.#failsFlush;
    this.#failsFlush = false;
    if (failed) this.#count("flush failed");
    const losses = this.#losses;
    await this.#takes(isSlow ? random.next() * SLOW_MS : random.around(flushMs), () => {
      if (this.#losses === losses) done(failed);
    });
    if (failed) throw failure("EIO", "i/o error, fdatasync");
  }

  /** Something that is done at once and known a little later. */
  async #effect(ms: number, call: () => void): Promise<void> {
    if (!this.#machine.process.outside()) return never();
    call();
    await this.#takes(ms);
  }

  /** Resolves in this life, if it lasts so long; what the disk does meanwhile it does anyway. */
  #takes(meanMs: number, then: () => void = () => {}): Promise<void> {
    const { timeline } = this.#options;
    const { process } = this.#machine;
    return new Promise((resolve) => {
      timeline.schedule(timeline.nowMs + meanMs, () => {
        then();
        process.enter(resolve);
      });
    });
  }

  #change(...changes: readonly (readonly [string, SimFile | null])[]): void {
    const order = this.#changed++;
    for (const [name, file] of changes) {
      this.#changes.push({ order, name, file });
      const before = this.#names.get(name);
      if (file === null) this.#names.delete(name);
      else this.#names.set(name, file);
      if (before !== undefined) before.isLinked = false;
      if (file !== null) file.isLinked = true;
    }
    for (const [, file] of changes) if (file !== null) file.isLinked = true;
  }

  #settleNames(before: number): void {
    let done = 0;
    for (const { order, name, file } of this.#changes) {
      if (order >= before) break;
      if (file === null) this.#safeNames.delete(name);
      else this.#safeNames.set(name, file);
      done++;
    }
    this.#changes.splice(0, done);
  }

  #losePieces(file: SimFile): void {
    file.isLinked = false;
    const { lost, torn, zeroed } = file.lose(this.#options.random);
    if (lost > 0) this.#count("writes lost with the power");
    if (torn) this.#count("write torn");
    if (zeroed) this.#count("sector of zeros");
  }

  #delete(name: string): void {
    const file = this.#names.get(name);
    if (file !== undefined) file.isLinked = false;
    this.#names.delete(name);
    this.#safeNames.delete(name);
    this.#changes = this.#changes.filter((change) => change.name !== name);
  }

  #count(name: string): void {
    this.#options.count?.(name);
  }
}

/** A file as one process has it open. */
class OpenFile implements DiskFile {
  readonly #disk: SimDisk;
  readonly #process: Process;
  readonly #file: SimFile;

  constructor(disk: SimDisk, process: Process, file: SimFile) {
    this.#disk = disk;
    this.#process = process;
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  get isLinked(): boolean {
    return this.#file.isLinked;
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

/** Of a life that is over: a new one each time, as a shared one would gather who waits for it. */
function never(): Promise<never> {
  return new Promise(() => {});
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
