/** A whole store at work: what is sold is there, what is not there is not sold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

test("an order is answered, found again and on every replica's disk", async (t) => {
  const store = await startStore(t, { orders: 3 });
  const first = await store.buy("Tux", 2, { key: "first" });
  assert.equal(first.number, 1);
  assert.deepEqual(await store.order(1), { number: 1, name: "Tux", quantity: 2 });
  assert.equal((await store.product("Tux")).quantity, 98);
  const again = await store.tryToBuy("Tux", 2, "first");
  assert.deepEqual(again.body, { data: { order_number: 1 } });
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal((await store.tryToBuy("Tux", 3, "first")).status, 422);
  assert.equal((await store.buy("Rubik's Cube")).number, 2);
  await store.checkOrderOn(first, { replicas: 3 });
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

test("120 buyers at once of a toy with 97 left: exactly 97 get one", async (t) => {
  const store = await startStore(t, { orders: 3 });
  await store.buy("Whale", 3);
  assert.equal((await store.product("Whale")).quantity, 97);
  const answers = await Promise.all(
    Array.from({ length: 120 }, () => store.tryToBuy("Whale", 1)),
  );
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  assert.deepEqual({ sold: count(200), refused: count(409) }, { sold: 97, refused: 23 });
  assert.equal((await store.product("Whale")).quantity, 0);
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

test("what is out of stock comes back", async (t) => {
  const store = await startStore(t, {
    orders: 1, environment: { RESTOCK_MS: "50", RESTOCK_TO: "40" },
  });
  await store.buy("Kite", 100);
  await until("a restock", async () => (await store.product("Kite")).quantity === 40);
  await store.checkBooksBalance();
});

test("two twins at the same time are one order", async (t) => {
  const store = await startStore(t, { orders: 3 });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => store.tryToBuy("Fox", 1, "twin")),
  );
  for (const answer of answers) assert.deepEqual(answer.body, { data: { order_number: 1 } });
  assert.equal((await store.product("Fox")).quantity, 99);
  await store.checkBooksBalance();
});
