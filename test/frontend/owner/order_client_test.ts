/** Purchases on their way to a leader that dies, hangs, refuses or does not know. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrderClient } from "../../../frontend/owner/order_client.ts";
import { AppError, NOT_A_MEMBER, type Reason } from "../../../shared/errors.ts";
import { FAIL_FAST_MS, ORDER_DEADLINE_MS, RETRY_PAUSE_MIN_MS } from "../../../shared/limits.ts";
import type { PlaceResult } from "../../../shared/messages/messages.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";
import { FakeFinder, type FakeCall } from "../fake_finder.ts";

const ORDERED: PlaceResult = { code: "ordered", number: 7, replayed: false };
const REFUSED: PlaceResult = { code: "out_of_stock", left: 0 };

function makeClient() {
  const orders = new FakeFinder();
  const catalogs = { lostAtMs: null as number | null };
  const clock = new HandClock();
  const client = new OrderClient({ sender: "1.a", orders, catalogs, clock });
  return { orders, catalogs, clock, client };
}

function purchase(key: string): string {
  return JSON.stringify({ key, name: "Tux", type: "buy", quantity: 1 });
}

function keysOf({ body }: FakeCall): string[] {
  return body.orders!.map(({ key }) => key);
}

function fault(reason: Reason): AppError {
  return new AppError(reason, `a fault: ${reason}`);
}

test("what comes in one turn goes in one batch, each with its own result", async () => {
  const { orders, client } = makeClient();
  orders.lead(3, 1);
  const placed = ["a", "b", "c"].map((key) => client.place(purchase(key)));
  const call = await orders.next();
  assert.equal(call.path, "/orders");
  assert.deepEqual(call.body.orders![0], { key: "a", name: "Tux", type: "buy", quantity: 1 });
  assert.deepEqual(keysOf(call), ["a", "b", "c"]);
  call.answer({ results: [ORDERED, REFUSED, { code: "key_reused" }] });
  assert.deepEqual(await Promise.all(placed), [ORDERED, REFUSED, { code: "key_reused" }]);
  assert.equal(orders.calls.length, 1);
});

for (const reason of ["unknown", "not_leader", "unavailable", ...NOT_A_MEMBER] as const) {
  test(`after ${reason} the purchase goes to the next leader under the same key`, async () => {
    const { orders, client } = makeClient();
    orders.lead(3, 1);
    const placed = client.place(purchase("a"));
    (await orders.next()).fail(fault(reason));
    await turn();
    assert.deepEqual(orders.suspected, [3]);
    orders.lead(2, 2);
    const second = await orders.next();
    assert.deepEqual(keysOf(second), ["a"]);
    second.answer({ results: [ORDERED] });
    assert.deepEqual(await placed, ORDERED);
  });
}

test("what a paused leader has not answered is given up as soon as another leads", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const placed = client.place(purchase("a"));
  const first = await orders.next();
  orders.lead(2, 2);
  await clock.pass(RETRY_PAUSE_MIN_MS);
  const second = await orders.next();
  assert.deepEqual(keysOf(second), ["a"]);
  second.answer({ results: [ORDERED] });
  assert.deepEqual(await placed, ORDERED);
  assert.deepEqual(orders.suspected, [], "the new one has done nothing wrong");
  first.answer({ results: [REFUSED] });
  await turn();
});

test("a replica that leads again is not suspected for an earlier term", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const { peer } = orders.leader!;
  const placed = client.place(purchase("a"));
  await orders.next();
  orders.lead(3, 2, peer);
  await clock.pass(RETRY_PAUSE_MIN_MS);
  (await orders.next()).answer({ results: [ORDERED] });
  assert.deepEqual(await placed, ORDERED);
  assert.deepEqual(orders.suspected, []);
});

for (const code of ["unknown", "unavailable"] as const) {
  test(`a purchase answered ${code} is asked again under its key, alone`, async () => {
    const { orders, clock, client } = makeClient();
    orders.lead(3, 1);
    const placed = [client.place(purchase("a")), client.place(purchase("b"))];
    (await orders.next()).answer({ results: [ORDERED, { code, message: "not now" }] });
    assert.deepEqual(await placed[0], ORDERED);
    await clock.pass(RETRY_PAUSE_MIN_MS);
    const second = await orders.next();
    assert.deepEqual(keysOf(second), ["b"]);
    second.answer({ results: [REFUSED] });
    assert.deepEqual(await placed[1], REFUSED);
    assert.deepEqual(orders.suspected, [], "it answered, so it lives");
  });
}

for (const [id, term] of [[3, 4], [2, 5]] as const) {
  test(`a refusal in term ${term} counts after a try was lost in term 4`, async () => {
    const { orders, client } = makeClient();
    orders.lead(3, 4);
    const placed = client.place(purchase("a"));
    const lost = await orders.next();
    lost.fail(fault("unknown"));
    await turn();
    orders.lead(id, term);
    const second = await orders.next();
    second.answer({ results: [REFUSED] });
    assert.deepEqual(await placed, REFUSED);
    assert.equal(second.body.term, term);
    assert.equal(second.body.sender, lost.body.sender);
    assert(second.body.batch! > lost.body.batch!, "the leader takes the lost one no more");
  });
}

test("a refusal by an older leader than one that may read the lost try is none", async () => {
  const { orders, client } = makeClient();
  orders.lead(3, 6);
  const placed = client.place(purchase("a"));
  (await orders.next()).fail(fault("unknown"));
  await turn();
  orders.lead(2, 5);
  (await orders.next()).answer({ results: [REFUSED] });
  assert.equal((await placed).code, "unknown");
});

test("an order found after a lost try is that order, by the same leader too", async () => {
  const { orders, client } = makeClient();
  orders.lead(3, 4);
  const placed = client.place(purchase("a"));
  (await orders.next()).fail(fault("unknown"));
  await turn();
  orders.lead(3, 4);
  (await orders.next()).answer({ results: [{ ...ORDERED, replayed: true }] });
  assert.deepEqual(await placed, { ...ORDERED, replayed: true });
});

test("at the deadline a purchase that was tried is unknown, another unavailable", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const tried = client.place(purchase("a"));
  (await orders.next()).fail(fault("unknown"));
  await turn();
  const untried = client.place(purchase("b"));
  await turn();
  await clock.pass(ORDER_DEADLINE_MS);
  assert.equal((await tried).code, "unknown");
  assert.equal((await untried).code, "unavailable");
  assert.equal(orders.calls.length, 1);
});

test("a purchase whose time has begun before is answered that much earlier", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const placed = client.place(purchase("a"), { withinMs: 10 });
  await orders.next();
  await clock.pass(10);
  assert.equal((await placed).code, "unknown");
});

test("at the deadline a purchase that a leader has in hand is unknown", async () => {
  const { orders, clock, client } = makeClient();
  orders.lostAtMs = clock.monotonicMs();
  const placed = client.place(purchase("a"));
  await clock.pass(ORDER_DEADLINE_MS - 1);
  orders.lead(3, 1);
  await orders.next();
  await clock.pass(1);
  assert.equal((await placed).code, "unknown");
});

test("a purchase that was answered while it waited for its batch is not sent", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const ahead = client.place(purchase("a"));
  const first = await orders.next();
  const waiting = client.place(purchase("b"));
  await clock.pass(1);
  const late = client.place(purchase("c"));
  await clock.pass(ORDER_DEADLINE_MS - 1);
  assert.equal((await ahead).code, "unknown");
  assert.equal((await waiting).code, "unavailable");
  first.fail(fault("unknown"));
  orders.lead(2, 2);
  const second = await orders.next();
  assert.deepEqual(keysOf(second), ["c"]);
  second.answer({ results: [ORDERED] });
  assert.deepEqual(await late, ORDERED);
});

test("with nobody to sell for a while, purchases are refused at once", async () => {
  const { orders, catalogs, clock, client } = makeClient();
  orders.leader = null;
  const lostAtMs = clock.monotonicMs();
  orders.lostAtMs = lostAtMs;
  clock.jump(FAIL_FAST_MS);
  assert.equal((await client.place(purchase("a"))).code, "unavailable");
  orders.lead(3, 1);
  catalogs.lostAtMs = lostAtMs;
  assert.equal((await client.place(purchase("a"))).code, "unavailable");
  assert.equal(orders.calls.length, 0);
});

test("a front-end that alone is cut off from the catalog goes on selling", async () => {
  const { orders, catalogs, clock, client } = makeClient();
  orders.lead(3, 1);
  orders.reachesCatalog = true;
  catalogs.lostAtMs = clock.monotonicMs();
  clock.jump(FAIL_FAST_MS);
  const placed = client.place(purchase("a"));
  (await orders.next()).answer({ results: [ORDERED] });
  assert.deepEqual(await placed, ORDERED);
});

test("order queries go in one batch", async () => {
  const { orders, client } = makeClient();
  orders.lead(3, 1);
  const found = [client.find(7), client.find(8)];
  const call = await orders.next();
  assert.equal(call.path, "/orders/find");
  assert.deepEqual(call.body, { numbers: [7, 8] });
  const order = { number: 7, name: "Tux", type: "buy", quantity: 1 };
  call.answer({ results: [order, null] });
  assert.deepEqual(await Promise.all(found), [order, null]);
});

test("an order query goes on to the next leader", async () => {
  const { orders, client } = makeClient();
  orders.lead(3, 1);
  const found = client.find(7);
  (await orders.next()).fail(fault("not_leader"));
  await turn();
  orders.lead(2, 2);
  const call = await orders.next();
  assert.deepEqual(call.body, { numbers: [7] });
  call.answer({ results: [null] });
  assert.equal(await found, null);
});

for (const results of [[{ code: "given" }], [null], [{ code: "ordered", number: "7" }], []]) {
  test(`what a purchase does not come to, ${JSON.stringify(results)}, is no answer`, async () => {
    const { orders, client } = makeClient();
    orders.lead(3, 4);
    const placed = client.place(purchase("a"));
    (await orders.next()).answer({ results });
    await turn();
    assert.deepEqual(orders.suspected, [3]);
    orders.lead(2, 3);
    (await orders.next()).answer({ results: [REFUSED] });
    assert.equal((await placed).code, "unknown", "it may have happened");
  });
}

test("an order that was not asked for is no answer", async () => {
  const { orders, client } = makeClient();
  orders.lead(3, 1);
  const found = client.find(7);
  const order = { number: 7, name: "Tux", type: "buy", quantity: 1 };
  (await orders.next()).answer({ results: [{ ...order, number: 8 }] });
  await turn();
  orders.lead(2, 2);
  (await orders.next()).answer({ results: [order] });
  assert.deepEqual(await found, order);
});

test("an order query fails when its time is over", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const found = client.find(7);
  const call = await orders.next();
  clock.jump(10_000);
  call.fail(fault("unknown"));
  await assert.rejects(found, { name: "AppError", reason: "unavailable" });
});

test("a leader that has no use for an order says why, until the end", async () => {
  const { orders, clock, client } = makeClient();
  orders.lead(3, 1);
  const placed = client.place(purchase("a"));
  const full: PlaceResult = { code: "unavailable", message: "The disk is full" };
  const serve = async (): Promise<void> => {
    for (;;) (await orders.next()).answer({ results: [full] });
  };
  void serve();
  await clock.pass(ORDER_DEADLINE_MS);
  assert.deepEqual(await placed, full);
});
