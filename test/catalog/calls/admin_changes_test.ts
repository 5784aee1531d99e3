/** What the admin changes: decided at once, shown when every cache has dropped it, once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CatalogState } from "../../../catalog/state/catalog_state.ts";
import type { AdminAnswer, AdminChange, ProductPatch } from "../../../shared/messages/admin.ts";
import { STOCK_MAX } from "../../../shared/limits.ts";
import type { Arrival } from "../../../shared/cluster/sequence_guard.ts";
import { turn } from "../../support/hand_clock.ts";
import { buy, isSettled, Store, TOYS } from "../store.ts";

let batches = 0;

type Change = Partial<ProductPatch & Arrival>;

function ask(store: Store, request: AdminChange & Partial<Arrival>): Promise<AdminAnswer> {
  return store.ask("POST /admin", { term: 1, sender: "1.a", batch: ++batches, ...request });
}

function change(store: Store, request: Change): Promise<AdminAnswer> {
  return ask(store, { kind: "patch", name: "Tux", versions: null, ...request });
}

async function changed(store: Store, request: Change): Promise<AdminAnswer> {
  const changing = change(store, request);
  await turn();
  store.log.commit();
  return changing;
}

test("price and quantity are set in one append, and shown at one instant", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  const rows = store.log.payloads.length;
  const changing = change(store, { price: 0.5, quantity: 7 });
  await turn();
  assert.equal(store.log.payloads.length, rows + 2);
  const shown = async () => {
    const { product: { price, quantity }, store: mayBeKept } = await store.look("Tux");
    return [price, quantity, mayBeKept];
  };
  assert.deepEqual(await shown(), [15.99, 100, false]);
  store.log.commit();
  await turn();
  assert.equal(await isSettled(changing), false, "a cache may still have it");
  assert.deepEqual(await shown(), [15.99, 100, false]);
  assert.deepEqual(store.invalidation().names, ["Tux"]);
  store.invalidation().confirm();
  assert.deepEqual(await changing, {
    product: { name: "Tux", price: 0.5, quantity: 7 }, version: rows + 2,
  });
  assert.deepEqual(await shown(), [0.5, 7, true]);
});

test("pieces are added and taken away, never below nothing nor beyond all bounds", async () => {
  const store = await Store.open();
  assert.equal((await changed(store, { added: 20 })).product.quantity, 120);
  assert.equal((await changed(store, { added: -120 })).product.quantity, 0);
  await assert.rejects(change(store, { added: -1 }), { reason: "conflict" });
  await assert.rejects(change(store, { added: STOCK_MAX + 1 }), { reason: "bad_request" });
  assert.equal((await changed(store, { added: STOCK_MAX })).product.quantity, STOCK_MAX);
  await assert.rejects(change(store, { added: 1 }), { reason: "conflict" });
  const { initial, added, bought } = store.state.products.find("Tux")!;
  assert.deepEqual({ initial, added, bought }, {
    initial: 100, added: STOCK_MAX - 100, bought: 0,
  });
});

test("a quantity is set against what is decided by then, sales under way too", async () => {
  const store = await Store.open();
  const selling = store.sell(1, [buy("a", "Tux", 30)]);
  const changing = change(store, { quantity: 100 });
  await turn();
  store.log.commit();
  await selling;
  assert.equal((await changing).product.quantity, 100);
  assert.equal(store.state.products.find("Tux")!.added, 30);
});

test("a condition holds of the decided state, and its refusal waits for the rows", async () => {
  const store = await Store.open();
  const { version } = await changed(store, { price: 1 });
  await assert.rejects(change(store, { price: 2, versions: [] }), {
    reason: "precondition_failed",
  });
  const second = await changed(store, { price: 2, versions: [0, version] });
  assert.equal(second.product.price, 2);
  const selling = store.sell(1, [buy("a", "Tux")]);
  await turn();
  const late = change(store, { price: 3, versions: [second.version] });
  late.catch(() => {});
  assert.equal(await isSettled(late), false, "what refuses it may still be cut");
  store.log.commit();
  await selling;
  await assert.rejects(late, { reason: "precondition_failed" });
  assert.equal((await store.look("Tux")).product.price, 2);
});

test("a change that comes twice happens once, and one for another term not at all", async () => {
  const store = await Store.open();
  const copied = { added: 5, batch: ++batches };
  await changed(store, copied);
  await assert.rejects(change(store, copied), { reason: "unknown" });
  await assert.rejects(change(store, { added: 5, term: 2 }), { reason: "not_leader" });
  assert.equal((await store.look("Tux")).product.quantity, 105);
});

test("of two changes under the same condition at the same moment one is made", async () => {
  const store = await Store.open();
  const both = [{ price: 1 }, { price: 2 }].map((what, nth) =>
    change(store, { ...what, versions: [0], sender: `${nth}.a` }));
  const settled = Promise.allSettled(both);
  await turn();
  store.log.commit();
  assert.deepEqual((await settled).map(({ status }) => status), ["fulfilled", "rejected"]);
  assert.equal((await store.look("Tux")).product.price, 1);
});

test("two who take the last pieces at the same moment: one gets them", async () => {
  const store = await Store.open();
  const taking = Promise.allSettled(["1.a", "2.a"].map((sender) =>
    change(store, { added: -100, sender })));
  await turn();
  store.log.commit();
  assert.deepEqual((await taking).map(({ status }) => status), ["fulfilled", "rejected"]);
  assert.equal((await store.look("Tux")).product.quantity, 0);
});

test("no such product, no room, and a leader that is cut off are told apart", async () => {
  const store = await Store.open();
  await assert.rejects(change(store, { name: "Nobody", price: 1 }), { reason: "not_found" });
  store.log.isFull = true;
  await assert.rejects(change(store, { price: 1 }), { reason: "unavailable" });
  store.log.isFull = false;
  const changing = change(store, { price: 1 });
  changing.catch(() => {});
  await turn();
  store.catalog.onStepDown();
  await assert.rejects(changing, { reason: "unknown" });
});

test("what is cut was not changed, and rows say all that there is to know", () => {
  const state = new CatalogState(TOYS);
  const before = state.snapshot().replace(/"index":\d+/, "");
  state.apply(1, { kind: "price", name: "Tux", price: 3 });
  state.apply(2, { kind: "stock", name: "Tux", quantity: -40 });
  state.apply(3, { kind: "price", name: "Tux", price: 4 });
  state.cut(2);
  state.reveal(2);
  const { price, visiblePrice, quantity, added, version } = state.products.find("Tux")!;
  assert.deepEqual({ price, visiblePrice, quantity, added, version }, {
    price: 3, visiblePrice: 3, quantity: 60, added: -40, version: 2,
  });
  const cut = new CatalogState(TOYS);
  cut.apply(1, { kind: "price", name: "Tux", price: 3 });
  cut.apply(2, { kind: "stock", name: "Tux", quantity: -40 });
  cut.cut(0);
  assert.equal(cut.snapshot().replace(/"index":\d+/, ""), before);
});
