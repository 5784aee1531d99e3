/** Front-ends that are gone before what they asked for was tried, and what becomes of it. */
import { strict as assert } from "node:assert";
import { test, type TestContext } from "node:test";
import { PLACE_TIMEOUT_MS } from "../../shared/limits.ts";
import { askers, hangUp } from "../shared/asker.ts";
import { turn } from "../support/hand_clock.ts";
import { FakeCatalog } from "./fake_catalog.ts";
import { buy, gate, startLeader } from "./leader.ts";

/** A leader whose catalog has not answered the fence yet: nothing is tried. */
function startUntried(t: TestContext) {
  const catalog = new FakeCatalog();
  const held = gate();
  catalog.gate = held.closed;
  return { ...startLeader(t, catalog), open: held.open };
}

test("a purchase whose front-end is gone before it is tried leaves nothing", async (t) => {
  const { orders, seller, catalog, open } = startUntried(t);
  const [gone, staying] = askers(2);
  const left = orders.place([buy("a"), buy("b")], gone!);
  const stayed = orders.place([buy("c")], staying!);
  await turn();
  hangUp([gone!], orders);
  assert.deepEqual((await left).map(({ code }) => code), ["unavailable", "unavailable"]);
  assert.deepEqual([seller.queued, orders.pendingCount], [1, 1]);
  open();
  assert.equal((await stayed)[0]!.code, "ordered");
  assert.equal(catalog.sales.length, 1);
  const [again] = await orders.place([buy("a")]);
  assert.deepEqual(again, { code: "ordered", number: 2, replayed: false });
  assert.equal(catalog.sales.length, 2);
});

test("what is being sold goes on when its front-end is gone: its key has the order", async (t) => {
  const { orders, catalog } = startLeader(t);
  await orders.place([buy("first")]);
  const held = gate();
  catalog.gate = held.closed;
  const [gone] = askers(1);
  const placed = orders.place([buy("a")], gone!);
  await turn();
  hangUp([gone!], orders);
  held.open();
  assert.equal((await placed)[0]!.code, "ordered");
  const [again] = await orders.place([buy("a")]);
  assert.deepEqual(again, { code: "ordered", number: 2, replayed: true });
});

test("a purchase for which a twin waits too is dropped with the last of them", async (t) => {
  const { orders, seller, catalog, open } = startUntried(t);
  const [one, two, three] = askers(3);
  const twins = [one!, two!, three!].map((asker) => orders.place([buy("a")], asker));
  const alone = [one!, two!].map((asker) => orders.place([buy("b")], asker));
  await turn();
  hangUp([one!], orders);
  assert.equal(seller.queued, 2);
  hangUp([two!], orders);
  assert.deepEqual((await Promise.all(alone)).flat().map(({ code }) => code), [
    "unavailable", "unavailable",
  ]);
  assert.equal(seller.queued, 1);
  open();
  assert.equal((await twins[2]!)[0]!.code, "ordered");
  assert.equal(catalog.sales.length, 1);
});

test("another body under the key takes the place of one that nobody waits for", async (t) => {
  const { orders, catalog, open } = startUntried(t);
  const [gone, staying] = askers(2);
  const left = orders.place([buy("a", 2)], gone!);
  const rivals = [orders.place([buy("a", 4)], gone!), orders.place([buy("a", 3)], staying!)];
  await turn();
  hangUp([gone!], orders);
  assert.equal((await left)[0]!.code, "unavailable");
  assert.equal((await rivals[0]!)[0]!.code, "unavailable");
  open();
  assert.equal((await rivals[1]!)[0]!.code, "ordered");
  assert.deepEqual(catalog.sales.map(({ quantity }) => quantity), [3]);
});

test("a whole batch that is gone is looked for in one pass over the queue", async (t) => {
  const { orders, seller } = startUntried(t);
  const [gone, staying] = askers(2);
  const keys = Array.from({ length: 1_000 }, (_, at) => `k${at}`);
  const left = orders.place(keys.map((key) => buy(key)), gone!);
  const stayed = orders.place(keys.map((key) => buy(`${key}'`)), staying!);
  await turn();
  const remove = t.mock.method(seller, "remove");
  hangUp([gone!], orders);
  await left;
  assert.equal(remove.mock.callCount(), 1);
  assert.deepEqual([seller.queued, orders.pendingCount], [1_000, 1_000]);
  hangUp([staying!], orders);
  await stayed;
  assert.equal(orders.pendingCount, 0);
});

test("at the deadline of a call its rivals are not tried in its name", async (t) => {
  const { orders, seller, clock, catalog, open } = startUntried(t);
  const placed = orders.place([buy("a", 2), buy("a", 3), buy("a", 2)]);
  const other = orders.place([buy("a", 4)]);
  await clock.pass(PLACE_TIMEOUT_MS);
  for (const { code } of [...await placed, ...await other]) assert.equal(code, "unavailable");
  assert.deepEqual([seller.queued, orders.pendingCount], [0, 0]);
  open();
  await turn();
  assert.equal(catalog.sales.length, 0);
});

test("a front-end that is gone, and the deadline of its call: one answer", async (t) => {
  const { orders, clock, catalog, open } = startUntried(t);
  const [gone] = askers(1);
  const placed = orders.place([buy("a")], gone!);
  await clock.pass(PLACE_TIMEOUT_MS);
  hangUp([gone!], orders);
  assert.equal((await placed)[0]!.code, "unavailable");
  open();
  await turn();
  assert.equal(catalog.sales.length, 0);
});
