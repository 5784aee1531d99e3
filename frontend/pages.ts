/**
 * The public pages of one HTTP thread, put together: on a cache of its own,
 * and on the owner, whom they ask for everything else.
 */
import { monotonicMs } from "../shared/clock.ts";
import { createLog, type LogLevel } from "../shared/logging.ts";
import { STORES } from "../shared/stores/stores.ts";
import type { Owner } from "../shared/threads.ts";
import type { ListQuery } from "../shared/wire.ts";
import type { ListAsk, LookupAsk } from "./asks.ts";
import { LruCache, type CacheCounts } from "./cache/lru_cache.ts";
import { ReadThrough, type Fetched } from "./cache/read_through.ts";
import type { FoundList, FoundProduct } from "./catalog_client.ts";
import { EntityTags } from "./entity_tag.ts";
import { KeptAnswers, type KeptAnswer } from "./kept_answer.ts";
import { MemberPages } from "./member_pages.ts";
import { openApiDocument } from "./openapi.ts";
import { OrderPages } from "./order_pages.ts";
import { nextPageLink, ProductPages } from "./product_pages.ts";
import { publicRoutes, type Pages } from "./public_routes.ts";
import { viewsOf, type SharedMemory } from "./shared_memory.ts";
import { Vocabulary } from "./vocabulary.ts";

/** What an HTTP thread is started with. */
export interface HttpThreadData {
  id: number;
  store: string;
  birth: string;
  cacheSize: number;
  cacheTtlMs: number | null;
  logLevel: LogLevel;
  memory: SharedMemory;
}

/** @param counts of the products' cache */
export function makePages(data: HttpThreadData, owner: Owner, counts: CacheCounts): Pages {
  const vocabulary = new Vocabulary(STORES.get(data.store)!);
  let isStopping = false;
  owner.onTell((kind) => {
    if (kind === "stopping") isStopping = true;
  });
  const pages: Pages = {
    products: makeProductPages(data, { vocabulary, owner, counts }),
    orders: new OrderPages({
      vocabulary,
      place: (purchase) => owner.ask("place", purchase),
      find: (number) => owner.ask("find", number),
      nowMs: monotonicMs,
      log: createLog({ member: `frontend-${data.id}`, level: data.logLevel }),
    }),
    members: new MemberPages({
      owner,
      isStopping: () => isStopping,
      openApi: () => JSON.stringify(openApiDocument(publicRoutes(pages), vocabulary)),
    }),
  };
  return pages;
}

interface Parts {
  vocabulary: Vocabulary;
  owner: Owner;
  counts: CacheCounts;
}

function makeProductPages(data: HttpThreadData, parts: Parts): ProductPages {
  const { vocabulary, owner, counts } = parts;
  const { epochs, lease } = viewsOf(data.memory);
  const answers = new KeptAnswers(`frontend-${data.id}`);
  const tags = new EntityTags(data.birth);
  const readThrough = (
    own: CacheCounts,
    fetch: (key: string, lease: number) => Promise<Fetched<KeptAnswer>>,
  ): ReadThrough<KeptAnswer> => {
    const { cacheSize: capacity, cacheTtlMs: timeToLiveMs } = data;
    const cache = new LruCache<KeptAnswer>({ capacity, timeToLiveMs, epochs, counts: own });
    return new ReadThrough({ cache, epochs, lease, fetch, nowMs: monotonicMs });
  };
  // Lists are not part of the hit ratio that is shown: it is the products'.
  const listCounts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  return new ProductPages({
    products: readThrough(counts, async (name, held) => {
      const found = await owner.ask<FoundProduct | null>("lookup", {
        name,
        lease: held,
      } satisfies LookupAsk);
      if (found === null) return { value: null, keep: false };
      const body = vocabulary.showProduct(found.product);
      return { value: answers.make(body, tags.of(found.version)), keep: found.keep };
    }),
    lists: readThrough(listCounts, async (key, held) => {
      const query = JSON.parse(key) as ListQuery;
      const found = await owner.ask<FoundList>("list", { query, lease: held } satisfies ListAsk);
      const { products, more, version, keep } = found;
      const link = more ? nextPageLink(query, products.at(-1)!.name) : [];
      const body = vocabulary.showProducts(products);
      return { value: answers.make(body, tags.of(version), link), keep };
    }),
    epochs,
    answers,
    nowMs: monotonicMs,
  });
}
