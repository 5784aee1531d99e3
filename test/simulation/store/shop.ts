/**
 * A front-end's public side and its internal one, without the HTTP around
 * them: two threads, each with a cache of its own, as in production.
 */
import type { AdminAsk, PlaceWithinAsk } from "../../../frontend/owner_messages.ts";
import type { FrontendOwner } from "../../../frontend/owner/owner.ts";
import type { ReadThrough } from "../../../frontend/cache/read_through.ts";
import { NamesById } from "../../../frontend/api/names_by_id.ts";
import { makeCachedReads, type CachedReads } from "../../../frontend/cache/cached_reads.ts";
import { viewsOf, type SharedMemory } from "../../../frontend/cache/shared_memory.ts";
import { Vocabulary, type OrderRequest } from "../../../frontend/api/store_format.ts";
import type { AdminAnswer, AdminChange } from "../../../shared/messages/admin.ts";
import { pause, type Clock } from "../../../shared/clock.ts";
import { AppError, hasReason } from "../../../shared/errors.ts";
import { ADMIN_DEADLINE_MS, ORDER_DEADLINE_MS } from "../../../shared/limits.ts";
import type { Store } from "../../../shared/stores/store.ts";
import type {
  ListQuery, Order, OrderType, PlaceResult, Purchase,
} from "../../../shared/messages/messages.ts";
import type { Shown } from "../../checker/history.ts";

export const THREADS = 2;

/** What a front-end's public side answers here. */
export type PublicAnswer =
  | { status: 200; number: number; replayed: boolean }
  | { status: 200; products: readonly Shown[]; version: number; more?: boolean }
  | { status: 200; order: { number: number; name: string; type: OrderType; quantity: number } }
  | { status: 200; version: number }
  | { status: 404 | 409 | 422 | 503 }
  | { status: 409; lacked: "stock" | "volume" }
  | { status: 503; isUntried: boolean };

/** What a cache keeps: of a product, one; of a list, all. */
interface Kept {
  products: readonly Shown[];
  version: number;
  more?: boolean;
}

export interface ShopOptions {
  store: Store;
  owner: FrontendOwner;
  memory: SharedMemory;
  clock: Clock;
  cacheSize: number;
  /** In [0, 1). */
  random: () => number;
  count: (name: string) => void;
}

/** Share of messages from a thread to its owner that take a millisecond. */
const SLOW_ASKS = 0.3;

/** The header and the body of a request. */
interface OrderBody {
  key: string;
  order: unknown;
}

/** One HTTP thread. */
interface Thread extends CachedReads<Kept> {
  names: NamesById;
}

export class Shop {
  readonly #owner: FrontendOwner;
  readonly #vocabulary: Vocabulary;
  readonly #threads: readonly Thread[];
  readonly #count: (name: string) => void;

  constructor({ store, owner, memory, clock, cacheSize, random, count }: ShopOptions) {
    this.#owner = owner;
    this.#vocabulary = new Vocabulary(store);
    this.#count = count;
    const ask = async <T>(kind: string, body: unknown): Promise<T> => {
      if (random() < SLOW_ASKS) await pause(clock, 1);
      return (await owner.handle(kind as never, body)) as T;
    };
    const nowMs = () => clock.monotonicMs();
    this.#threads = Array.from({ length: THREADS }, () => ({
      names: new NamesById({ owner: { ask }, lease: viewsOf(memory).lease, nowMs }),
      ...makeCachedReads<Kept>({
        memory,
        cacheSize,
        cacheTtlMs: null,
        counts: { hits: 0, misses: 0, evictions: 0, entries: 0 },
        nowMs,
        owner: { ask },
        keepProduct: ({ product, version }) => {
          return { products: shownIn(this.#vocabulary.showProduct(product)), version };
        },
        keepList: ({ products, version, more }) => {
          return { products: shownIn(this.#vocabulary.showProducts(products)), version, more };
        },
      }),
    }));
  }

  async handle(kind: string, body: unknown): Promise<object> {
    const fields = body as Record<string, string>;
    try {
      if (kind === "POST /invalidate") return this.#owner.invalidate(body);
      if (kind === "POST /orders") return await this.#order(body as OrderBody);
      if (kind === "POST /buy") return await this.#buy(body as { key: string; id: number });
      if (kind === "POST /admin") return await this.#change(body as AdminChange);
      const thread = this.#threads[Number(fields.thread ?? 0)]!;
      if (kind === "GET /product") return await this.#look(thread, fields.name!);
      if (kind === "GET /lookup") return await this.#lookById(thread, Number(fields.id));
      if (kind === "GET /products") return await this.#list(thread, fields);
      if (kind === "GET /order") return await this.#find(Number(fields.number));
      throw new Error(`a front-end is asked for ${kind}`);
    } catch (error) {
      if (error instanceof AppError && kind !== "POST /invalidate") return { status: 503 };
      throw error;
    }
  }

  #order({ key, order }: OrderBody): Promise<PublicAnswer> {
    return this.#place(key, this.#vocabulary.parseOrder(order), ORDER_DEADLINE_MS);
  }

