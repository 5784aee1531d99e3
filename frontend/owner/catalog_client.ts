/**
 * Look-ups and lists of all threads on their way to the catalog, in batches:
 * to the leader, or to any replica where what the leader has told (follower_read_index.ts)
 * says from what a follower may answer. A batch names the lease that its
 * look-ups began under; should they have begun under different ones, it names
 * none, and the leader then makes sure of itself before it answers. Whether
 * an answer may be kept is decided here, where the lease's leadership is known.
 */
import { PATIENT, type Asker } from "../../shared/threads/asker.ts";
import { Batcher } from "../../shared/cluster/batcher.ts";
import type { Clock } from "../../shared/clock.ts";
import { SEARCHES_MAX, SEARCH_QUEUE_MS, SEARCH_SHED_ITEMS } from "../../shared/door_limits.ts";
import { AppError } from "../../shared/errors.ts";
import {
  BATCH_ITEMS_MAX,
  FOLLOWER_TIMEOUT_MS,
  LEASE_TIMEOUT_MS,
  LIST_BATCHES_MAX,
  LISTS_MAX,
  LOOKUP_DEADLINE_MS,
  LOOKUP_TIMEOUT_MS,
  QUEUE_ITEMS_MAX,
  QUEUE_SHED_ITEMS,
  QUEUE_WAIT_MS,
} from "../../shared/limits.ts";
import type {
  Answered,
  FollowerRead,
  HeldLease,
  LeaseAnswer,
  LeaseRequest,
  ListAnswer,
  ListQuery,
  ListResult,
  LookupAnswer,
  NamesRequest,
  Product,
} from "../../shared/messages/messages.ts";
import {
  BalancedReads, isAbandoned, type BalancedReadsOptions, type Follower, type Item,
} from "./balanced_reads.ts";
import { NO_LEASE } from "../cache/shared_lease.ts";
import { tooBusy, type ReplicaPool } from "./replica_pool.ts";
import { LeaderClient, type Finder } from "./leader_client.ts";
import { readLease, readLists, readLookups, readNames } from "./results.ts";
import type { FollowerReadIndex } from "./follower_read_index.ts";

const BATCHES = { inFlightMax: 4, itemsMax: BATCH_ITEMS_MAX, queueMax: QUEUE_ITEMS_MAX };
const LISTS = { ...BATCHES, inFlightMax: LIST_BATCHES_MAX, itemsMax: LISTS_MAX };
const SEARCHES = { ...LISTS, itemsMax: SEARCHES_MAX };
const SEARCH_SHED = { ms: SEARCH_QUEUE_MS, items: SEARCH_SHED_ITEMS };
const SHED = { ms: QUEUE_WAIT_MS, items: QUEUE_SHED_ITEMS };

export interface CatalogClientOptions {
  finder: Finder;
  replicas: ReplicaPool;
  told: FollowerReadIndex;
  frontend: number;
  heldAs: (identity: number) => HeldLease | null;
  clock: Clock;
}

export interface FoundProduct {
  product: Product;
  version: number;
  /** It may be kept and shared: see ReadThrough. */
  keep: boolean;
}

/** A list, and when its asker is gone. */
interface AskedList {
  query: ListQuery;
  deadlineMs: number;
}

export interface FoundList extends Pick<ListResult, "products" | "more" | "version"> {
  keep: boolean;
}

export class CatalogClient {
  readonly #options: CatalogClientOptions;
  readonly #group: LeaderClient;
  readonly #lookups: BalancedReads<string, FoundProduct | null>;
  readonly #lists: BalancedReads<AskedList, FoundList>;
  /** Lists that may take long, and keep none waiting that does not. */
  readonly #searches: BalancedReads<AskedList, FoundList>;
  readonly #names: Batcher<Item<number>, string | null>;

