/** Fences, sessions and batches as order leaders meet them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCheckpoint } from "../../../catalog/state/state_checkpoint.ts";
import { fencePayload } from "../../../catalog/state/rows.ts";
import { SESSION_WINDOW_BATCHES, TERM_JUMP_MAX, TERM_MAX } from "../../../shared/limits.ts";
import type { FenceAnswer, SalesAnswer } from "../../../shared/messages/messages.ts";
import { turn } from "../../support/hand_clock.ts";
import { buy, isSettled, Store } from "../store.ts";

function sales(store: Store, term: number, leader: number, session: string): Promise<SalesAnswer> {
  const body = { term, leader, session, batch: 1, settled: 0, sales: [buy("late", "Tux")] };
  return store.ask("POST /sales", body);
}

test("a repeated batch is decided once: its copy joins, or gets the same answer", async () => {
  const store = await Store.open();
  const first = store.sell(1, [buy("a", "Tux", 2)]);
  const joined = store.sell(1, [buy("a", "Tux", 2)]);
  await turn();
  store.log.commit();
  assert.deepEqual(await joined, await first);
  assert.deepEqual(await store.sell(1, [buy("a", "Tux", 2)]), await first);
  assert.equal(store.state.products.find("Tux")!.quantity, 98);
});

test("a copy that comes after its sales were settled gets the same answer", async () => {
  const store = await Store.open();
  const first = store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  void store.sell(2, [buy("b", "Tux")], { settled: 1 });
  await turn();
  store.log.commit();
  assert.deepEqual(await store.sell(1, [buy("a", "Tux")]), await first);
  assert.equal(store.state.products.find("Tux")!.bought, 2);
});

test("a late copy of a batch that nobody remembers sells nothing", async () => {
  const store = await Store.open();
  for (let batch = 1; batch <= SESSION_WINDOW_BATCHES + 1; batch++) {
    const sale = store.sell(batch, [buy(`k${batch}`, "Tux")], { settled: batch - 1 });
    await turn();
    store.log.commit();
    await sale;
  }
  await assert.rejects(store.sell(1, [buy("k1", "Tux")]), { reason: "session" });
  assert.equal(store.state.products.find("Tux")!.bought, SESSION_WINDOW_BATCHES + 1);
});

test("a key that has an unsettled sale gets that sale again, from any batch", async () => {
  const store = await Store.open();
  const first = store.sell(1, [buy("a", "Whale"), buy("a", "Whale")]);
  await turn();
  store.log.commit();
  const one = { code: "sold", sale: 1 };
  assert.deepEqual(await first, { results: [one, one] });
  assert.deepEqual(await store.sell(2, [buy("a", "Whale")]), { results: [one] });
  assert.equal(store.state.ledger.next, 2);
});

test("a key that stands for other goods is refused, and nothing of its batch is sold", async () => {
  const store = await Store.open();
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  const batch = store.sell(2, [buy("b", "Lego"), buy("a", "Tux", 2)]);
  await assert.rejects(batch, { reason: "conflict" });
  assert.equal(store.state.products.find("Lego")!.quantity, 5);
});

test("a fence answers when its row is visible, with all that is not settled", async () => {
  const store = await Store.open();
  const first = store.sell(1, [buy("a", "Tux"), buy("b", "Lego", 2)]);
  await turn();
  store.log.commit();
  await first;
  void store.sell(2, [buy("c", "Tux")], { settled: 1 });
  const fence = store.ask<FenceAnswer>("POST /fence", { term: 2, leader: 2 });
  assert.equal(await isSettled(fence), false);
  store.log.commit();
  const { settled, next, sales } = await fence;
  assert.deepEqual([settled, next], [1, 4]);
  assert.deepEqual(sales, [
    { sale: 2, ...buy("b", "Lego", 2) },
    { sale: 3, ...buy("c", "Tux") },
  ]);
});

test("lower terms, and the same term from another leader, are fenced out", async () => {
  const store = await Store.open();
  const { session } = await store.fence(5, 2);
  const fenced = { reason: "fenced", details: { term: 5, leader: 2 } };
  await assert.rejects(sales(store, 4, 3, session), fenced);
  await assert.rejects(sales(store, 5, 3, session), fenced);
  await assert.rejects(store.ask("POST /fence", { term: 4, leader: 3 }), fenced);
  await assert.rejects(store.ask("POST /fence", { term: 5, leader: 3 }), fenced);
  assert.equal(store.state.products.find("Tux")!.bought, 0);
});

test("the word that a higher term has fenced leaves only when that is committed", async () => {
  const store = await Store.open();
  void store.ask("POST /fence", { term: 2, leader: 2 });
  const refused = sales(store, 1, 3, store.session);
  assert.equal(await isSettled(refused), false);
  store.log.commit();
  await assert.rejects(refused, { reason: "fenced" });
});

test("a term that has not fenced, and a session of before, sell nothing", async () => {
  const store = await Store.open();
  const before = store.session;
  await assert.rejects(sales(store, 2, 2, before), { reason: "session" });
  const { session } = await store.fence(2, 2);
  await assert.rejects(sales(store, 2, 2, before), { reason: "session" });
  void sales(store, 2, 2, session);
  await turn();
  assert.equal(store.state.products.find("Tux")!.bought, 1);
});

test("a repeated fence writes no row and names the sales of the session before", async () => {
  const store = await Store.open();
  const rows = store.log.payloads.length;
  const repeated = await store.fence(1, 3);
  assert.equal(store.log.payloads.length, rows);
  assert.deepEqual(repeated.sales, []);
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  const again = await store.fence(1, 3);
  assert.notEqual(again.session, repeated.session);
  assert.deepEqual(again.sales.map(({ key }) => key), ["a"]);
});

test("what is settled is forgotten, and its key is free", async () => {
  const store = await Store.open();
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  const sale = store.sell(2, [buy("a", "Tux")], { settled: 1 });
  await turn();
  store.log.commit();
  assert.deepEqual(await sale, { results: [{ code: "sold", sale: 2 }] });
  assert.equal(store.state.ledger.unsettled, 1);
});

test("a sale that nobody was told of cannot be settled", async () => {
  const store = await Store.open();
  await store.lease(1, null);
  const first = store.sell(1, [buy("a", "Tux"), buy("b", "Tux")]);
  await turn();
  const settle = (batch: number) => store.sell(batch, [buy("a", "Tux")], { settled: 2 });
  await assert.rejects(settle(2), { reason: "bad_request" }, "not committed");
  store.log.commit();
  await assert.rejects(settle(3), { reason: "bad_request" }, "not visible");
  store.invalidation().confirm();
  await first;
  const second = settle(4);
  await turn();
  store.log.commit();
  await turn();
  store.invalidation().confirm();
  assert.deepEqual(await second, { results: [{ code: "sold", sale: 3 }] });
  assert.equal(store.state.ledger.settled, 2);
});

test("a sale that was never made cannot be settled", async () => {
  const store = await Store.open();
  const sale = store.sell(1, [buy("a", "Tux")], { settled: 1 });
  await assert.rejects(sale, { reason: "bad_request" });
});

test("a session does not outlive the catalog's leadership, its fence and sales do", async () => {
  const store = await Store.open();
  void store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  store.log.stepDown();
  store.log.lead(2, { bornNow: true });
  await assert.rejects(store.sell(2, [buy("b", "Tux")]), { reason: "session" });
  await assert.rejects(store.ask("POST /fence", { term: 1, leader: 2 }), { reason: "fenced" });
  const { sales } = await store.fence(1, 3);
  assert.deepEqual(sales.map(({ key }) => key), ["a"]);
});

test("a sell-back adds to the stock", async () => {
  const store = await Store.open();
  const sale = store.sell(1, [{ ...buy("a", "Whale", 4), type: "sell" }, buy("b", "Whale", 5)]);
  await turn();
  store.log.commit();
  const { results } = await sale;
  assert.deepEqual(results.map(({ code }) => code), ["sold", "sold"]);
  assert.equal((await store.look("Whale")).product.quantity, 0);
});

test("a fence out of bounds is refused, and the order leader sells on", async () => {
  const store = await Store.open();
  const fence = (term: number, leader: number) => store.ask("POST /fence", { term, leader });
  await assert.rejects(fence(2 ** 53 - 1, 3), { reason: "bad_request" });
  await assert.rejects(fence(TERM_MAX + 1, 3), { reason: "bad_request" });
  await assert.rejects(fence(2, 7), { reason: "bad_request" });
  const details = { term: 1 };
  await assert.rejects(fence(TERM_JUMP_MAX + 2, 3), { reason: "conflict", details });
  const sale = store.sell(1, [buy("a", "Tux")]);
  await turn();
  store.log.commit();
  assert.deepEqual(await sale, { results: [{ code: "sold", sale: 1 }] });
  await store.fence(TERM_JUMP_MAX + 1, 2);
  assert.equal(store.state.ledger.fence.term, TERM_JUMP_MAX + 1);
});

test("a fence out of bounds that is in the log already counts as none", async () => {
  const store = await Store.open();
  store.log.propose([fencePayload({ kind: "fence", term: 2 ** 53 - 1, leader: 3 }, "now")]);
  store.log.commit();
  const restored = new Store();
  restored.state.restore(readCheckpoint(store.state.snapshot()));
  assert.deepEqual(restored.state.ledger.fence, store.state.ledger.fence);
  await store.fence(2, 1);
  assert.deepEqual(store.state.ledger.fence, { term: 2, leader: 1 });
});
