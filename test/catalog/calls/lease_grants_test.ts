/** Leases as front-ends meet them: by calls, with changes on their way and a new leader. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INVALIDATE_PATIENCE_MS, INVALIDATE_RETRY_MS, LEASE_MS } from "../../../shared/limits.ts";
import { turn } from "../../support/hand_clock.ts";
import { buy, isSettled, Store } from "../store.ts";

async function sold(store: Store, batch: number, name = "Tux"): Promise<Promise<unknown>[]> {
  const sale = store.sell(batch, [buy(`key-${batch}`, name)]);
  await turn();
  store.log.commit();
  return [sale];
}

test("a lease names the leadership, its number and the last visible row", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  const at = { index: 2, since: 2, leaseMs: LEASE_MS };
  assert.deepEqual(lease, { leadership: "1.start", number: 1, ...at });
  assert.deepEqual(await store.lease(1, lease), lease);
});

test("a front-end that is not in FRONTENDS gets no lease", async () => {
  const store = await Store.open();
  await assert.rejects(store.lease(2, null), { reason: "bad_request" });
});

test("a first lease waits for a majority to confirm the leader, a renewal does not", async () => {
  const store = await Store.open();
  store.log.isConfirming = false;
  const asked = store.lease(1, null);
  assert.equal(await isSettled(asked), false);
  store.log.confirmAll();
  const lease = await asked;
  assert.equal(await isSettled(store.lease(1, lease)), true);
});

test("no more lease while an invalidation goes unconfirmed for too long", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  await sold(store, 1);
  await store.clock.pass(INVALIDATE_PATIENCE_MS - 1);
  await store.lease(1, lease);
  await store.clock.pass(1);
  await assert.rejects(store.lease(1, lease), { reason: "unavailable" });
  await assert.rejects(store.lease(1, null), { reason: "unavailable" });
  store.invalidation().confirm();
  await turn();
  assert.equal((await store.lease(1, lease)).number, 1);
});

test("one that let its lease run out must answer before it gets another", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  const [sale] = await sold(store, 1);
  store.invalidation().fail();
  await store.clock.pass(INVALIDATE_RETRY_MS);
  await store.clock.pass(LEASE_MS);
  await sale;
  store.invalidation().fail();
  await turn();
  await assert.rejects(store.lease(1, lease), { reason: "unavailable" });
  assert.deepEqual(store.invalidation().names, [], "it is asked whether it hears");
  const [second] = await sold(store, 2);
  await second;
  store.invalidation().confirm();
  await turn();
  assert.equal((await store.lease(1, lease)).number, 2);
});

test("a stopping front-end frees what waits for it", async () => {
  const store = await Store.open();
  const holds = await store.lease(1, null);
  const [sale] = await sold(store, 1);
  assert.equal(await isSettled(sale!), false);
  const { leadership, number } = holds;
  const request = { frontend: 1, holds: { leadership, number }, release: true };
  assert.equal((await store.ask<{ leaseMs: number }>("POST /lease", request)).leaseMs, 0);
  assert.equal(await isSettled(sale!), true);
});

test("an old copy of a first request does not free a change that its sender holds up", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  const [sale] = await sold(store, 1);
  const copy = await store.lease(1, null);
  assert.equal(copy.number, 2);
  assert.equal(await isSettled(sale!), false, "it may still be serving under number 1");
  store.invalidation().confirm();
  assert.equal(await isSettled(sale!), true);
  assert.equal((await store.lease(1, lease)).number, 3, "and drops its cache once more");
});

test("a new lease need not confirm what was decided before it", async () => {
  const store = await Store.open();
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  const lease = await store.lease(1, null);
  assert.equal((await store.look("Tux", 1, lease)).store, false, "it can keep nothing of it");
  store.log.commit();
  assert.equal(store.invalidations.length, 0);
  assert.equal((await store.look("Tux", 1, lease)).product.quantity, 99);
});

test("a process that slept over a lease's end does not renew it when it wakes", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  const [sale] = await sold(store, 1);
  store.clock.jump(LEASE_MS);
  await assert.rejects(store.lease(1, lease), { reason: "unavailable" });
  assert.equal(await isSettled(sale!), true, "the end of the lease came first");
  store.invalidation().confirm();
  await turn();
  assert.equal((await store.lease(1, lease)).number, 2);
});

test("without its lease a front-end is answered only after a majority confirmed", async () => {
  const store = await Store.open();
  const lease = await store.lease(1, null);
  store.log.isConfirming = false;
  assert.equal(await isSettled(store.look("Tux", 1, lease)), true);
  for (const holds of [null, { ...lease, number: 2 }, { ...lease, leadership: "0.other" }]) {
    const asked = store.look("Tux", 1, holds);
    assert.equal(await isSettled(asked), false);
    store.log.confirmAll();
    await asked;
  }
});

test("a new leader answers nothing until every front-end has dropped its cache", async () => {
  const store = new Store({ frontends: [1, 2] });
  store.log.lead(4, { bornNow: false });
  const look = store.look("Tux");
  const fence = store.ask("POST /fence", { term: 1, leader: 3 });
  const first = await store.lease(1, null);
  const second = await store.lease(2, { leadership: "3.before", number: 7 });
  await store.lease(1, first);
  assert.equal(await isSettled(look), false);
  assert.equal(store.log.payloads.length, 1, "no fence row either");
  await store.lease(2, second);
  assert.equal(await isSettled(look), true);
  store.log.commit();
  await fence;
});

test("a new leader whose front-ends are silent answers after one lease", async () => {
  const store = new Store({ frontends: [1, 2] });
  store.log.lead(4, { bornNow: false });
  const look = store.look("Tux");
  await store.clock.pass(LEASE_MS - 1);
  assert.equal(await isSettled(look), false);
  await store.clock.pass(1);
  assert.equal(await isSettled(look), true);
});

test("a leader that steps down before it was open answers that it does not lead", async () => {
  const store = new Store();
  store.log.lead(4, { bornNow: false });
  const look = store.look("Tux");
  await turn();
  store.log.stepDown();
  await assert.rejects(look, { reason: "not_leader" });
});