  constructor(options: CatalogClientOptions) {
    this.#options = options;
    this.#group = new LeaderClient(options.finder, options.clock);
    const { replicas, clock } = options;
    const shed = { ...SHED, clock };
    this.#lookups = new BalancedReads({
      replicas,
      batches: { ...BATCHES, shed },
      send: (items, follower) => this.#sendLookups(items, follower),
    });
    const lists: BalancedReadsOptions<AskedList, FoundList> = {
      replicas,
      batches: { ...LISTS, shed },
      send: (items, follower) => this.#sendLists(items, follower),
    };
    this.#lists = new BalancedReads(lists);
    const batches = { ...SEARCHES, shed: { ...SEARCH_SHED, clock } };
    this.#searches = new BalancedReads({ ...lists, batches, sparesLeader: true });
    this.#names = new Batcher<Item<number>, string | null>({
      send: (items) => this.#sendNames(items),
      isAbandoned,
      shed,
      ...BATCHES,
    });
  }

  /** Null: there is no such product. @throws unavailable; abandoned */
  lookup(name: string, lease: number, asker = PATIENT): Promise<FoundProduct | null> {
    return this.#retryUntil(name, { lease, asker }, (item) => {
      return this.#lookups.ask(item, this.#leastOf(lease, () => this.#options.told.leastOf(name)));
    });
  }

  /** @throws unavailable; abandoned */
  list(query: ListQuery, lease: number, asker = PATIENT): Promise<FoundList> {
    const deadlineMs = this.#options.clock.monotonicMs() + LOOKUP_DEADLINE_MS;
    const isSearch = query.q !== null || query.topic !== null;
    const lists = isSearch ? this.#searches : this.#lists;
    return this.#retryUntil({ query, deadlineMs }, { lease, asker }, (item) => {
      return lists.ask(item, this.#leastOf(lease, () => this.#options.told.leastOfAll()));
    });
  }

  /** Of the product with this id; null: there is none. @throws unavailable; abandoned */
  name(id: number, lease: number, asker = PATIENT): Promise<string | null> {
    return this.#retryUntil(id, { lease, asker }, (item) => this.#names.add(item));
  }

  /** Of those who asked somebody is gone. */
  dropGone(): void {
    for (const queue of [this.#lookups, this.#lists, this.#searches]) queue.dropGone();
    this.#names.dropAbandoned();
  }

  /** Look-ups and lists that were not done, as nobody waited for them any more. */
  get abandoned(): number {
    const queues = [this.#lookups, this.#lists, this.#searches, this.#names];
    return queues.reduce((sum, { abandoned }) => sum + abandoned, 0);
  }

  /** At the deadline nobody waits for the item any more, and it leaves whatever queue it is in. */
  #retryUntil<T, R>(
    subject: T,
    { lease, asker }: { lease: number; asker: Asker },
    attempt: (item: Item<T>) => Promise<R>,
  ): Promise<R> {
    const item = { subject, lease, asker, isOver: false };
    return this.#group.retryUntil(LOOKUP_DEADLINE_MS, () => attempt(item))
      .finally(() => (item.isOver = true));
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
      read: readLease,
      sparing: "unavailable",
    });
  }

  async #sendLookups(
    items: Item<string>[],
    follower: Follower | null,
  ): Promise<(FoundProduct | null)[]> {
    const what = { names: items.map(({ subject }) => subject) };
    const asked = { ...what, isLeader: follower === null };
    const read = (answer: unknown): LookupAnswer => readLookups(answer, asked);
    const sent = await this.#send("/lookups", { what, items, follower, read });
    return sent.answer.results.map((result) => {
      if (result === null) return null;
      const { product, version, store } = result;
      return { product, version, keep: store && sent.isOfLease };
    });
  }

  async #sendLists(
    queued: Item<AskedList>[],
    follower: Follower | null,
  ): Promise<(FoundList | AppError)[]> {
    const nowMs = this.#options.clock.monotonicMs();
    const items = queued.filter(({ subject }) => subject.deadlineMs > nowMs);
    if (items.length === 0) return queued.map(() => tooLate());
    const queries = items.map(({ subject }) => subject.query);
    const asked = { queries, isLeader: follower === null };
    const read = (answer: unknown): ListAnswer => readLists(answer, asked);
    const what = { lists: queries };
    const { answer, isOfLease } = await this.#send("/lists", { what, items, follower, read });
    const found = items.map((item, at) => [item, answer.results[at]!] as const);
    const results = new Map(found);
    return queued.map((item) => {
      const result = results.get(item);
      if (result === undefined) return tooLate();
      if (result === null) return tooBusy("Too many search the catalog at the moment");
      const { products, more, version, store } = result;
      return { products, more, version, keep: store && isOfLease };
    });
  }

  /** One batch; `isOfLease`: who answered may have it kept under the leases of its items. */
  async #send<T extends Answered>(
    path: string,
    batch: {
      what: object;
      items: readonly Item<unknown>[];
      follower: Follower | null;
      read: (answer: unknown) => T;
    },
  ): Promise<{ answer: T; isOfLease: boolean }> {
    const { frontend, told, replicas } = this.#options;
    const { what, items, follower, read } = batch;
    const lease = this.#commonLease(items);
    const body = { ...what, frontend, lease };
    let answer: T;
    if (follower === null) {
      answer = await this.#group.post(path, { body, timeoutMs: LOOKUP_TIMEOUT_MS, read });
    } else {
      const { id, least } = follower;
      const reads: FollowerRead = { least, visible: told.visible };
      const timeoutMs = path === "/lists" ? LOOKUP_TIMEOUT_MS : FOLLOWER_TIMEOUT_MS;
      answer = read(await replicas.peer(id).post(path, { ...body, reads }, { timeoutMs }));
    }
    const { leadership, index } = answer;
    told.see(index);
    return { answer, isOfLease: leadership === null || leadership === lease?.leadership };
  }

  async #sendNames(items: Item<number>[]): Promise<(string | null)[]> {
    const lease = this.#commonLease(items);
    const { frontend } = this.#options;
    const body: NamesRequest = { ids: items.map(({ subject }) => subject), frontend, lease };
    const { results } = await this.#group.post("/names", {
      body,
      timeoutMs: LOOKUP_TIMEOUT_MS,
      read: (answer) => readNames(answer, items.length),
    });
    return results;
  }

  /** What was told counts for a look-up that began under the present lease. */
  #leastOf(lease: number, told: () => number | null): number | null {
    if (lease === NO_LEASE || this.#options.heldAs(lease) === null) return null;
    return told();
  }

  /** The lease that all of them began under; null when that is none, several, or over. */
  #commonLease(items: readonly Item<unknown>[]): HeldLease | null {
    const identity = items[0]!.lease;
    if (identity === NO_LEASE || items.some(({ lease }) => lease !== identity)) return null;
    return this.#options.heldAs(identity);
  }
}

/** It waited behind others until its asker was gone. */
function tooLate(): AppError {
  return tooBusy("There was no answer in time");
}