  /** One piece of the product with this id. */
  async #buy({ key, id }: { key: string; id: number }): Promise<PublicAnswer> {
    const { names } = this.#threads[0]!;
    const { name, leftMs: withinMs } = await names.findWithin(id, ORDER_DEADLINE_MS);
    if (name === null) return { status: 404 };
    return this.#place(key, { name, type: "buy", quantity: 1 }, withinMs);
  }

  async #place(
    key: string,
    { name, type, quantity }: OrderRequest,
    withinMs: number,
  ): Promise<PublicAnswer> {
    const purchase = JSON.stringify({ key, name, type, quantity } satisfies Purchase);
    const asked = { purchase, withinMs } satisfies PlaceWithinAsk;
    const result = (await this.#owner.handle("place_within", asked)) as PlaceResult;
    switch (result.code) {
      case "ordered":
        return { status: 200, number: result.number, replayed: result.replayed };
      case "not_found":
        return { status: 404 };
      case "out_of_stock":
        return { status: 409, lacked: "stock" };
      case "over_volume":
        return { status: 409, lacked: "volume" };
      case "key_reused":
        return { status: 422 };
      case "unavailable":
        return { status: 503, isUntried: true };
      case "unknown":
        return { status: 503, isUntried: false };
    }
  }

  async #change(change: AdminChange): Promise<PublicAnswer> {
    const asked = { change, withinMs: ADMIN_DEADLINE_MS } satisfies AdminAsk;
    try {
      const { version } = (await this.#owner.handle("admin", asked)) as AdminAnswer;
      return { status: 200, version };
    } catch (error) {
      if (hasReason(error, "conflict")) return { status: 409 };
      if (hasReason(error, "not_found")) return { status: 404 };
      if (hasReason(error, "unavailable")) return { status: 503, isUntried: true };
      if (hasReason(error, "unknown")) return { status: 503, isUntried: false };
      throw error;
    }
  }

  #look({ products }: Thread, name: string): Promise<PublicAnswer> {
    return this.#read(products, name);
  }

  async #lookById({ names, products }: Thread, id: number): Promise<PublicAnswer> {
    const known = names.known(id);
    if (known !== undefined) this.#count("name of an id: known");
    const name = known ?? (await names.find(id));
    return name === null ? { status: 404 } : this.#read(products, name);
  }

  #list({ lists }: Thread, fields: Record<string, string>): Promise<PublicAnswer> {
    const { topic = null, by, q = null, limit, after = null } = fields;
    const query: ListQuery = { topic, q, limit: Number(limit), after };
    if (by === "id") query.by = "id";
    return this.#read(lists, JSON.stringify(query));
  }

  async #read(reader: ReadThrough<Kept>, key: string): Promise<PublicAnswer> {
    const kept = reader.cached(key);
    if (kept !== undefined) {
      this.#count("read: from the cache");
      return { status: 200, ...kept };
    }
    const { value, outcome } = await reader.fetch(key);
    this.#count(`read: ${outcome}`);
    return value === null ? { status: 404 } : { status: 200, ...value };
  }

  async #find(number: number): Promise<PublicAnswer> {
    const order = (await this.#owner.handle("find", number)) as Order | null;
    if (order === null) return { status: 404 };
    const shown = JSON.parse(this.#vocabulary.showOrder(order)).data;
    return { status: 200, order: { type: "buy", ...shown } };
  }
}

/** The products in the body of an answer, one or many. */
function shownIn(body: string): Shown[] {
  const { data } = JSON.parse(body) as { data: Shown | Shown[] };
  return [data].flat().map(({ name, price, quantity, volume = null }) => {
    return { name, price, quantity, volume };
  });
}
