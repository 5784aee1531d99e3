/** Order replicas in the middle of a store: who leads when a disk is full or the catalog away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CATALOG_LOST_MS,
  DISK_RESERVE_BYTES,
  FAIL_FAST_MS,
  LEADER_LEASE_MS,
  STEP_ASIDE_RETRY_MS,
} from "../../shared/limits.ts";
import { SmallStore } from "./small_store.ts";

const FULL = DISK_RESERVE_BYTES - 1;
/** Time for a look at the disk, a look around and a hand-over. */
const SOON_MS = 500;

function ordered(number: number, replayed = false) {
  return { code: "ordered", number, replayed };
}

test("a leader whose disk is full gives way, and the next one goes on selling", async (t) => {
  const store = await SmallStore.open(t);
  store.order(3).disk.setFreeBytes(FULL);
  await store.until(() => store.order(2).service.leading, SOON_MS);
  await store.until(() => !store.order(3).service.leading, SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
  assert.deepEqual(await store.buy("first"), ordered(1, true));
});

test("a full follower is not the one that takes over", async (t) => {
  const store = await SmallStore.open(t);
  for (const id of [2, 3]) store.order(id).disk.setFreeBytes(FULL);
  await store.until(() => store.order(1).service.leading, SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
});

test("with all disks full the leader stays, refuses what is new, finds what is old", async (t) => {
  const store = await SmallStore.open(t);
  const { term } = store.leader.service;
  for (const { disk } of store.orders) disk.setFreeBytes(FULL);
  await store.pass(3 * STEP_ASIDE_RETRY_MS);
  assert.equal(store.leader.service.term, term);
  assert.equal((await store.health(store.leader)).serving, true);
  assert.equal((await store.buy("a")).code, "unavailable");
  const found = store.leader.service.handle("POST /orders/find", { numbers: [1] });
  assert.deepEqual(await store.settle(found), {
    results: [{ number: 1, name: "Tux", type: "buy", quantity: 1 }],
  });
  for (const { disk } of store.orders) disk.setFreeBytes(Infinity);
  await store.pass(SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
});

test("a leader that lost the catalog gives way to one that reaches it", async (t) => {
  const store = await SmallStore.open(t);
  store.cut(store.order(3), store.catalogs[0]!);
  await store.pass(CATALOG_LOST_MS);
  assert(store.order(3).service.leading, "it may come back");
  await store.until(() => store.order(2).service.leading, CATALOG_LOST_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
  assert(!store.order(3).service.leading);
});

test("only one that reaches the catalog takes over", async (t) => {
  const store = await SmallStore.open(t);
  for (const id of [2, 3]) store.cut(store.order(id), store.catalogs[0]!);
  await store.until(() => store.order(1).service.leading, 2 * CATALOG_LOST_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
});

test("neither of two that lack one thing each gives way to the other", async (t) => {
  const store = await SmallStore.open(t);
  const { term } = store.leader.service;
  store.cut(store.order(3), store.catalogs[0]!);
  store.order(2).disk.setFreeBytes(FULL);
  store.order(1).machine.pause();
  await store.pass(5 * STEP_ASIDE_RETRY_MS);
  assert.equal(store.leader.service.term, term);
});

test("with the catalog away from all nobody gives way, and selling goes on after", async (t) => {
  const store = await SmallStore.open(t);
  const { term } = store.leader.service;
  for (const order of store.orders) store.cut(order, store.catalogs[0]!);
  await store.pass(FAIL_FAST_MS + CATALOG_LOST_MS);
  assert.equal(store.leader.service.term, term);
  assert.equal((await store.health(store.leader)).details["catalog"], false);
  store.mend();
  await store.pass(SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
});

test("a catalog that is away for less than a second costs no change of leader", async (t) => {
  const store = await SmallStore.open(t);
  const { term } = store.leader.service;
  for (let i = 0; i < 5; i++) {
    store.cut(store.order(3), store.catalogs[0]!);
    await store.pass(CATALOG_LOST_MS - 100);
    store.mend();
    await store.pass(SOON_MS);
  }
  assert.equal(store.leader.service.term, term);
  assert.deepEqual(await store.buy("a"), ordered(2));
});

test("a sale whose answer the leader never gets has its order from the next one", async (t) => {
  const store = await SmallStore.open(t);
  const old = store.order(3);
  const asked = store.ask("a");
  await store.until(() => store.catalogs[0]!.service.lastIndex === 4);
  store.cut(old, store.catalogs[0]!);
  assert.equal((await store.settle(asked)).code, "unknown");
  await store.until(() => store.order(2).service.leading);
  await store.pass(SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2, true));
});

test("told to stop at any moment of giving way, a leader hands over once", async (t) => {
  let wasInTheMiddle = false;
  for (let stopMs = 0; stopMs < 150; stopMs += 5) {
    const store = await SmallStore.open(t);
    const old = store.order(3);
    old.disk.setFreeBytes(FULL);
    await store.pass(stopMs);
    wasInTheMiddle ||= old.service.leading && !(await store.health(old)).serving;
    await store.settle(old.service.retire());
    await store.until(() => store.leader !== old, LEADER_LEASE_MS);
    assert.deepEqual(await store.buy("a"), ordered(2));
    assert.equal(store.leader.service.term, 2, `after ${stopMs} ms`);
    await store.settle(old.service.close());
  }
  assert(wasInTheMiddle);
});

test("a catalog leader whose disk is full gives way, and selling goes on", async (t) => {
  const store = await SmallStore.open(t, { catalogs: 3 });
  const [first] = store.catalogs;
  first!.disk.setFreeBytes(FULL);
  await store.until(() => !first!.service.leading, SOON_MS);
  await store.pass(SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
  assert.notEqual(store.catalogLeader, first);
});

test("a catalog alone whose disk is full sells nothing, and goes on with room", async (t) => {
  const store = await SmallStore.open(t);
  const [catalog] = store.catalogs;
  catalog!.disk.setFreeBytes(FULL);
  await store.pass(SOON_MS);
  assert.deepEqual(await store.buy("a"), {
    code: "unavailable",
    message: "The disk of the catalog is full",
  });
  catalog!.disk.setFreeBytes(Infinity);
  await store.pass(SOON_MS);
  assert.deepEqual(await store.buy("a"), ordered(2));
});

test("the log says whose leader is followed", async (t) => {
  const store = await SmallStore.open(t);
  const line = store.order(3).lines.find((text) => text.includes("following a leader"));
  assert.equal(JSON.parse(line!).group, "catalogs");
});
