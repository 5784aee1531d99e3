/**
 * One HTTP thread of a front-end: the public API on a cache of its own. What
 * it needs of the rest of the store it asks the owner for.
 */
import { monotonicMs } from "../shared/clock.ts";
import { startHttpServer } from "../shared/http/server.ts";
import { PUBLIC_BODY_BYTES_MAX } from "../shared/limits.ts";
import { createLog, type LogLevel } from "../shared/logging.ts";
import { STORES } from "../shared/stores/stores.ts";
import { serveThread, type Owner } from "../shared/threads.ts";
import { LruCache, type CacheCounts } from "./cache/lru_cache.ts";
import { ReadThrough, type Fetched } from "./cache/read_through.ts";
import { ThreadCounts } from "./cache/thread_counts.ts";
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

export interface HttpThreadData {
  id: number;
  store: string;
  birth: string;
  cacheSize: number;
  cacheTtlMs: number | null;
  logLevel: LogLevel;
  memory: SharedMemory;
}

serveThread(({ data, owner, listen }) => {
  const settings = data as HttpThreadData;
  const counts = ThreadCounts.take(settings.memory.counts);
  return startHttpServer({
    routes: publicRoutes(makePages(settings, owner, counts)),
    listen,
    bodyBytesMax: PUBLIC_BODY_BYTES_MAX,
    admit: () => void counts.requests++,
    // Uncaught, it ends this thread, and the thread's end ends the process.
    onBug: (error) => {
      throw error;
    },
  });
});

function makePages(settings: HttpThreadData, owner: Owner, counts: ThreadCounts): Pages {
  const vocabulary = new Vocabulary(STORES.get(settings.store)!);
  let isStopping = false;
  owner.onTell((kind) => {
    if (kind === "stopping") isStopping = true;
  });
  const pages: Pages = {
    products: makeProductPages(settings, vocabulary, owner, counts),
    orders: new OrderPages({
      vocabulary,
      place: (purchase) => owner.ask("place", purchase),
      find: (number) => owner.ask("find", number),
      nowMs: monotonicMs,
      log: createLog({ member: `frontend-${settings.id}`, level: settings.logLevel }),
    }),
    members: new MemberPages({
      owner,
      isStopping: () => isStopping,
      openApi: () => JSON.stringify(openApiDocument(publicRoutes(pages), vocabulary)),
    }),
  };
  return pages;
}

function makeProductPages(
  settings: HttpThreadData,
  vocabulary: Vocabulary,
  owner: Owner,
  counts: ThreadCounts,
): ProductPages {
  const { epochs, lease } = viewsOf(settings.memory);
  const { cacheSize: capacity, cacheTtlMs: timeToLiveMs } = settings;
  const answers = new KeptAnswers(`frontend-${settings.id}`);
  const tags = new EntityTags(settings.birth);
  // Lists are not part of the hit ratio that is shown: it is the products'.
  const listCounts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  const readThrough = (
    own: CacheCounts,
    fetch: (key: string, lease: number) => Promise<Fetched<KeptAnswer>>,
  ): ReadThrough<KeptAnswer> => {
    const cache = new LruCache<KeptAnswer>({ capacity, timeToLiveMs, epochs, counts: own });
    return new ReadThrough({ cache, epochs, lease, fetch, nowMs: monotonicMs });
  };
  return new ProductPages({
    products: readThrough(counts, async (name, held) => {
      const found = await owner.ask<FoundProduct | null>("lookup", { name, lease: held });
      if (found === null) return { value: null, keep: false };
      const body = vocabulary.showProduct(found.product);
      return { value: answers.make(body, tags.of(found.version)), keep: found.keep };
    }),
    lists: readThrough(listCounts, async (key, held) => {
      const query = JSON.parse(key);
      const found = await owner.ask<FoundList>("list", { query, lease: held });
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
