/** The names in a folder, as processes see them and as they are on disk. */
import type { Random } from "../random.ts";
import type { SimFile } from "./sim_disk_file.ts";

/** A name that leads to another file from now on, or to none. */
interface Change {
  /** Of the call: a rename is two changes of one order. */
  order: number;
  name: string;
  file: SimFile | null;
}

export class SimNames {
  readonly #seen = new Map<string, SimFile>();
  readonly #safe = new Map<string, SimFile>();
  /** Since the folder's last flush. */
  #changes: Change[] = [];
  #called = 0;

  /** All calls so far: what a flush of the folder that begins now covers. */
  get called(): number {
    return this.#called;
  }

  get(name: string): SimFile | undefined {
    return this.#seen.get(name);
  }

  all(): string[] {
    return [...this.#seen.keys()];
  }

  make(name: string, file: SimFile): void {
    this.#change(this.#called++, name, file);
  }

  rename(from: string, to: string): void {
    const order = this.#called++;
    const file = this.#seen.get(from)!;
    this.#change(order, to, file);
    this.#change(order, from, null);
  }

  remove(name: string): void {
    this.#change(this.#called++, name, null);
  }

  /** What was called before is on disk. */
  settle(called: number): void {
    let done = 0;
    for (const { order, name, file } of this.#changes) {
      if (order >= called) break;
      if (file === null) this.#safe.delete(name);
      else this.#safe.set(name, file);
      done++;
    }
    this.#changes.splice(0, done);
  }

  /** Power fails: the first calls got to disk. Returns how many changes did not. */
  lose(random: Random): number {
    const kept = random.below(this.#changes.length + 1);
    if (kept > 0) this.settle(this.#changes[kept - 1]!.order + 1);
    const lost = this.#changes.length;
    this.#changes = [];
    this.#seen.clear();
    for (const [name, file] of this.#safe) this.#seen.set(name, file);
    return lost;
  }

  /** Gone from the disk, as damage. */
  destroy(name: string): void {
    this.settle(this.#called);
    this.remove(name);
    this.settle(this.#called);
  }

  files(): Iterable<SimFile> {
    return this.#seen.values();
  }

  #change(order: number, name: string, file: SimFile | null): void {
    this.#changes.push({ order, name, file });
    if (file === null) this.#seen.delete(name);
    else this.#seen.set(name, file);
  }
}
