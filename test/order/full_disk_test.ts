/** An order leader, or the catalog, without room: what is new is refused, what is sold is kept. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { turn } from "../support/hand_clock.ts";
import { FakeCatalog } from "./fake_catalog.ts";
import { buy, gate, startLeader, until } from "./leader.ts";

const NO_ROOM = { code: "unavailable", message: "The disk of the order leader is full" };

test("with a full disk a new purchase is refused untried, a known one answered", async (t) => {
  const { orders, host, catalog } = startLeader(t);
  await orders.place([buy("a")]);
  host.isFull = true;
  assert.deepEqual(await orders.place([buy("b"), buy("a")]), [
    NO_ROOM,
    { code: "ordered", number: 1, replayed: true },
  ]);
  assert.equal(catalog.sales.length, 1);
  host.isFull = false;
  assert.equal((await orders.place([buy("b")]))[0]!.code, "ordered");
});

test("what was sold when the disk got full still gets its order", async (t) => {
  const { orders, host, catalog } = startLeader(t);
  await orders.place([buy("first")]);
  const held = gate();
  catalog.gate = held.closed;
  const placed = orders.place([buy("a")]);
  await until(() => catalog.sales.length === 2);
  host.isFull = true;
  held.open();
  assert.deepEqual(await placed, [{ code: "ordered", number: 2, replayed: false }]);
});

test("what an earlier leader sold gets its order on a full disk too", async (t) => {
  const catalog = new FakeCatalog();
  const first = startLeader(t, catalog);
  await first.orders.place([buy("first")]);
  const held = gate();
  catalog.gate = held.closed;
  const placed = first.orders.place([buy("a")]);
  await until(() => catalog.sales.length === 2);
  first.host.stepDown();
  await placed;
  const second = startLeader(t, catalog, first.host);
  second.host.isFull = true;
  held.open();
  await until(() => second.orders.count === 2);
});

test("what waits in the queue when the disk gets full is refused untried", async (t) => {
  const { orders, host, catalog } = startLeader(t);
  const held = gate();
  catalog.gate = held.closed;
  const placed = orders.place([buy("a"), buy("b")]);
  await until(() => catalog.requests.length === 1);
  host.isFull = true;
  held.open();
  assert.deepEqual(await placed, [NO_ROOM, NO_ROOM]);
  assert.deepEqual(catalog.requests, ["/fence"]);
  assert.equal(orders.pendingCount, 0);
});

test("a catalog without room: that purchase is refused, and its key is free", async (t) => {
  const { orders, catalog } = startLeader(t);
  catalog.isFull = true;
  const [result] = await orders.place([buy("a")]);
  assert.equal(result!.code, "unavailable");
  catalog.isFull = false;
  assert.equal((await orders.place([buy("a", 2)]))[0]!.code, "ordered");
});

test("a leader that is held takes nothing and tries nothing until it is released", async (t) => {
  const { orders, catalog } = startLeader(t);
  const held = gate();
  catalog.gate = held.closed;
  const placed = orders.place([buy("a")]);
  orders.hold();
  held.open();
  await assert.rejects(orders.place([buy("b")]), { reason: "not_leader" });
  await until(() => catalog.requests.length === 1);
  await turn();
  assert.deepEqual(catalog.requests, ["/fence"]);
  orders.release();
  assert.deepEqual(await placed, [{ code: "ordered", number: 1, replayed: false }]);
  assert.equal((await orders.place([buy("b")]))[0]!.code, "ordered");
});

test("a leader that steps down while it is held answers that nothing was tried", async (t) => {
  const { orders, host, catalog } = startLeader(t);
  catalog.gate = gate().closed;
  const placed = orders.place([buy("a")]);
  orders.hold();
  host.stepDown();
  assert.equal((await placed)[0]!.code, "unavailable");
  orders.release();
  assert.equal(catalog.sales.length, 0);
});
