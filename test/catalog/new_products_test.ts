/** Products that the admin makes and removes: there for everyone at one instant, or for nobody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCheckpoint } from "../../catalog/state/state_checkpoint.ts";
import type { InitialProduct } from "../../catalog/state/products.ts";
import { nameOf as nameOfId } from "../../catalog/calls/shown_products.ts";
import { CatalogState } from "../../catalog/state/catalog_state.ts";
import type { AdminAnswer, AdminChange, NewProduct } from "../../shared/messages/admin.ts";
import { ID_MAX } from "../../shared/limits.ts";
import type { ListAnswer, LookupAnswer, NamesAnswer } from "../../shared/messages/messages.ts";
import { turn } from "../support/hand_clock.ts";
import { buy, isSettled, Store, TOYS } from "./store.ts";

const FOX: NewProduct = { kind: "create", name: "Fox", price: 2.5, quantity: 10, traits: {} };
const BOOKS: InitialProduct[] = [
  { name: "Paxos", price: 5, quantity: 9, traits: { id: 4, topic: "consensus" } },
  { name: "Raft", price: 6, quantity: 9, traits: { id: 2, topic: "consensus" } },
];

let batches = 0;

function ask(store: Store, change: AdminChange): Promise<AdminAnswer> {
  return store.ask("POST /admin", { term: 1, sender: "1.a", batch: ++batches, ...change });
}

async function done(store: Store, change: AdminChange): Promise<AdminAnswer> {
  const asking = ask(store, change);
  await turn();
  store.log.commit();
  return asking;
}

const removal = (name: string, versions: number[] | null = null): AdminChange =>
  ({ kind: "remove", name, versions });

function book(name: string, id?: number): NewProduct {
  const traits = { topic: "time", ...(id === undefined ? {} : { id }) };
  return { kind: "create", name, price: 1, quantity: 3, traits };
}

async function shown(store: Store, name: string): Promise<object | null> {
  const body = { names: [name], frontend: 1, lease: null };
  const { results } = await store.ask<LookupAnswer>("POST /lookups", body);
  return results[0]?.product ?? null;
}

async function listed(store: Store, by?: "id"): Promise<string[]> {
  const query = { topic: null, q: null, limit: 100, after: null, ...(by && { by }) };
  const body = { lists: [query], frontend: 1, lease: null };
  const { results } = await store.ask<ListAnswer>("POST /lists", body);
  return results[0]!.products.map(({ name }) => name);
}

async function nameOf(store: Store, id: number): Promise<string | null> {
  const body = { ids: [id], frontend: 1, lease: null };
  return (await store.ask<NamesAnswer>("POST /names", body)).results[0]!;
}

test("a new product is found and listed once every cache has heard of it, not before", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  const making = ask(store, FOX);
  await turn();
  store.log.commit();
  assert.equal(await isSettled(making), false, "a list in a cache may still lack it");
  assert.deepEqual([await shown(store, "Fox"), await listed(store)], [
    null, ["Lego", "Tux", "Whale"],
  ]);
  assert.deepEqual(store.invalidation().names, ["Fox"]);
  store.invalidation().confirm();
  const fox = { name: "Fox", price: 2.5, quantity: 10 };
  assert.deepEqual(await making, { product: fox, version: store.log.payloads.length });
  assert.deepEqual(await shown(store, "Fox"), fox);
  assert.deepEqual(await listed(store), ["Fox", "Lego", "Tux", "Whale"]);
});

test("what is removed is sold no more, and shown until every cache has dropped it", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  const removing = ask(store, removal("Tux"));
  await turn();
  const selling = store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  assert.equal(await isSettled(selling), false, "the refusal rests on the removal");
  assert.deepEqual(await shown(store, "Tux"), { name: "Tux", price: 15.99, quantity: 100 });
  store.invalidation().confirm();
  await removing;
  assert.deepEqual((await selling).results, [{ code: "not_found" }]);
  assert.deepEqual([await shown(store, "Tux"), await listed(store)], [null, ["Lego", "Whale"]]);
  await assert.rejects(ask(store, removal("Tux")), { reason: "not_found" });
});

test("one that was sold before it went keeps its sale under its key", async () => {
  const store = await Store.open();
  const selling = store.sell(1, [buy("a", "Tux", 30)]);
  await turn();
  await done(store, removal("Tux"));
  assert.deepEqual((await selling).results, [{ code: "sold", sale: 1 }]);
  const again = await store.sell(2, [buy("a", "Tux", 30)]);
  assert.deepEqual(again.results, [{ code: "sold", sale: 1 }]);
});

test("there is one of a name: of two who make it at the same moment one does", async () => {
  const store = await Store.open();
  await assert.rejects(ask(store, { ...FOX, name: "Tux" }), { reason: "conflict" });
  const both = Promise.allSettled(["1.a", "2.a"].map((sender) =>
    store.ask("POST /admin", { term: 1, batch: ++batches, ...FOX, sender })));
  await turn();
  store.log.commit();
  assert.deepEqual((await both).map(({ status }) => status), ["fulfilled", "rejected"]);
});

test("who changed a product is told so though it was removed at the same moment", async () => {
  const store = await Store.open();
  const patching = ask(store, { kind: "patch", name: "Tux", price: 3, versions: null });
  await turn();
  await done(store, removal("Tux"));
  assert.deepEqual((await patching).product, { name: "Tux", price: 3, quantity: 100 });
});

test("a removal can hang on a version, and wants room on the disk", async () => {
  const store = await Store.open();
  const { version } = await done(store, FOX);
  await assert.rejects(ask(store, removal("Fox", [version - 1])), {
    reason: "precondition_failed",
  });
  store.log.isFull = true;
  await assert.rejects(ask(store, removal("Fox", [version])), { reason: "unavailable" });
  await assert.rejects(ask(store, { ...FOX, name: "Owl" }), { reason: "unavailable" });
  store.log.isFull = false;
  await done(store, removal("Fox", [version]));
});

test("what comes again goes on with its books, and with a volume of its own", async () => {
  const toys = [{ name: "FishCo", price: 1, quantity: 10, traits: { max_volume: 8 } }];
  const store = await Store.open({ toys });
  const selling = store.sell(1, [buy("a", "FishCo", 6)]);
  await turn();
  store.log.commit();
  await selling;
  await done(store, removal("FishCo"));
  const again = { kind: "create", name: "FishCo", price: 2, quantity: 20 } as const;
  const { product } = await done(store, { ...again, traits: { max_volume: 7 } });
  const expected = { name: "FishCo", price: 2, quantity: 20, max_volume: 7, volume: 0 };
  assert.deepEqual(product, expected);
  assert.deepEqual(await shown(store, "FishCo"), expected);
  const trading = store.sell(2, [buy("b", "FishCo", 5), buy("c", "FishCo", 3)]);
  await turn();
  store.log.commit();
  assert.deepEqual((await trading).results, [
    { code: "sold", sale: 2 }, { code: "over_volume", left: 2 },
  ]);
  const { initial, added, bought, quantity } = store.state.products.find("FishCo")!;
  assert.deepEqual({ initial, added, bought, quantity }, {
    initial: 10, added: -4 + 20, bought: 11, quantity: 15,
  });
});

test("ids count on from the highest there ever was, and each is of one name for ever", async () => {
  const store = await Store.open({ toys: BOOKS });
  assert.equal((await done(store, book("Clocks"))).product.id, 5);
  assert.equal((await done(store, book("Leases", 9))).product.id, 9);
  await done(store, removal("Leases"));
  assert.deepEqual([await nameOf(store, 9), await nameOf(store, 5)], ["Leases", "Clocks"]);
  await assert.rejects(ask(store, book("Other", 9)), { reason: "conflict" });
  await assert.rejects(ask(store, book("Other", 4)), { reason: "conflict" });
  await assert.rejects(ask(store, book("Leases", 3)), { reason: "conflict" });
  assert.equal((await done(store, book("Other"))).product.id, 10);
  assert.equal((await done(store, book("Leases"))).product.id, 9);
  assert.equal((await done(store, book("Between", 3))).product.id, 3);
  assert.deepEqual(await listed(store, "id"), [
    "Raft", "Between", "Paxos", "Clocks", "Leases", "Other",
  ]);
  await done(store, book("Last", ID_MAX));
  await assert.rejects(ask(store, book("Beyond")), { reason: "conflict" });
});

test("an empty shelf is filled again, but not that of what is gone", async () => {
  const store = await Store.open({ restockMs: 1_000 });
  await done(store, { ...FOX, quantity: 0 });
  await done(store, removal("Tux"));
  await store.clock.pass(1_000);
  store.log.commit();
  assert.deepEqual(await shown(store, "Fox"), { name: "Fox", price: 2.5, quantity: 100 });
  assert.equal(store.state.products.find("Tux")!.quantity, 0);
});

test("a product whose row is cut never was, and a removal that is cut did nothing", () => {
  const state = new CatalogState(BOOKS);
  const before = state.snapshot();
  const traits = { id: 5, topic: "time" };
  state.apply(1, { kind: "product", name: "Clocks", price: 1, quantity: 3, traits });
  state.apply(2, { kind: "remove", name: "Raft", quantity: -9 });
  state.apply(3, { kind: "product", name: "Raft", price: 8, quantity: 1, traits: { id: 2 } });
  assert.deepEqual([state.products.size, state.products.lastId], [3, 5]);
  state.cut(0);
  assert.equal(state.snapshot(), before);
  assert.deepEqual([state.products.size, state.products.lastId], [2, 4]);
  assert.equal(state.products.findById(5), undefined);
  state.apply(1, { kind: "product", name: "Other", price: 1, quantity: 3, traits });
  assert.equal(nameOfId(state, 5), null, "nobody has been shown it");
  state.reveal(1);
  assert.equal(nameOfId(state, 5), "Other");
});

test("a checkpoint knows of those who are gone, and its reader of no others", () => {
  const state = new CatalogState(TOYS);
  state.apply(1, { kind: "product", name: "Fox", price: 1, quantity: 3, traits: {} });
  state.apply(2, { kind: "remove", name: "Fox", quantity: -3 });
  const copy = new CatalogState([]);
  copy.restore(readCheckpoint(state.snapshot()));
  assert.equal(copy.products.size, TOYS.length);
  assert.equal(copy.products.find("Fox")!.life.isHere, false);
  assert.equal(copy.snapshot(), state.snapshot());
});
