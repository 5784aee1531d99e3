/**
 * The look-ups and lists of one HTTP thread: two caches of its own, on the
 * epochs and the lease that all threads of the front-end share, and the owner
 * for what is not in them. In what form a found thing is kept is the caller's
 * affair: the public pages keep answers that stand ready to be sent.
 */
import type { Asker } from "../../shared/threads/asker.ts";
import type { Owner } from "../../shared/threads/owner_threads.ts";
import type { ListQuery } from "../../shared/messages/messages.ts";
import type { ListAsk, LookupAsk } from "../owner_messages.ts";
import { ANYTHING } from "./epochs.ts";
import { LruCache, type CacheCounts } from "./lru_cache.ts";
import { ReadThrough, type Fetched } from "./read_through.ts";
import type { FoundList, FoundProduct } from "../owner/catalog_client.ts";
import { viewsOf, type SharedMemory } from "./shared_memory.ts";

export interface CachedReadsOptions<V> {
  memory: SharedMemory;
  /** Entries of each of the two caches; 0 is off. */
  cacheSize: number;
  /** The longest an entry is kept; null: it has no age. */
  cacheTtlMs: number | null;
  /** Of the products' cache. */
  counts: CacheCounts;
  nowMs: () => number;
  /** Gets the asks `lookup` and `list` (owner_messages.ts). */
  owner: Pick<Owner, "ask">;
  keepProduct: (found: FoundProduct) => V;
  keepList: (found: FoundList, query: ListQuery) => V;
}

export interface CachedReads<V> {
  /** By name. */
  products: ReadThrough<V>;
  /** By the JSON of their ListQuery. */
  lists: ReadThrough<V>;
}

export function makeCachedReads<V>(options: CachedReadsOptions<V>): CachedReads<V> {
  const { owner, counts, keepProduct, keepList, nowMs } = options;
  const { epochs, lease } = viewsOf(options.memory);
  const make = (
    own: CacheCounts,
    slotOf: (key: string) => number,
    fetch: (key: string, held: number, asker: Asker) => Promise<Fetched<V>>,
  ): ReadThrough<V> => {
    const { cacheSize: capacity, cacheTtlMs: timeToLiveMs } = options;
    const cache = new LruCache<V>({ capacity, timeToLiveMs, epochs, counts: own });
    return new ReadThrough({ cache, epochs, lease, slotOf, fetch, nowMs });
  };
  const products = make(counts, (name) => epochs.slotOf(name), async (name, held, asker) => {
    const asked = { name, lease: held } satisfies LookupAsk;
    const found = await owner.ask<FoundProduct | null>("lookup", asked, asker);
    if (found === null) return { value: null, keep: false };
    return { value: keepProduct(found), keep: found.keep };
  });
  // Lists are not part of the hit ratio that is shown: it is the products'.
  const listCounts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  const lists = make(listCounts, () => ANYTHING, async (key, held, asker) => {
    const query = JSON.parse(key) as ListQuery;
    const asked = { query, lease: held } satisfies ListAsk;
    const found = await owner.ask<FoundList>("list", asked, asker);
    return { value: keepList(found, query), keep: found.keep };
  });
  return { products, lists };
}
