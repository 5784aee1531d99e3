/**
 * Look-ups and lists of all threads on their way to the catalog's leader, in
 * batches. A batch names the lease that its look-ups began under; should they
 * have begun under different ones, it names none, and the catalog then makes
 * sure of itself before it answers. Whether an answer may be kept is decided
 * here, where the lease's leadership is known.
 */
import { Batcher } from "../shared/batcher.ts";
import type { Clock } from "../shared/clock.ts";
import {
  BATCH_ITEMS_MAX,
  LEASE_TIMEOUT_MS,
  LISTS_MAX,
  LOOKUP_DEADLINE_MS,
  LOOKUP_TIMEOUT_MS,
  QUEUE_ITEMS_MAX,
} from "../shared/limits.ts";
import type {
  HeldLease,
  LeaseAnswer,
  LeaseRequest,
  ListAnswer,
  ListQuery,
  ListRequest,
  ListResult,
  LookupAnswer,
  LookupRequest,
  NamesAnswer,
  NamesRequest,
  Product,
} from "../shared/wire.ts";
import { NO_LEASE } from "./cache/shared_lease.ts";
import { GroupClient, type Finder } from "./group_client.ts";

const BATCHES = { inFlightMax: 4, itemsMax: BATCH_ITEMS_MAX, queueMax: QUEUE_ITEMS_MAX };
const LISTS = { ...BATCHES, itemsMax: LISTS_MAX };

export interface CatalogClientOptions {
  finder: Finder;
  frontend: number;
  heldAs: (identity: number) => HeldLease | null;
  clock: Clock;
}

/** A look-up's subject and the identity of the lease that it began under, or NO_LEASE. */
interface Item<T> {
  subject: T;
  lease: number;
}

export interface FoundProduct {
  product: Product;
  version: number;
  /** It may be kept and shared: see ReadThrough. */
  keep: boolean;
}

export interface FoundList extends Pick<ListResult, "products" | "more" | "version"> {
  keep: boolean;
}

export class CatalogClient {
  readonly #options: CatalogClientOptions;
  readonly #group: GroupClient;
  readonly #lookups: Batcher<Item<string>, FoundProduct | null>;
  readonly #lists: Batcher<Item<ListQuery>, FoundList>;
  readonly #names: Batcher<Item<number>, string | null>;

  constructor(options: CatalogClientOptions) {
    this.#options = options;
    this.#group = new GroupClient(options.finder, options.clock);
    this.#lookups = new Batcher({ send: (items) => this.#sendLookups(items), ...BATCHES });
    this.#lists = new Batcher({ send: (items) => this.#sendLists(items), ...LISTS });
    this.#names = new Batcher({ send: (items) => this.#sendNames(items), ...BATCHES });
  }

  /** Null: there is no such product. @throws unavailable */
  lookup(name: string, lease: number): Promise<FoundProduct | null> {
    const item = { subject: name, lease };
    return this.#group.untilAnswered(LOOKUP_DEADLINE_MS, () => this.#lookups.add(item));
  }

  /** @throws unavailable */
  list(query: ListQuery, lease: number): Promise<FoundList> {
    const item = { subject: query, lease };
    return this.#group.untilAnswered(LOOKUP_DEADLINE_MS, () => this.#lists.add(item));
  }

  /** Of the product with this id; null: there is none. @throws unavailable */
  name(id: number, lease: number): Promise<string | null> {
    const item = { subject: id, lease };
    return this.#group.untilAnswered(LOOKUP_DEADLINE_MS, () => this.#names.add(item));
  }

  /**
   * Once: who keeps the lease asks again in time. A leader that has none to
   * give at the moment (unavailable) is none the worse for that.
   * @throws as the catalog answered; unavailable; unknown
   */
  lease(request: LeaseRequest): Promise<LeaseAnswer> {
    return this.#group.post("/lease", {
      body: request,
      timeoutMs: LEASE_TIMEOUT_MS,
      sparing: "unavailable",
    });
  }

  async #sendLookups(items: Item<string>[]): Promise<(FoundProduct | null)[]> {
    const lease = this.#commonLease(items);
    const { frontend } = this.#options;
    const body: LookupRequest = { names: items.map(({ subject }) => subject), frontend, lease };
    const { leadership, results } = await this.#group.post<LookupAnswer>("/lookups", {
      body,
      timeoutMs: LOOKUP_TIMEOUT_MS,
    });
    const isOfLease = leadership === lease?.leadership;
    return results.map((result) => {
      if (result === null) return null;
      const { product, version, store } = result;
      return { product, version, keep: store && isOfLease };
    });
  }

  async #sendLists(items: Item<ListQuery>[]): Promise<FoundList[]> {
    const lease = this.#commonLease(items);
    const { frontend } = this.#options;
    const body: ListRequest = { lists: items.map(({ subject }) => subject), frontend, lease };
    const { leadership, results } = await this.#group.post<ListAnswer>("/lists", {
      body,
      timeoutMs: LOOKUP_TIMEOUT_MS,
    });
    const isOfLease = leadership === lease?.leadership;
    return results.map(({ products, more, version, store }) => {
      return { products, more, version, keep: store && isOfLease };
    });
  }

  async #sendNames(items: Item<number>[]): Promise<(string | null)[]> {
    const lease = this.#commonLease(items);
    const { frontend } = this.#options;
    const body: NamesRequest = { ids: items.map(({ subject }) => subject), frontend, lease };
    const { results } = await this.#group.post<NamesAnswer>("/names", {
      body,
      timeoutMs: LOOKUP_TIMEOUT_MS,
    });
    return results;
  }

  /** The lease that all of them began under; null when that is none, several, or over. */
  #commonLease(items: readonly Item<unknown>[]): HeldLease | null {
    const identity = items[0]!.lease;
    if (identity === NO_LEASE || items.some(({ lease }) => lease !== identity)) return null;
    return this.#options.heldAs(identity);
  }
}
