/** The order leader between its log and a catalog that loses answers, restarts or is fenced. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { parseOrder } from "../../order/order_row.ts";
import { NOT_A_MEMBER } from "../../shared/errors.ts";
import {
  FAIL_FAST_MS,
  PLACE_TIMEOUT_MS,
  RETRY_PAUSE_MAX_MS,
  RETRY_PAUSE_MIN_MS,
  TERM_JUMP_MAX,
} from "../../shared/limits.ts";
import { turn } from "../support/hand_clock.ts";
import { FakeCatalog } from "./fake_catalog.ts";
import { buy, gate, startLeader, until } from "./leader.ts";

test("purchases get the next numbers, each with its own result", async (t) => {
  const { orders, catalog } = startLeader(t);
  const results = await orders.place([buy("a", 60), buy("b", 41), buy("c"), buy("d", 1, "Duck")]);
  assert.deepEqual(results, [
    { code: "ordered", number: 1, replayed: false },
    { code: "out_of_stock", left: 40 },
    { code: "ordered", number: 2, replayed: false },
    { code: "not_found" },
  ]);
  assert.equal(catalog.stock.get("Tux"), 39);
});

test("one batch of purchases is one batch of sales and one of rows", async (t) => {
  const { orders, catalog, host } = startLeader(t);
  await orders.place(Array.from({ length: 50 }, (_, i) => buy(`k${i}`)));
  assert.deepEqual(catalog.requests, ["/fence", "/sales"]);
  assert.equal(host.rows.length, 51);
});

test("the same key answers with the same order, another body with 422", async (t) => {
  const { orders } = startLeader(t);
  await orders.place([buy("a", 2)]);
  assert.deepEqual(await orders.place([buy("a", 2), buy("a", 3), buy("a", 2, "Duck")]), [
    { code: "ordered", number: 1, replayed: true },
    { code: "key_reused" },
    { code: "key_reused" },
  ]);
});

test("twins at the same time are one order; both get it, the second marked", async (t) => {
  const { orders, catalog } = startLeader(t);
  const [one, two] = await Promise.all([
    orders.place([buy("a"), buy("a")]),
    orders.place([buy("a")]),
  ]);
  assert.deepEqual(one, [
    { code: "ordered", number: 1, replayed: false },
    { code: "ordered", number: 1, replayed: true },
  ]);
  assert.deepEqual(two, [{ code: "ordered", number: 1, replayed: true }]);
  assert.equal(catalog.sales.length, 1);
});

test("another body under a key waits for the first: only an order binds a key", async (t) => {
  const { orders, catalog } = startLeader(t);
  const bound = await Promise.all([orders.place([buy("a", 2)]), orders.place([buy("a", 3)])]);
  assert.deepEqual(bound.flat(), [
    { code: "ordered", number: 1, replayed: false },
    { code: "key_reused" },
  ]);
  const freed = await Promise.all([orders.place([buy("b", 99)]), orders.place([buy("b", 5)])]);
  assert.deepEqual(freed.flat(), [
    { code: "out_of_stock", left: 98 },
    { code: "ordered", number: 2, replayed: false },
  ]);
  assert.equal(catalog.sales.length, 2);
});

test("of two bodies under a key the one that an earlier leader sold has the order", async (t) => {
  const { orders, catalog, host } = startLeader(t);
  catalog.sales.push({ sale: 1, ...buy("a", 3) });
  host.stepDown();
  const { closed, open } = gate();
  catalog.gate = closed;
  host.lead(5);
  const first = orders.place([buy("a", 2)]);
  const rival = orders.place([buy("a", 3)]);
  open();
  assert.deepEqual(await first, [{ code: "key_reused" }]);
  assert.deepEqual(await rival, [{ code: "ordered", number: 1, replayed: true }]);
});

test("a refused purchase frees its key", async (t) => {
  const { orders, catalog } = startLeader(t);
  catalog.stock.set("Tux", 0);
  assert.equal((await orders.place([buy("a")]))[0]!.code, "out_of_stock");
  catalog.stock.set("Tux", 5);
  assert.deepEqual(await orders.place([buy("a", 2)]), [
    { code: "ordered", number: 1, replayed: false },
  ]);
});

test("a lost answer of the catalog is asked again, and sells once", async (t) => {
  const { orders, catalog, clock } = startLeader(t);
  await orders.place([buy("first")]);
  catalog.loseAnswers = 3;
  const placed = orders.place([buy("a")]);
  await clock.pass(3 * RETRY_PAUSE_MAX_MS);
  assert.deepEqual(await placed, [{ code: "ordered", number: 2, replayed: false }]);
  assert.equal(catalog.sales.length, 2);
});

for (const reason of ["not_leader", ...NOT_A_MEMBER] as const) {
  test(`a catalog that refuses at once (${reason}) is asked again, with pauses`, async (t) => {
    const { orders, catalog, clock } = startLeader(t);
    await orders.place([buy("first")]);
    catalog.refuses = reason;
    const asked = catalog.requests.length;
    const placed = orders.place([buy("a")]);
    await clock.pass(2 * RETRY_PAUSE_MIN_MS);
    assert.equal(catalog.requests.length - asked, 2);
    await clock.pass(10 * RETRY_PAUSE_MAX_MS);
    assert(catalog.requests.length - asked < 16, `${catalog.requests.length - asked} requests`);
    catalog.refuses = null;
    await clock.pass(RETRY_PAUSE_MAX_MS);
    assert.equal((await placed)[0]!.code, "ordered");
  });
}

test("a session that is lost after the sale: the fence's list completes it, once", async (t) => {
  const { orders, catalog, host, clock } = startLeader(t);
  await orders.place([buy("first")]);
  const held = gate();
  catalog.gate = held.closed;
  catalog.loseAnswers = 1;
  const placed = orders.place([buy("a"), buy("b")]);
  await until(() => catalog.sales.length === 3);
  catalog.restart();
  held.open();
  await clock.pass(RETRY_PAUSE_MAX_MS);
  assert.deepEqual(await placed, [
    { code: "ordered", number: 2, replayed: false },
    { code: "ordered", number: 3, replayed: false },
  ]);
  assert.equal(host.rows.length, 4);
  assert.equal(catalog.sales.length, 3);
});

test("a leader that died between sale and order: the next one writes the order", async (t) => {
  const catalog = new FakeCatalog();
  const first = startLeader(t, catalog);
  await first.orders.place([buy("first")]);
  const held = gate();
  catalog.gate = held.closed;
  const placed = first.orders.place([buy("a", 5)]);
  await until(() => catalog.sales.length === 2);
  first.host.stepDown();
  held.open();
  assert.equal((await placed)[0]!.code, "unknown");
  const second = startLeader(t, catalog, first.host);
  await until(() => second.orders.count === 2);
  assert.deepEqual(await second.orders.place([buy("a", 5)]), [
    { code: "ordered", number: 2, replayed: true },
  ]);
  assert.equal(catalog.sales.length, 2);
  assert.equal(parseOrder(second.host.read(second.host.rows.length)).sale, 2);
});

test("a paused leader that wakes sells nothing and steps down", async (t) => {
  const { orders, catalog, host } = startLeader(t);
  await orders.place([buy("a")]);
  catalog.fence = { term: 9, leader: 2 };
  assert.equal((await orders.place([buy("b")]))[0]!.code, "unknown");
  assert.deepEqual(host.resigned, [9]);
  assert.equal(catalog.sales.length, 1);
});

test("stepping down answers who waits: unknown when it may have happened", async (t) => {
  const { orders, host } = startLeader(t);
  host.commitsAtOnce = false;
  const placed = orders.place([buy("a")]);
  await until(() => host.rows.length === 2);
  host.stepDown();
  assert.equal((await placed)[0]!.code, "unknown");
  await assert.rejects(orders.place([buy("b")]), { reason: "not_leader" });
});

test("what is settled follows the commits, so that the catalog can forget", async (t) => {
  const { orders, catalog } = startLeader(t);
  await orders.place([buy("a")]);
  await orders.place([buy("b")]);
  await orders.place([buy("c")]);
  assert.equal(catalog.settled, 2);
  assert.equal(orders.settled(), 3);
});

test("a found order is answered at once; that there is none, by a majority", async (t) => {
  const { orders, host } = startLeader(t);
  await orders.place([buy("a", 2)]);
  assert.deepEqual(await orders.find([1]), [
    { number: 1, name: "Tux", type: "buy", quantity: 2 },
  ]);
  assert.equal(host.confirms, 0);
  assert.deepEqual(await orders.find([2, 1, 999]), [
    null,
    { number: 1, name: "Tux", type: "buy", quantity: 2 },
    null,
  ]);
  assert.equal(host.confirms, 1);
});

test("an order whose row is not committed is not there yet", async (t) => {
  const { orders, host } = startLeader(t);
  host.commitsAtOnce = false;
  const placed = orders.place([buy("a")]);
  await until(() => host.rows.length === 2);
  assert.deepEqual(await orders.find([1]), [null]);
  host.commit(2);
  await placed;
  assert.equal((await orders.find([1]))[0]!.number, 1);
});

test("with no catalog for long, new orders are refused at once", async (t) => {
  const catalog = new FakeCatalog();
  catalog.gate = new Promise(() => {});
  const { orders, clock } = startLeader(t, catalog);
  catalog.lostAtMs = clock.monotonicMs() - FAIL_FAST_MS - 1;
  const [result] = await orders.place([buy("a")]);
  assert.equal(result!.code, "unavailable");
});

test("at its deadline a purchase that waits in the queue is taken back untried", async (t) => {
  const catalog = new FakeCatalog();
  const held = gate();
  catalog.gate = held.closed;
  const { orders, clock } = startLeader(t, catalog);
  const placed = orders.place([buy("a")]);
  await clock.pass(PLACE_TIMEOUT_MS);
  assert.equal((await placed)[0]!.code, "unavailable");
  held.open();
  await clock.pass(0);
  assert.equal(catalog.sales.length, 0);
});

test("at its deadline a purchase that is being sold goes on without its call", async (t) => {
  const { orders, catalog, clock } = startLeader(t);
  await orders.place([buy("first")]);
  const held = gate();
  catalog.gate = held.closed;
  const placed = orders.place([buy("a")]);
  await clock.pass(PLACE_TIMEOUT_MS);
  assert.equal((await placed)[0]!.code, "unknown");
  held.open();
  assert.deepEqual(await orders.place([buy("a")]), [
    { code: "ordered", number: 2, replayed: true },
  ]);
});

test("a leader that retires takes nothing new and finishes what is under way", async (t) => {
  const { orders, host } = startLeader(t);
  host.commitsAtOnce = false;
  const placed = orders.place([buy("a")]);
  await until(() => host.rows.length === 2);
  const ended: string[] = [];
  const retired = orders.retire().then(() => ended.push("retired"));
  await assert.rejects(orders.place([buy("b")]), { reason: "not_leader" });
  await turn();
  assert.deepEqual(ended, []);
  host.commit(2);
  assert.equal((await placed)[0]!.code, "ordered");
  await retired;
});

test("a leader that retires does not wait for ever", async (t) => {
  const { orders, host, clock } = startLeader(t);
  host.commitsAtOnce = false;
  const placed = orders.place([buy("a")]);
  await until(() => host.rows.length === 2);
  const retired = orders.retire();
  await clock.pass(PLACE_TIMEOUT_MS);
  await retired;
  assert.equal((await placed)[0]!.code, "unknown");
});

test("a catalog whose fence is far below is climbed to in steps", async (t) => {
  const before = startLeader(t).host;
  before.term = 3 * TERM_JUMP_MAX;
  const { orders, catalog } = startLeader(t, new FakeCatalog(), before);
  assert.equal((await orders.place([buy("a")]))[0]!.code, "ordered");
  assert.equal(catalog.fence.term, 3 * TERM_JUMP_MAX + 1);
});
