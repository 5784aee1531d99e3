/** Purchases while the disk of the order leader is full, so that it takes none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrderClient } from "../../frontend/owner/order_client.ts";
import { FAIL_FAST_MS, RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MIN_MS } from "../../shared/limits.ts";
import type { PlaceResult } from "../../shared/messages/messages.ts";
import { HandClock, turn } from "../support/hand_clock.ts";
import { FakeFinder } from "./fake_finder.ts";

const ORDERED: PlaceResult = { code: "ordered", number: 7, replayed: false };

function makeClient() {
  const orders = new FakeFinder();
  orders.lead(3, 1);
  orders.isFull = true;
  const clock = new HandClock();
  const client = new OrderClient({ sender: "1.a", orders, catalogs: { lostAtMs: null }, clock });
  return { orders, clock, client };
}

function purchase(key: string): string {
  return JSON.stringify({ key, name: "Tux", type: "buy", quantity: 1 });
}

/** A leader whose disk is full, and that says so of each purchase, as long as it is. */
function makeFull() {
  const parts = makeClient();
  const { orders } = parts;
  const full: PlaceResult = { code: "unavailable", message: "The disk of the leader is full" };
  void (async () => {
    for (;;) (await orders.next()).answer({ results: [orders.isFull ? full : ORDERED] });
  })();
  return parts;
}

const NO_ROOM = { code: "unavailable", message: "There is no room for further orders" };

test("a full store refuses after a while, then at once, and sells when there is room", async () => {
  const { orders, clock, client } = makeFull();
  const first = client.place(purchase("a"));
  await clock.pass(FAIL_FAST_MS - RETRY_PAUSE_MAX_MS);
  const last = client.place(purchase("b"));
  assert.equal(await isSettled(first), false, "another leader may have room");
  await clock.pass(2 * RETRY_PAUSE_MAX_MS);
  assert.deepEqual(await Promise.all([first, last]), [NO_ROOM, NO_ROOM]);
  const asked = orders.calls.length;
  assert.deepEqual(await client.place(purchase("c")), NO_ROOM);
  assert.equal(orders.calls.length, asked, "nobody is asked");
  orders.isFull = false;
  assert.deepEqual(await client.place(purchase("d")), ORDERED);
  orders.isFull = true;
  const again = client.place(purchase("e"));
  await clock.pass(FAIL_FAST_MS - RETRY_PAUSE_MAX_MS);
  assert.equal(await isSettled(again), false, "it is full anew");
  orders.isFull = false;
  await clock.pass(RETRY_PAUSE_MAX_MS);
  assert.deepEqual(await again, ORDERED);
});

test("a leader with room that takes over from a full one sells", async () => {
  const { orders, clock, client } = makeFull();
  const placed = client.place(purchase("a"));
  await clock.pass(FAIL_FAST_MS / 2);
  orders.isFull = false;
  orders.lead(2, 2);
  await clock.pass(RETRY_PAUSE_MAX_MS);
  assert.deepEqual(await placed, ORDERED);
});

test("a full store does not refuse what may have happened", async () => {
  const { orders, clock, client } = makeClient();
  const placed = client.place(purchase("a"));
  (await orders.next()).answer({ results: [{ code: "unknown", message: "under way" }] });
  await clock.pass(RETRY_PAUSE_MIN_MS);
  const second = await orders.next();
  await clock.pass(FAIL_FAST_MS);
  second.answer({ results: [{ code: "unavailable", message: "full" }] });
  await clock.pass(RETRY_PAUSE_MAX_MS);
  (await orders.next()).answer({ results: [{ ...ORDERED, replayed: true }] });
  assert.deepEqual(await placed, { ...ORDERED, replayed: true });
});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => (settled = true), () => (settled = true));
  await turn();
  return settled;
}
