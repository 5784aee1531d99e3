/**
 * The public pages of one HTTP thread, put together: on a cache of its own,
 * and on the owner, whom they ask for everything else.
 */
import { monotonicMs } from "../../shared/clock.ts";
import type { ConnectionLimits } from "../../shared/http/connection_table.ts";
import { createLog, type LogLevel } from "../../shared/logging.ts";
import { STORES } from "../../shared/stores/stores.ts";
import type { Owner, TextOwner } from "../../shared/threads/owner_threads.ts";
import { AdminPages } from "./admin_handlers.ts";
import type { CacheCounts } from "../cache/lru_cache.ts";
import { EntityTags } from "./entity_tag.ts";
import { KeptAnswers, type KeptAnswer } from "./cached_response.ts";
import { MemberPages } from "./status_handlers.ts";
import { openApiDocument } from "./openapi.ts";
import { OrderPages } from "./order_handlers.ts";
import { NamesById } from "./names_by_id.ts";
import { nextPageLink, ProductPages } from "./product_handlers.ts";
import { publicRoutes, type Pages } from "./routes.ts";
import { makeCachedReads } from "../cache/cached_reads.ts";
import { viewsOf, type SharedMemory } from "../cache/shared_memory.ts";
import { Vocabulary } from "./store_format.ts";

export interface PagesData {
  id: number;
  store: string;
  birth: string;
  cacheSize: number;
  cacheTtlMs: number | null;
  logLevel: LogLevel;
  /** Null: there is no admin. */
  adminToken: string | null;
  memory: SharedMemory;
}

/** What an HTTP thread is started with. */
export interface HttpThreadData extends PagesData {
  host: string;
  publicHosts: readonly string[];
  bodyBytesMax: number;
  /** Of this thread. */
  connections: ConnectionLimits;
  /** Of this thread; null: as many as there is room for. */
  requestsPerClient: number | null;
}

/** @param counts of the products' cache */
export function makePages(data: PagesData, owner: TextOwner, counts: CacheCounts): Pages {
  const vocabulary = new Vocabulary(STORES.get(data.store)!);
  const { lease } = viewsOf(data.memory);
  const names = new NamesById({ owner, lease, nowMs: monotonicMs });
  let isStopping = false;
  owner.onTell((kind) => {
    if (kind === "stopping") isStopping = true;
  });
  const pages: Pages = {
    store: vocabulary.store,
    products: makeProductPages(data, { vocabulary, owner, counts, names }),
    orders: new OrderPages({
      vocabulary,
      place: async (purchase, asker) => JSON.parse(await owner.askText("place", purchase, asker)),
      placeWithin: (ask, asker) => owner.ask("place_within", ask, asker),
      find: (number, asker) => owner.ask("find", number, asker),
      names,
      nowMs: monotonicMs,
      log: createLog({ member: `frontend-${data.id}`, level: data.logLevel }),
    }),
    admin: data.adminToken === null ? null : new AdminPages({
      token: data.adminToken,
      vocabulary,
      tags: new EntityTags(data.birth),
      change: (ask) => owner.ask("admin", ask),
      names,
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
  names: NamesById;
}

function makeProductPages(data: PagesData, parts: Parts): ProductPages {
  const { vocabulary, owner, counts, names } = parts;
  const { memory, cacheSize, cacheTtlMs } = data;
  const nowMs = monotonicMs;
  const answers = new KeptAnswers(`frontend-${data.id}`);
  const tags = new EntityTags(data.birth);
  const readers = makeCachedReads<KeptAnswer>({
    memory,
    cacheSize,
    cacheTtlMs,
    counts,
    nowMs,
    owner,
    keepProduct({ product, version }) {
      return answers.make(vocabulary.showProduct(product), tags.of(version));
    },
    keepList({ products, more, version }, query) {
      const link = more ? nextPageLink(query, products.at(-1)!) : [];
      return answers.make(vocabulary.showProducts(products), tags.of(version), link);
    },
  });
  return new ProductPages({ ...readers, answers, names, nowMs });
}
