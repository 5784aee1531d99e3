/** What a catalog replica answers that does not lead: only what it was told is visible. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LEASE_MS, UNSHOWN_ROWS_MAX } from "../../../shared/limits.ts";
import type { FollowerRead, ListAnswer, LookupAnswer } from "../../../shared/messages/messages.ts";
import { turn } from "../../support/hand_clock.ts";
import { buy, Store } from "../store.ts";

/** Leads in its own term and copies every row to a follower, which hears of commits when told. */
class Pair {
  readonly leader: Store;
  readonly follower = new Store();
  #sold = 0;

  private constructor(leader: Store) {
    this.leader = leader;
  }

  static async open(): Promise<Pair> {
    const pair = new Pair(await Store.open());
    pair.copy();
    return pair;
  }

  /** A piece of it is sold, at the leader, and shown there. */
  async sell(name: string): Promise<number> {
    const sale = this.leader.sell(++this.#sold, [buy(`k${this.#sold}`, name)]);
    await turn();
    this.leader.log.commit();
    await sale;
    return this.leader.log.payloads.length;
  }

  copy(): void {
    const { payloads } = this.follower.log;
    for (const payload of this.leader.log.payloads.slice(payloads.length)) {
      payloads.push(payload);
      this.follower.catalog.onRow(payloads.length, 1, payload);
    }
  }

  commit(index?: number): void {
    this.copy();
    this.follower.log.commit(index);
  }

  ask(name: string, reads: FollowerRead): Promise<LookupAnswer> {
    const body = { names: [name], frontend: 1, lease: null, reads };
    return this.follower.ask("POST /lookups", body);
  }

  async quantity(name: string, reads: FollowerRead): Promise<number> {
    return (await this.ask(name, reads)).results[0]!.product.quantity;
  }
}

test("a follower shows what it is told is visible, and nothing beyond", async () => {
  const pair = await Pair.open();
  const first = await pair.sell("Tux");
  const second = await pair.sell("Tux");
  pair.commit();
  const { leadership, index, results } = await pair.ask("Tux", { least: first, visible: first });
  assert.deepEqual({ leadership, index }, { leadership: null, index: first });
  const { product, version, store } = results[0]!;
  assert.deepEqual([product.quantity, version, store], [99, first, false]);
  assert.equal(await pair.quantity("Tux", { least: first, visible: second }), 98);
  const other = await pair.ask("Tux", { least: second, visible: second });
  assert.equal(other.results[0]!.store, true, "nothing is on its way any more");
});

test("a follower that has not heard of the row's commit refuses", async () => {
  const pair = await Pair.open();
  const row = await pair.sell("Tux");
  pair.commit(row - 1);
  const reads = { least: row, visible: row };
  await assert.rejects(pair.ask("Tux", reads), { reason: "not_leader" });
  pair.commit();
  assert.equal(await pair.quantity("Tux", reads), 99);
  assert.equal(pair.follower.state.visibleIndex, row);
});

test("what became visible is shown to whoever knows less", async () => {
  const pair = await Pair.open();
  const first = await pair.sell("Tux");
  const second = await pair.sell("Tux");
  pair.commit();
  await pair.ask("Tux", { least: second, visible: second });
  assert.equal(await pair.quantity("Tux", { least: first, visible: first }), 98);
});

test("a list is answered in the same way", async () => {
  const pair = await Pair.open();
  const row = await pair.sell("Tux");
  pair.commit();
  const query = { topic: null, q: null, limit: 10, after: null };
  const ask = (reads?: FollowerRead): Promise<ListAnswer> =>
    pair.follower.ask("POST /lists", { lists: [query], frontend: 1, lease: null, reads });
  await assert.rejects(ask(), { reason: "not_leader" });
  const { leadership, results } = await ask({ least: row, visible: row });
  assert.equal(leadership, null);
  assert.deepEqual(results[0]!.products.map(({ quantity }) => quantity), [5, 99, 1]);
});

test("a replica that has lost rows answers no look-up", async () => {
  const pair = await Pair.open();
  pair.commit();
  pair.follower.log.isRecovering = true;
  await assert.rejects(pair.ask("Tux", { least: 1, visible: 1 }), { reason: "recovering" });
});

test("who led and was never open does not answer from what no leader has shown", async () => {
  const pair = await Pair.open();
  const row = await pair.sell("Tux");
  pair.commit(row - 1);
  const { follower } = pair;
  follower.log.lead(2, { bornNow: false });
  follower.log.stepDown();
  assert(follower.state.visibleIndex > row);
  await assert.rejects(pair.ask("Tux", { least: 1, visible: 1 }), { reason: "not_leader" });
  const visible = follower.log.commitIndex;
  assert.equal(await pair.quantity("Tux", { least: 1, visible }), 99);
});

test("who led and was open answers from what it has shown", async () => {
  const { leader } = await Pair.open();
  leader.log.stepDown();
  const body = { names: ["Tux"], frontend: 1, lease: null, reads: { least: 1, visible: 1 } };
  const { results } = await leader.ask<LookupAnswer>("POST /lookups", body);
  assert.equal(results[0]!.product.quantity, 100);
});

test("a leader answers as such, whatever it was taken for", async () => {
  const { leader } = await Pair.open();
  const body = { names: ["Tux"], frontend: 1, lease: null, reads: { least: 1, visible: 1 } };
  const { leadership } = await leader.ask<LookupAnswer>("POST /lookups", body);
  assert.equal(leadership, "1.start");
});

test("only so many rows are held back, and what is shown too early is not told", async () => {
  const pair = await Pair.open();
  const { follower } = pair;
  let row = follower.log.payloads.length;
  while (row <= UNSHOWN_ROWS_MAX + 5) {
    follower.state.apply(++row, { kind: "stock", name: "Tux", quantity: 1 });
  }
  follower.catalog.onCommit(row);
  const shown = row - UNSHOWN_ROWS_MAX;
  const tooEarly = pair.ask("Tux", { least: 1, visible: shown - 1 });
  await assert.rejects(tooEarly, { reason: "not_leader" });
  assert.equal((await pair.ask("Tux", { least: 1, visible: shown })).index, shown);
});

test("a leader that is not open tells nobody what is visible", async () => {
  const store = new Store({ frontends: [1, 2] });
  store.log.lead(4, { bornNow: false });
  const lease = await store.lease(1, null);
  assert.deepEqual([lease.index, lease.since], [0, 1]);
  await store.clock.pass(LEASE_MS / 2);
  assert.equal((await store.lease(1, lease)).index, 0);
  await store.clock.pass(LEASE_MS / 2);
  const other = await store.lease(2, null);
  assert.deepEqual([other.index, other.since], [1, 1]);
});

test("a lease says since when all is told, and so does each renewal", async () => {
  const store = await Store.open();
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  const lease = await store.lease(1, null);
  assert.deepEqual([lease.index, lease.since], [2, 3], "what is on its way counts");
  store.log.commit();
  void store.sell(2, [buy("b", "Tux")]);
  await turn();
  assert.deepEqual(await store.lease(1, lease), { ...lease, index: 3 });
});

test("an invalidation tells where its changes are, and what is visible by then", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  void store.sell(1, [buy("a", "Tux"), buy("b", "Tux")]);
  await turn();
  store.log.commit();
  const { names, index, visible } = store.invalidation();
  assert.deepEqual({ names, index, visible }, { names: ["Tux"], index: 4, visible: 2 });
});
