/**
 * A front-end's public side and its internal one, without the HTTP around
 * them: two threads, each with a cache of its own, as in production.
 */
import type { FrontendOwner } from "../../../frontend/owner.ts";
import type { ReadThrough } from "../../../frontend/cache/read_through.ts";
import { makeReaders, type Readers } from "../../../frontend/readers.ts";
import type { SharedMemory } from "../../../frontend/shared_memory.ts";
import type { AdminAnswer, ProductPatch } from "../../../shared/admin_wire.ts";
import { pause, type Clock } from "../../../shared/clock.ts";
import { AppError, hasReason } from "../../../shared/errors.ts";
import { PAGE_ITEMS_MAX } from "../../../shared/limits.ts";
import type { ListQuery, Order, PlaceResult, Product } from "../../../shared/wire.ts";

export const THREADS = 2;

/** What a front-end's public side answers here. */
export type PublicAnswer =
  | { status: 200; number: number; replayed: boolean }
  | { status: 200; quantity: number; version: number }
  | { status: 200; products: readonly Stock[]; version: number }
  | { status: 200; order: { number: number; name: string; quantity: number } }
  | { status: 200; version: number }
  | { status: 404 | 409 | 422 | 503 }
  | { status: 503; isUntried: boolean };

interface Stock {
  name: string;
  quantity: number;
}

/** What a cache keeps of a product, or of a list of them. */
interface Shown {
  products: readonly Stock[];
  version: number;
}

/** The first page of all. */
const EVERYTHING = JSON.stringify({
  topic: null, q: null, limit: PAGE_ITEMS_MAX, after: null,
} satisfies ListQuery);

export interface ShopOptions {
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

export class Shop {
  readonly #owner: FrontendOwner;
  readonly #threads: readonly Readers<Shown>[];
  readonly #count: (name: string) => void;

  constructor({ owner, memory, clock, cacheSize, random, count }: ShopOptions) {
    this.#owner = owner;
    this.#count = count;
    const ask = async <T>(kind: string, body: unknown): Promise<T> => {
      if (random() < SLOW_ASKS) await pause(clock, 1);
      return (await owner.handle(kind as never, body)) as T;
    };
    this.#threads = Array.from({ length: THREADS }, () =>
      makeReaders<Shown>({
        memory,
        cacheSize,
        cacheTtlMs: null,
        counts: { hits: 0, misses: 0, evictions: 0, entries: 0 },
        nowMs: () => clock.monotonicMs(),
        owner: { ask },
        keepProduct: ({ product, version }) => ({ products: [stockOf(product)], version }),
        keepList: ({ products, version }) => ({ products: products.map(stockOf), version }),
      }),
    );
  }

  async handle(kind: string, body: unknown): Promise<object> {
    const fields = body as Record<string, string>;
    try {
      if (kind === "POST /invalidate") return this.#owner.invalidate(body);
      if (kind === "POST /orders") return await this.#place(JSON.stringify(body));
      if (kind === "POST /admin") return await this.#change(body as ProductPatch);
      if (kind === "GET /product") return await this.#look(fields.name!, Number(fields.thread));
      if (kind === "GET /products") return await this.#list(Number(fields.thread));
      if (kind === "GET /order") return await this.#find(Number(fields.number));
      throw new Error(`a front-end is asked for ${kind}`);
    } catch (error) {
      if (error instanceof AppError && kind !== "POST /invalidate") return { status: 503 };
      throw error;
    }
  }

  async #place(purchase: string): Promise<PublicAnswer> {
    const result = (await this.#owner.handle("place", purchase)) as PlaceResult;
    switch (result.code) {
      case "ordered":
        return { status: 200, number: result.number, replayed: result.replayed };
      case "not_found":
        return { status: 404 };
      case "out_of_stock":
      case "over_volume":
        return { status: 409 };
      case "key_reused":
        return { status: 422 };
      case "unavailable":
        return { status: 503, isUntried: true };
      case "unknown":
        return { status: 503, isUntried: false };
    }
  }

  async #change({ name, added }: ProductPatch): Promise<PublicAnswer> {
    const request: ProductPatch = { kind: "patch", name, added, versions: null };
    try {
      const { version } = (await this.#owner.handle("admin", request)) as AdminAnswer;
      return { status: 200, version };
    } catch (error) {
      if (hasReason(error, "conflict")) return { status: 409 };
      if (hasReason(error, "unavailable")) return { status: 503, isUntried: true };
      if (hasReason(error, "unknown")) return { status: 503, isUntried: false };
      throw error;
    }
  }

  async #look(name: string, thread: number): Promise<PublicAnswer> {
    const { products } = this.#threads[thread]!;
    const value = await this.#read(products, name);
    if (value === null) return { status: 404 };
    return { status: 200, quantity: value.products[0]!.quantity, version: value.version };
  }

  async #list(thread: number): Promise<PublicAnswer> {
    const { lists } = this.#threads[thread]!;
    const value = await this.#read(lists, EVERYTHING);
    return value === null ? { status: 404 } : { status: 200, ...value };
  }

  async #read(reader: ReadThrough<Shown>, key: string): Promise<Shown | null> {
    const kept = reader.cached(key);
    if (kept !== undefined) {
      this.#count("read: from the cache");
      return kept;
    }
    const { value, outcome } = await reader.fetch(key);
    this.#count(`read: ${outcome}`);
    return value;
  }

  async #find(number: number): Promise<PublicAnswer> {
    const order = (await this.#owner.handle("find", number)) as Order | null;
    if (order === null) return { status: 404 };
    const { name, quantity } = order;
    return { status: 200, order: { number: order.number, name, quantity } };
  }
}

function stockOf({ name, quantity }: Product): Stock {
  return { name, quantity };
}
