/** For the tests of the simulated disk: a machine with one. */
import assert from "node:assert/strict";
import type { DiskFile } from "../../../shared/replication/storage/disk.ts";
import { Random } from "../random.ts";
import { Machine } from "./machine.ts";
import { SimDisk } from "./sim_disk.ts";
import { Timeline } from "./timeline.ts";

export const LOG = "log.csv";

export class Host {
  readonly timeline = new Timeline();
  readonly machine = new Machine({ timeline: this.timeline, name: "order 1" });
  readonly counts = new Map<string, number>();
  readonly disk: SimDisk;

  constructor(options: { seed?: number; flushMs?: number; slow?: number } = {}) {
    const { seed = 1, flushMs = 1, slow = 0 } = options;
    const { machine, timeline } = this;
    const count = (name: string) => void this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.disk = new SimDisk({ machine, timeline, random: new Random(seed), flushMs, slow, count });
  }

  /** Lets something on the disk come to its end. @throws what it throws */
  async wait<T>(what: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => void (isOver = true);
    what.then(over, over);
    await this.timeline.runWhile(() => !isOver, this.timeline.nowMs + 10_000);
    assert(isOver, "it came to its end");
    return what;
  }

  /** Bytes and names, all of it flushed. */
  async put(name: string, text: string): Promise<DiskFile> {
    const file = this.disk.open(name, "w");
    append(file, text);
    await this.wait(file.flush());
    await this.wait(this.disk.flushFolder());
    return file;
  }

  end(power: boolean): void {
    this.machine.crash();
    this.disk.crash(power);
    this.machine.restart();
  }
}

export function append(file: DiskFile, text: string): void {
  file.write(Buffer.from(text), file.size);
}

/** What a loss of power leaves, over many seeds. */
export async function leftOver(
  seeds: number,
  play: (host: Host) => Promise<void>,
): Promise<Set<string>> {
  const left = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    const host = new Host({ seed });
    await play(host);
    host.end(true);
    left.add(host.disk.textOf(LOG) ?? "none");
  }
  return left;
}
