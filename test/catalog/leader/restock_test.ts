/** What is out of stock comes back: by the clock, by the leader alone, once after a pause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { turn } from "../../support/hand_clock.ts";
import { buy, Store } from "../store.ts";

const EVERY_MS = 10_000;

async function soldOut(): Promise<Store> {
  const store = await Store.open({ restockMs: EVERY_MS });
  void store.sell(1, [buy("a", "Whale"), buy("b", "Tux", 99)]);
  await turn();
  store.log.commit();
  return store;
}

test("what is out of stock is set back, what is not stays as it is", async () => {
  const store = await soldOut();
  await store.clock.pass(EVERY_MS);
  store.log.commit();
  assert.equal((await store.look("Whale")).product.quantity, 100);
  assert.equal((await store.look("Tux")).product.quantity, 1);
});

test("it happens again and again, and writes no row when nothing is out of stock", async () => {
  const store = await soldOut();
  const rows = store.log.payloads.length;
  await store.clock.pass(3 * EVERY_MS);
  assert.equal(store.log.payloads.length, rows + 1);
  void store.sell(2, [buy("c", "Whale", 100)]);
  await store.clock.pass(EVERY_MS);
  assert.equal(store.state.products.find("Whale")!.restocked, 200);
});

test("the last piece counts as gone when its sale is decided", async () => {
  const store = await Store.open({ restockMs: EVERY_MS });
  void store.sell(1, [buy("a", "Whale")]);
  await store.clock.pass(EVERY_MS);
  assert.equal(store.state.products.find("Whale")!.quantity, 100);
});

test("after a pause of a minute there is one restock, not six", async () => {
  const store = await soldOut();
  const rows = store.log.payloads.length;
  store.clock.jump(6 * EVERY_MS);
  await store.clock.pass(0);
  assert.equal(store.log.payloads.length, rows + 1);
  void store.sell(2, [buy("c", "Whale", 100)]);
  await store.clock.pass(EVERY_MS - 1);
  assert.equal(store.state.products.find("Whale")!.quantity, 0);
});

test("who no longer leads restocks nothing", async () => {
  const store = await soldOut();
  const rows = store.log.payloads.length;
  store.log.leading = false;
  await store.clock.pass(EVERY_MS);
  assert.equal(store.log.payloads.length, rows, "not even before it was told");
  store.log.stepDown();
  await store.clock.pass(EVERY_MS);
  assert.equal(store.log.payloads.length, rows);
});

test("with 0 it never happens", async () => {
  const store = await Store.open({ restockMs: 0 });
  void store.sell(1, [buy("a", "Whale")]);
  await store.clock.pass(100 * EVERY_MS);
  assert.equal(store.state.products.find("Whale")!.quantity, 0);
});
