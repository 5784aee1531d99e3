/**
 * The owner and the readers of two HTTP threads, on a clock and between
 * members that the test speaks for: the path of a look-up, of an invalidation
 * and of a purchase.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OwnerCall, Readiness } from "../../../frontend/owner_messages.ts";
import { FrontendOwner } from "../../../frontend/owner/owner.ts";
import { makeCachedReads, type CachedReads } from "../../../frontend/cache/cached_reads.ts";
import { makeSharedMemory } from "../../../frontend/cache/shared_memory.ts";
import { AppError } from "../../../shared/errors.ts";
import { GATHER_MS, LEASE_MS, LEASE_RENEW_MS, LEASE_USED_MS } from "../../../shared/limits.ts";
import { createLog } from "../../../shared/logging.ts";
import type { ListQuery, PlaceResult } from "../../../shared/messages/messages.ts";
import { FakeReplica } from "../../shared/fake_replica.ts";
import { HandClock } from "../../support/hand_clock.ts";

const TUX = { key: "~k", name: "Tux", type: "buy", quantity: 1 };
const ORDERED: PlaceResult = { code: "ordered", number: 7, replayed: false };
const EVERYTHING = JSON.stringify(
  { topic: null, q: null, limit: 100, after: null } satisfies ListQuery,
);

const CHANGED = { leadership: "1.a", index: 1, visible: 0 };

/** Two catalogs, of which one leads and one is down, and three order replicas: the third leads. */
class Stage {
  readonly clock = new HandClock();
  readonly catalog = new FakeReplica(1, this.clock);
  readonly standby = new FakeReplica(2, this.clock);
  readonly orders = [1, 2, 3].map((id) => new FakeReplica(id, this.clock));
  /** What the catalog shows of Tux. */
  quantity = 100;
  lease = { leadership: "1.a", number: 1, index: 0, since: 0, leaseMs: LEASE_MS };
  readonly owner: FrontendOwner;
  readonly threads: CachedReads<number>[];

