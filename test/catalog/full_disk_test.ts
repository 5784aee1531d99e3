/** A catalog whose disk is full: nothing new is sold, and nothing that was sold gets lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { turn } from "../support/hand_clock.ts";
import { buy, Store } from "./store.ts";

const NO_ROOM = { code: "unavailable", message: "The disk of the catalog is full" };
const RESTOCK_MS = 10_000;

async function filled(): Promise<Store> {
  const store = await Store.open({ restockMs: RESTOCK_MS });
  void store.sell(1, [buy("a", "Whale")]);
  await turn();
  store.log.commit();
  store.log.isFull = true;
  return store;
}

test("with a full disk what is new is not decided, what was sold is still answered", async () => {
  const store = await filled();
  const rows = store.log.payloads.length;
  const { results } = await store.sell(2, [
    buy("b", "Tux"), buy("a", "Whale"), buy("c", "Whale"), { ...buy("d", "Tux"), type: "sell" },
  ]);
  assert.deepEqual(results, [NO_ROOM, { code: "sold", sale: 1 }, NO_ROOM, NO_ROOM]);
  assert.equal(store.log.payloads.length, rows);
  assert.equal(store.state.products.find("Tux")!.quantity, 100);
});

test("the refusal of a batch is its answer, also when it is repeated with room again", async () => {
  const store = await filled();
  await store.sell(2, [buy("b", "Tux")]);
  store.log.isFull = false;
  assert.deepEqual(await store.sell(2, [buy("b", "Tux")]), { results: [NO_ROOM] });
  const sale = store.sell(3, [buy("b", "Tux")]);
  await turn();
  store.log.commit();
  assert.deepEqual(await sale, { results: [{ code: "sold", sale: 2 }] });
});

test("with a full disk a new order leader still fences, and learns what was sold", async () => {
  const store = await filled();
  const { sales } = await store.fence(2, 1);
  assert.deepEqual(sales, [{ ...buy("a", "Whale"), sale: 1 }]);
});

test("with a full disk nothing is restocked; with room, at the next time", async () => {
  const store = await filled();
  const rows = store.log.payloads.length;
  await store.clock.pass(RESTOCK_MS);
  assert.equal(store.log.payloads.length, rows);
  store.log.isFull = false;
  await store.clock.pass(RESTOCK_MS);
  assert.equal(store.log.payloads.length, rows + 1);
});
