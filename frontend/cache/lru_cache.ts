/**
 * A bounded cache that forgets what was not used for longest. It does not
 * decide what may be stored or when it may be served (read_through.ts does),
 * but it never gives out an entry that was invalidated: each carries the
 * epoch it was fetched under, and once its slot has another it is a miss and
 * gone. The same for one that outlived its time.
 */
import assert from "node:assert/strict";
import { OrderedMap } from "./ordered_map.ts";

export interface LruCacheOptions {
  /** Entries; 0 is off: nothing is kept. */
  capacity: number;
  /** The longest an entry is kept; null: it has no age. */
  timeToLiveMs: number | null;
  epochs: { current(slot: number): number };
  counts: CacheCounts;
}

/** Seen by other threads when it is a row of shared memory (thread_metrics.ts). */
export interface CacheCounts {
  hits: number;
  misses: number;
  evictions: number;
  entries: number;
}

/** Where an entry hangs: it is good while the slot has this epoch. */
export interface Tag {
  slot: number;
  epoch: number;
}

interface Entry<V> {
  value: V;
  slot: number;
  epoch: number;
  expiresAtMs: number;
}

export class LruCache<V> {
  readonly #options: LruCacheOptions;
  readonly #counts: CacheCounts;
  readonly #entries = new OrderedMap<string, Entry<V>>();

  constructor(options: LruCacheOptions) {
    assert(Number.isSafeInteger(options.capacity) && options.capacity >= 0);
    assert(options.timeToLiveMs === null || options.timeToLiveMs > 0);
    this.#options = options;
    this.#counts = options.counts;
  }

  get enabled(): boolean {
    return this.#options.capacity > 0;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Counts a miss that was none of the cache's doing: it could not be asked. */
  miss(): void {
    this.#counts.misses++;
  }

  /** The value, which is now the latest used; undefined is a miss. Counts either. */
  get(key: string, nowMs: number): V | undefined {
    const entry = this.#entries.use(key);
    if (entry === undefined) {
      this.#counts.misses++;
      return undefined;
    }
    if (entry.epoch !== this.#options.epochs.current(entry.slot) || nowMs >= entry.expiresAtMs) {
      this.#entries.delete(key);
      this.#counts.entries = this.#entries.size;
      this.#counts.misses++;
      return undefined;
    }
    this.#counts.hits++;
    return entry.value;
  }

  set(key: string, value: V, { slot, epoch }: Tag, nowMs: number): void {
    const { capacity, timeToLiveMs } = this.#options;
    if (capacity === 0) return;
    const expiresAtMs = timeToLiveMs === null ? Infinity : nowMs + timeToLiveMs;
    const entry = { value, slot, epoch, expiresAtMs };
    if (this.#entries.put(key, entry, capacity)) this.#counts.evictions++;
    else this.#counts.entries = this.#entries.size;
    assert(this.#entries.size <= capacity);
  }

  /** Newest first. */
  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }
}