  constructor({ orderQuorum = 2 } = {}) {
    const { clock, catalog } = this;
    catalog.lead(1);
    this.standby.state = "down";
    this.orders[2]!.lead(1);
    catalog.answers["/lease"] = () => this.lease;
    catalog.answers["/lookups"] = ({ names }) => {
      const result = { product: this.#product(), version: 1, store: true };
      const results = names!.map((name) => (name === "Tux" ? result : null));
      return { leadership: this.lease.leadership, index: 0, results };
    };
    catalog.answers["/lists"] = () => {
      const result = { products: [this.#product()], more: false, version: 1, store: true };
      return { leadership: this.lease.leadership, index: 0, results: [result] };
    };
    const memory = makeSharedMemory(2);
    this.owner = new FrontendOwner({
      id: 1,
      startId: "1.a",
      catalogs: new Map([[1, catalog], [2, this.standby]]),
      orders: new Map(this.orders.map((order) => [order.health.id, order])),
      orderQuorum,
      balance: "round-robin",
      memory,
      clock,
      random: () => 0,
      log: createLog({ member: "frontend-1", level: "error" }),
    });
    this.threads = [1, 2].map(() => makeCachedReads<number>({
      memory,
      cacheSize: 10,
      cacheTtlMs: null,
      counts: { hits: 0, misses: 0, evictions: 0, entries: 0 },
      nowMs: () => clock.monotonicMs(),
      owner: { ask: async <T>(kind: string, body: unknown) => {
        return (await this.owner.handle(kind as OwnerCall, body)) as T;
      } },
      keepProduct: ({ product }) => product.quantity,
      keepList: ({ products }) => products[0]!.quantity,
    }));
  }

  #product() {
    return { name: "Tux", price: 5, quantity: this.quantity };
  }

  /** With leaders found and a lease. */
  static async started(options: { orderQuorum?: number } = {}): Promise<Stage> {
    const stage = new Stage(options);
    stage.owner.start();
    await stage.clock.until(() => stage.owner.isLeased && stage.readiness.orderLeader);
    return stage;
  }

  get readiness(): Readiness {
    return this.owner.handle("ready", null) as Readiness;
  }

  /** What this thread has in its cache. */
  cached(thread: number): number | undefined {
    return this.threads[thread]!.products.cached("Tux");
  }

  /** As this thread fetches it from the catalog. */
  async fetch(thread: number) {
    return this.settled(this.threads[thread]!.products.fetch("Tux"));
  }

  /** What comes of it, on a clock that goes on until then. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): boolean => (isOver = true);
    promise.then(over, over);
    await this.clock.until(() => isOver, 10_000);
    return promise;
  }

  place(): Promise<PlaceResult> {
    return this.owner.handle("place", JSON.stringify(TUX)) as Promise<PlaceResult>;
  }
}

test("a look-up goes to the catalog under the lease, and from then on to memory", async () => {
  const stage = await Stage.started();
  assert.equal(stage.cached(0), undefined);
  assert.deepEqual(await stage.fetch(0), { value: 100, outcome: "stored" });
  const { leadership, number } = stage.lease;
  assert.deepEqual(stage.catalog.bodies("/lookups"), [
    { names: ["Tux"], frontend: 1, lease: { leadership, number } },
  ]);
  assert.equal(stage.cached(0), 100);
  assert.equal(stage.cached(1), undefined, "each thread has a cache of its own");
  assert.deepEqual(await stage.settled(stage.threads[0]!.products.fetch("Fox")), {
    value: null,
    outcome: "fetched",
  });
});

test("the lease comes with the catalog's leader, not at the next renewal", async () => {
  const stage = new Stage();
  const startedAtMs = stage.clock.monotonicMs();
  stage.owner.start();
  await stage.clock.until(() => stage.owner.isLeased);
  assert(stage.clock.monotonicMs() - startedAtMs < LEASE_RENEW_MS / 10);
});

test("once an invalidation is confirmed, no thread serves what it held, nor any list", async () => {
  const stage = await Stage.started();
  const lists = stage.threads[0]!.lists;
  for (const thread of [0, 1]) await stage.fetch(thread);
  await stage.settled(lists.fetch(EVERYTHING));
  assert.deepEqual([stage.cached(0), stage.cached(1), lists.cached(EVERYTHING)], [100, 100, 100]);
  assert.deepEqual(stage.owner.invalidate({ ...CHANGED, names: ["Tux", "Fox"] }), {});
  assert.equal(stage.cached(0), undefined);
  assert.equal(stage.cached(1), undefined);
  assert.equal(lists.cached(EVERYTHING), undefined);
  assert.equal(stage.owner.invalidated, 2);
});

test("an invalidation overtakes an answer that is on its way", async () => {
  const stage = await Stage.started();
  const fetching = stage.threads[0]!.products.fetch("Tux");
  stage.owner.invalidate({ ...CHANGED, names: ["Tux"] });
  assert.deepEqual(await stage.settled(fetching), { value: 100, outcome: "fetched" });
  assert.equal(stage.cached(0), undefined);
});

test("a malformed invalidation is refused", async () => {
  const stage = await Stage.started();
  const bodies = [null, { names: ["Tux"] }, { ...CHANGED, names: [7] },
    { ...CHANGED, names: ["Tux"], index: -1 }];
  for (const body of bodies) {
    assert.throws(() => stage.owner.invalidate(body), { reason: "bad_request" });
  }
});

test("cut off from the catalog it serves until its lease is over, and nothing after", async () => {
  const stage = await Stage.started();
  await stage.fetch(0);
  stage.catalog.state = "hung";
  await stage.clock.pass(LEASE_USED_MS / 2);
  assert.equal(stage.cached(0), 100);
  await stage.clock.pass(LEASE_USED_MS / 2);
  assert.equal(stage.cached(0), undefined);
  await assert.rejects(stage.settled(stage.threads[0]!.products.fetch("Tux")), {
    reason: "unavailable",
  });
  stage.quantity = 99;
  stage.catalog.state = "up";
  await stage.clock.until(() => stage.owner.isLeased);
  assert.equal(stage.cached(0), undefined, "the new lease revives nothing");
  assert.equal((await stage.fetch(0)).value, 99);
});

test("paused for longer than its lease, it wakes up and serves nothing it held", async () => {
  const stage = await Stage.started();
  await stage.fetch(0);
  stage.clock.jump(LEASE_MS);
  assert.equal(stage.cached(0), undefined);
  await stage.clock.until(() => stage.owner.isLeased);
  assert.equal(stage.cached(0), undefined);
});

for (const [what, lease] of [
  ["leadership", { leadership: "2.b", number: 1 }],
  ["number", { leadership: "1.a", number: 2 }],
] as const) {
  test(`a lease of another ${what} revives nothing`, async () => {
    const stage = await Stage.started();
    await stage.fetch(0);
    Object.assign(stage.lease, lease);
    assert.equal(stage.cached(0), 100);
    await stage.clock.until(() => stage.cached(0) === undefined);
    assert(stage.owner.isLeased, "it is the new lease under which that is a miss");
    await stage.fetch(0);
    assert.deepEqual(stage.catalog.bodies("/lookups").at(-1)!.lease, lease);
    assert.equal(stage.cached(0), 100);
  });
}

test("the catalog's next leader is asked for a lease at once, whatever hangs", async () => {
  const stage = await Stage.started();
  stage.catalog.state = "hung";
  const asked = stage.catalog.bodies("/lease").length;
  await stage.clock.until(() => stage.catalog.bodies("/lease").length > asked);
  stage.standby.state = "up";
  stage.standby.lead(2);
  await stage.clock.until(() => !stage.readiness.catalog);
  await stage.clock.until(() => stage.readiness.catalog);
  await stage.clock.pass(0);
  assert.equal(stage.standby.bodies("/lease").length, 1);
});

test("a purchase goes to the leader, and to the next one under its key", async () => {
  const stage = await Stage.started();
  const [, second, third] = stage.orders;
  third!.answers["/orders"] = () => {
    third!.state = "down";
    throw new AppError("unknown", "reset");
  };
  second!.answers["/orders"] = () => ({ results: [ORDERED] });
  assert.deepEqual(await stage.settled(stage.place()), ORDERED);
  const head = { sender: "1.a", orders: [TUX] };
  assert.deepEqual(third!.bodies("/orders"), [{ ...head, term: 1, batch: 1 }]);
  assert.deepEqual(second!.bodies("/orders"), [{ ...head, term: 2, batch: 2 }]);
  assert.deepEqual(stage.owner.handle("leader", null), { id: 2, term: 2 });
  assert.equal(third!.abandoned, 1);
});

for (const [orderQuorum, nominations] of [[1, 0], [2, 1]] as const) {
  const doing = nominations === 0 ? "is waited with" : "is nominated";
  test(`quorum ${orderQuorum} of three: who comes back alone ${doing}`, async () => {
    const stage = await Stage.started({ orderQuorum });
    for (const order of stage.orders) order.state = "down";
    await stage.clock.pass(GATHER_MS);
    stage.orders[0]!.state = "up";
    await stage.clock.pass(GATHER_MS / 2);
    assert.equal(stage.orders[0]!.nominations, nominations);
  });
}

test("a purchase that nobody takes is answered at its deadline", async () => {
  const stage = await Stage.started();
  for (const order of stage.orders) order.state = "down";
  assert.equal((await stage.settled(stage.place())).code, "unavailable");
  assert.deepEqual(stage.readiness, { orderLeader: false, catalog: true });
  assert.equal(stage.owner.handle("leader", null), null);
});

test("closed, it has given its lease back, and waits for nothing", async () => {
  const stage = await Stage.started();
  await stage.fetch(0);
  const closing = stage.owner.close();
  assert.equal(stage.cached(0), undefined);
  await stage.settled(closing);
  const { leadership, number } = stage.lease;
  assert.deepEqual(stage.catalog.bodies("/lease").at(-1), {
    frontend: 1,
    holds: { leadership, number },
    release: true,
  });
  await stage.clock.pass(LEASE_MS);
  assert.equal(stage.clock.pending, 0);
});
