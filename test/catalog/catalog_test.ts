/** The order of things: on disk, then invalidated, then visible and answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INVALIDATE_RETRY_MS, LEASE_MS } from "../../shared/limits.ts";
import type { ListAnswer } from "../../shared/messages/messages.ts";
import { turn } from "../support/hand_clock.ts";
import { buy, isSettled, Store } from "./store.ts";

test("a sale is answered and shown once it is committed, when nobody holds a lease", async () => {
  const store = await Store.open();
  const sale = store.sell(1, [buy("a", "Tux", 3)]);
  assert.equal(await isSettled(sale), false);
  assert.equal((await store.look("Tux")).product.quantity, 100);
  store.log.commit();
  assert.deepEqual(await sale, { results: [{ code: "sold", sale: 1 }] });
  assert.deepEqual(await store.look("Tux"), {
    product: { name: "Tux", price: 15.99, quantity: 97 },
    version: store.log.payloads.length,
    store: true,
  });
});

test("nothing is invalidated before it is committed", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  assert.equal(store.invalidations.length, 0);
  store.log.commit();
  assert.deepEqual(store.invalidation().names, ["Tux"]);
});

test("a change is shown and answered once the leased front-end confirmed", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  const sale = store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  assert.equal(await isSettled(sale), false);
  assert.equal((await store.look("Tux", 1, lease)).product.quantity, 100);
  store.invalidation().confirm();
  assert.equal(await isSettled(sale), true);
  assert.equal((await store.look("Tux", 1, lease)).product.quantity, 99);
});

test("from decision to visibility the old value goes out, but not to be kept", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  assert.equal((await store.look("Tux")).store, true);
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  const decided = await store.look("Tux");
  assert.deepEqual([decided.product.quantity, decided.store], [100, false]);
  store.log.commit();
  const committed = await store.look("Tux");
  assert.deepEqual([committed.product.quantity, committed.store], [100, false]);
  assert.equal((await store.look("Lego")).store, true, "another product may be kept");
  store.invalidation().confirm();
  await turn();
  const visible = await store.look("Tux");
  assert.deepEqual([visible.product.quantity, visible.store], [99, true]);
});

test("a list may be kept only while no change of anything is on its way", async () => {
  const store = await Store.open();
  const query = { topic: null, q: null, limit: 2, after: null };
  const list = async () => {
    const body = { lists: [query], frontend: 1, lease: null };
    return (await store.ask<ListAnswer>("POST /lists", body)).results[0]!;
  };
  const before = await list();
  assert.deepEqual([before.version, before.store, before.more], [0, true, true]);
  void store.sell(1, [buy("a", "Whale")]);
  await turn();
  assert.equal((await list()).store, false);
  store.log.commit();
  const after = await list();
  assert.deepEqual([after.version, after.store], [store.log.payloads.length, true]);
});

test("names are told by ids, and only by a leader that is sure of itself", async () => {
  const toys = [{ name: "The Quorum", price: 1, quantity: 1, traits: { id: 8, topic: "x" } }];
  const store = await Store.open({ toys });
  const body = { ids: [8, 9], frontend: 1, lease: null };
  assert.deepEqual(await store.ask("POST /names", body), { results: ["The Quorum", null] });
  store.log.isConfirming = false;
  assert.equal(await isSettled(store.ask("POST /names", body)), false);
});

test("a dead front-end holds a change up until its lease ends, and no longer", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  const sale = store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  for (let tries = 0; tries < 3; tries++) {
    store.invalidation().fail();
    await store.clock.pass(INVALIDATE_RETRY_MS);
    assert.deepEqual(store.invalidation().names, ["Tux"], "it is tried again");
  }
  await store.clock.pass(LEASE_MS - 3 * INVALIDATE_RETRY_MS - 1);
  assert.equal(await isSettled(sale), false);
  await store.clock.pass(1);
  assert.equal(await isSettled(sale), true);
  assert.equal((await store.look("Tux")).product.quantity, 99);
});

test("a change waits for every leased front-end, and for no other", async () => {
  const store = await Store.open({ frontends: [1, 2, 3] });
  await store.lease(1, null);
  await store.lease(2, null);
  const sale = store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  assert.deepEqual(store.invalidations.map(({ frontend }) => frontend), [1, 2]);
  store.invalidations[0]!.confirm();
  assert.equal(await isSettled(sale), false);
  store.invalidations[0]!.confirm();
  assert.equal(await isSettled(sale), true);
});

test("what changes while an invalidation is under way goes together, each name once", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  const later = store.sell(2, [buy("b", "Lego"), buy("c", "Tux"), buy("d", "Tux")]);
  await turn();
  store.log.commit();
  const first = store.invalidation();
  assert.deepEqual(first.names, ["Tux"]);
  first.confirm();
  await turn();
  assert.equal((await store.look("Tux")).product.quantity, 99, "log order, row by row");
  assert.deepEqual(store.invalidation().names, ["Lego", "Tux"]);
  store.invalidation().confirm();
  assert.equal(await isSettled(later), true);
});

test("a refusal leaves no earlier than the sales that it counted are visible", async () => {
  const store = await Store.open();
  const taken = store.sell(1, [buy("a", "Whale")]);
  const refused = store.sell(2, [buy("b", "Whale"), buy("c", "Nothing")]);
  assert.equal(await isSettled(refused), false);
  store.log.commit();
  assert.deepEqual(await refused, {
    results: [{ code: "out_of_stock", left: 0 }, { code: "not_found" }],
  });
  assert.equal(await isSettled(taken), true);
});

test("a batch that changes nothing is answered at once and writes no row", async () => {
  const store = await Store.open();
  const rows = store.log.payloads.length;
  const { results } = await store.sell(1, [buy("a", "Nothing")]);
  assert.deepEqual(results, [{ code: "not_found" }]);
  assert.equal(store.log.payloads.length, rows);
});

test("a batch is one proposal, whatever its size", async () => {
  const store = await Store.open();
  let proposals = 0;
  const propose = store.log.propose.bind(store.log);
  store.log.propose = (payloads) => {
    proposals += 1;
    return propose(payloads);
  };
  void store.sell(1, Array.from({ length: 50 }, (_, at) => buy(`k${at}`, "Tux")));
  await turn();
  assert.equal(proposals, 1);
});

test("who waits when the leader steps down is told, and nothing stays behind", async () => {
  const store = await Store.open();
  const sale = store.sell(1, [buy("a", "Tux", 7)]);
  await turn();
  store.log.stepDown();
  await assert.rejects(sale, { reason: "not_leader" });
  store.catalog.onCut(store.log.commitIndex);
  store.log.payloads.length = store.log.commitIndex;
  await assert.rejects(store.look("Tux"), { reason: "not_leader" });
  store.log.lead(2, { bornNow: true });
  assert.equal((await store.look("Tux")).product.quantity, 100);
  assert.equal(store.state.ledger.next, 1);
});

test("a replica that was born with other products does not take the log", async () => {
  const store = await Store.open();
  const other = new Store({ toys: [{ name: "Tux", price: 1, quantity: 1 }] });
  assert.throws(() => other.catalog.onRow(1, 1, store.log.payloads[0]!), { reason: "conflict" });
});
