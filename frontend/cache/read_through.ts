/**
 * Look-ups through the cache, and the rule that no older value is ever served
 * after a change of it was acknowledged:
 *
 * - Served from memory only while the lease is fresh, by a clock read for
 *   this request; the entry's epoch is compared after that. So at the moment
 *   the clock was read no change of it can have become visible.
 * - A miss reads lease and epoch *before* it asks. Its answer is stored with
 *   that epoch, and only if the answer may be kept (the catalog says so, and
 *   it is the catalog of the lease), the lease was fresh when it began and is
 *   the same still.
 * - Simultaneous misses share one fetch, but join only one that began under
 *   the lease and epoch that they read themselves, and share only an answer
 *   that may be kept: any other was for its asker alone, so they ask again.
 * - A shared fetch is abandoned when all who wait for it are gone, and is not
 *   joined any more.
 * - Without a lease, or with the cache off, each look-up asks for itself; the
 *   lease, if there is one, then only tells the catalog how to answer.
 *
 * What was not found is neither kept nor shared.
 */
import { PATIENT, type Asker } from "../../shared/threads/asker.ts";
import type { LruCache } from "./lru_cache.ts";
import { NO_LEASE, type SharedLease } from "./shared_lease.ts";

/** The catalog's answer to one look-up, as the owner hands it over. */
export interface Fetched<V> {
  /** Null: there is no such thing. */
  value: V | null;
  /** It may be kept and shared: the catalog says so, and is the one of the asker's lease. */
  keep: boolean;
}

export interface ReadThroughOptions<V> {
  cache: LruCache<V>;
  epochs: { current(slot: number): number };
  lease: Pick<SharedLease, "held" | "identity" | "isFresh">;
  /** The slot of the epochs that this key hangs on. */
  slotOf: (key: string) => number;
  /** @param lease identity of the fresh lease held when the look-up began, or NO_LEASE */
  fetch: (key: string, lease: number, asker: Asker) => Promise<Fetched<V>>;
  nowMs: () => number;
}

export type Outcome = "stored" | "fetched" | "collapsed" | "bypassed";

export interface Read<V> {
  value: V | null;
  outcome: Outcome;
}

/** What was true when a look-up began. */
interface Start {
  /** NO_LEASE, or with the cache off: nothing may be shared or stored. */
  lease: number;
  slot: number;
  epoch: number;
}

/** A fetch that may be shared. It asks for all who wait for it. */
class Flight<V> implements Asker {
  readonly lease: number;
  readonly epoch: number;
  readonly answer: Promise<Fetched<V>>;
  readonly #askers: Asker[];

  constructor(start: Start, asker: Asker, fetch: (asker: Asker) => Promise<Fetched<V>>) {
    this.lease = start.lease;
    this.epoch = start.epoch;
    this.#askers = [asker];
    this.answer = fetch(this);
  }

  /** Each asker that is gone is looked at once. */
  get isGone(): boolean {
    while (this.#askers.at(-1)?.isGone === true) this.#askers.pop();
    return this.#askers.length === 0;
  }

  join(asker: Asker): Promise<Fetched<V>> {
    this.#askers.push(asker);
    return this.answer;
  }
}

export class ReadThrough<V> {
  readonly #options: ReadThroughOptions<V>;
  readonly #cache: LruCache<V>;
  /** The latest fetch of each key that may be shared. */
  readonly #flights = new Map<string, Flight<V>>();

  constructor(options: ReadThroughOptions<V>) {
    this.#options = options;
    this.#cache = options.cache;
  }

  /** From memory; undefined is a miss, and is followed by `fetch`. */
  cached(key: string): V | undefined {
    if (!this.#cache.enabled) return undefined;
    const nowMs = this.#options.nowMs();
    if (this.#options.lease.isFresh(nowMs)) return this.#cache.get(key, nowMs);
    this.#cache.miss();
    return undefined;
  }

  /**
   * From the catalog.
   * @throws what the fetch threw; those who joined get the same
   */
  async fetch(key: string, asker = PATIENT): Promise<Read<V>> {
    const start = this.#begin(key);
    const flight = this.#flights.get(key);
    if (flight !== undefined && isJoinable(flight, start)) {
      const { value, keep } = await flight.join(asker);
      if (keep && value !== null) return { value, outcome: "collapsed" };
      return this.#ask(key, this.#begin(key), asker);
    }
    return this.#ask(key, start, asker);
  }

  #begin(key: string): Start {
    const { lease, epochs, slotOf, nowMs } = this.#options;
    const slot = slotOf(key);
    const held = lease.held(nowMs());
    return { lease: held, slot, epoch: epochs.current(slot) };
  }

  async #ask(key: string, start: Start, asker: Asker): Promise<Read<V>> {
    const fetch = (forWhom: Asker) => this.#options.fetch(key, start.lease, forWhom);
    if (start.lease === NO_LEASE || !this.#cache.enabled) {
      const { value } = await fetch(asker);
      return { value, outcome: this.#cache.enabled ? "fetched" : "bypassed" };
    }
    const flight = new Flight(start, asker, fetch);
    this.#flights.set(key, flight);
    try {
      const { value, keep } = await flight.answer;
      if (value === null || !keep || !this.#isCurrent(start)) return { value, outcome: "fetched" };
      this.#cache.set(key, value, start, this.#options.nowMs());
      return { value, outcome: "stored" };
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  #isCurrent({ lease, slot, epoch }: Start): boolean {
    const { lease: held, epochs } = this.#options;
    return held.identity === lease && epochs.current(slot) === epoch;
  }
}

function isJoinable<V>(flight: Flight<V>, start: Start): boolean {
  return (
    start.lease !== NO_LEASE && flight.lease === start.lease && flight.epoch === start.epoch &&
    !flight.isGone
  );
}
