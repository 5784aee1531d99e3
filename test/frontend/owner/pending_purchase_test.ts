/** Purchases whose buyers hang up: before they are sent, between two tries, and too late. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrderClient } from "../../../frontend/owner/order_client.ts";
import { ORDER_DEADLINE_MS, RETRY_PAUSE_MIN_MS } from "../../../shared/limits.ts";
import type { PlaceResult } from "../../../shared/messages/messages.ts";
import { askers, hangUp } from "../../shared/asker.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";
import { FakeFinder, type FakeCall } from "../fake_finder.ts";

const ORDERED: PlaceResult = { code: "ordered", number: 7, replayed: false };

/** Replica 3 leads. */
function makeClient() {
  const orders = new FakeFinder();
  const clock = new HandClock();
  const client = new OrderClient({ sender: "1.a", orders, catalogs: { lostAtMs: null }, clock });
  orders.lead(3, 1);
  return { orders, clock, client };
}

function purchase(key: string): string {
  return JSON.stringify({ key, name: "Tux", type: "buy", quantity: 1 });
}

function keysOf({ body }: FakeCall): string[] {
  return body.orders!.map(({ key }) => key);
}

/** One purchase is with the leader, and these wait for their batch, each with its own buyer. */
async function makeQueue(keys: readonly string[]) {
  const made = makeClient();
  const { orders, client } = made;
  const ahead = client.place(purchase("ahead"));
  const first = await orders.next();
  const buyers = askers(keys.length);
  const placed = keys.map((key, at) => client.place(purchase(key), { asker: buyers[at]! }));
  await turn();
  return { ...made, first, ahead, buyers, placed };
}

test("a purchase whose buyer is gone before it is sent leaves nothing; its key sells", async () => {
  const { orders, client, first, buyers, placed } = await makeQueue(["a", "b"]);
  hangUp([buyers[0]!], client);
  assert.equal((await placed[0]!).code, "unavailable", "before any batch is answered");
  assert.equal(client.abandoned, 1);
  first.answer({ results: [ORDERED] });
  const second = await orders.next();
  assert.deepEqual(keysOf(second), ["b"]);
  const again = client.place(purchase("a"));
  await turn();
  second.answer({ results: [ORDERED] });
  const third = await orders.next();
  assert.deepEqual(keysOf(third), ["a"]);
  third.answer({ results: [ORDERED] });
  assert.deepEqual(await again, ORDERED);
});

test("of two who buy under one key the one who stays is sold to", async () => {
  const { orders, client, first, buyers, placed } = await makeQueue(["a", "a"]);
  hangUp([buyers[0]!], client);
  first.answer({ results: [ORDERED] });
  const second = await orders.next();
  assert.deepEqual(keysOf(second), ["a"]);
  second.answer({ results: [ORDERED] });
  assert.deepEqual(await placed[1], ORDERED);
});

test("what was sent goes on without its buyer until it is known what came of it", async () => {
  const { orders, clock, client } = makeClient();
  const [buyer] = askers(1);
  const placed = client.place(purchase("a"), { asker: buyer! });
  const first = await orders.next();
  hangUp([buyer!], client);
  first.answer({ results: [{ code: "unknown", message: "not now" }] });
  await clock.pass(RETRY_PAUSE_MIN_MS);
  const second = await orders.next();
  assert.deepEqual(keysOf(second), ["a"]);
  second.answer({ results: [ORDERED] });
  assert.deepEqual(await placed, ORDERED);
  assert.equal(client.abandoned, 0);
});

test("what was sent in vain is not sent again for a buyer who is gone", async () => {
  const { orders, clock, client } = makeClient();
  const [buyer] = askers(1);
  const placed = client.place(purchase("a"), { asker: buyer! });
  const first = await orders.next();
  hangUp([buyer!], client);
  first.answer({ results: [{ code: "unavailable", message: "not now" }] });
  await clock.pass(ORDER_DEADLINE_MS);
  assert.equal((await placed).code, "unavailable");
  assert.equal(orders.calls.length, 1);
});

test("a flood of buyers who are gone leaves the queue at once, and nobody else does", async () => {
  const keys = Array.from({ length: 513 }, (_, at) => `k${at}`);
  const { orders, client, first, buyers, placed } = await makeQueue(keys);
  hangUp(buyers.slice(0, 512), client);
  const results = await Promise.all(placed.slice(0, 512));
  assert(results.every(({ code }) => code === "unavailable"));
  assert.equal(client.abandoned, 512);
  first.answer({ results: [ORDERED] });
  assert.deepEqual(keysOf(await orders.next()), ["k512"]);
});

test("the deadline and the buyer's leaving at once are one answer", async () => {
  for (const isFirst of [true, false]) {
    const { orders, clock, client, first, buyers, placed } = await makeQueue(["a"]);
    if (isFirst) hangUp(buyers, client);
    await clock.pass(ORDER_DEADLINE_MS);
    hangUp(buyers, client);
    assert.equal((await placed[0]!).code, "unavailable");
    assert.equal(client.abandoned, 1);
    first.answer({ results: [ORDERED] });
    await clock.pass(ORDER_DEADLINE_MS);
    assert.equal(orders.calls.length, 1, "nothing was sent for it");
  }
});

test("an order is looked for only if somebody waits for it", async () => {
  const { orders, client } = makeClient();
  for (let batch = 0; batch < 2; batch++) {
    void client.find(1);
    await orders.next();
  }
  const asking = askers(2);
  const [gone, staying] = asking.map((asker, at) => client.find(at + 1, asker));
  const left = assert.rejects(gone!, { reason: "abandoned" });
  hangUp([asking[0]!], client);
  await left;
  orders.calls[0]!.answer({ results: [null] });
  const next = await orders.next();
  assert.deepEqual(next.body.numbers, [2]);
  next.answer({ results: [null] });
  assert.equal(await staying, null);
});
