/**
 * Members are killed with SIGKILL under load: nothing acknowledged is gone,
 * and buyers of a killed order leader see no error and hardly a pause.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberName } from "../../client/launcher/layout.ts";
import { catalog, frontend, order, startStore, type TestStore } from "./harness.ts";
import type { Buyers } from "./shopper.ts";
import { until } from "./until.ts";

const PAUSE_MAX_MS = 1_000;
/** Enough for buyers who never tire. */
const PLENTY = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

test("the leader dies under 8 buyers, and they notice nothing", async (t) => {
  const store = await startStore(t, { orders: 3, environment: PLENTY });
  assert.deepEqual(await store.leader(), order(3), "the highest id leads");
  const buyers = store.buyers(8);
  await until("orders", () => buyers.bought.length > 200);

  const killed = await store.kill(store.leader());
  const soldBefore = buyers.bought.length;
  await until("orders without it", () => buyers.bought.length > soldBefore + 500);
  assert.deepEqual(await store.leader(), order(2), "the next lower id leads");

  await store.restart(killed);
  await until("it to follow", async () => {
    const { role, lastIndex } = await store.health(killed);
    return role === "follower" && Number(lastIndex) >= soldBefore;
  });
  const soldLater = buyers.bought.length;
  await until("orders with it", () => buyers.bought.length > soldLater + 200);
  await buyers.stop();

  assert.deepEqual(await store.leader(), order(2), "it does not take the lead back");
  checkNoError(buyers);
  t.diagnostic(`longest pause ${Math.round(buyers.longestPauseMs)} ms`);
  assert(buyers.longestPauseMs < PAUSE_MAX_MS, `${buyers.longestPauseMs} ms`);
  await store.checkLogsEqual();
  await store.checkBooksBalance();
  await checkNothingIsGone(store, buyers);
});

const victims: [string, MemberName][] = [
  ["a follower", order(1)],
  ["the leader", order(3)],
  ["the catalog", catalog()],
  ["the front-end", frontend()],
];
for (const [name, member] of victims) {
  test(`${name} is killed and started again: nothing acknowledged is gone`, async (t) => {
    const store = await startStore(t, { orders: 3, environment: PLENTY });
    const buyers = store.buyers(4);
    await until("orders", () => buyers.bought.length > 100);
    await store.kill(member);
    await store.restart(member);
    const sold = buyers.bought.length;
    await until("orders afterwards", () => buyers.bought.length > sold + 100, 10_000);
    await buyers.stop();
    if (member.kind === "order") checkNoError(buyers);
    await store.checkLogsEqual();
    await store.checkBooksBalance();
    await checkNothingIsGone(store, buyers);
  });
}

test("all are killed at once and started again: nothing acknowledged is gone", async (t) => {
  const store = await startStore(t, { orders: 3, environment: PLENTY });
  const buyers = store.buyers(4);
  await until("orders", () => buyers.bought.length > 100);
  await store.running.killAll();
  await store.running.start(store.running.members);
  await store.untilReady();
  const sold = buyers.bought.length;
  await until("orders afterwards", () => buyers.bought.length > sold + 100, 10_000);
  await buyers.stop();
  await store.checkLogsEqual();
  await store.checkBooksBalance();
  await checkNothingIsGone(store, buyers);
});

test("a store sells on with one follower dead, and with two dead not at all", async (t) => {
  const store = await startStore(t, { orders: 3 });
  const follower = await store.kill(store.follower());
  const bought = await store.buy("Lego");
  await store.checkOrderOn(bought, { replicas: 2 });
  const other = await store.kill(store.follower());
  assert.equal((await store.tryToBuy("Lego", 1, "minority")).status, 503);
  await store.restart(follower);
  await store.restart(other);
  await store.untilReady();
  await store.buy("Lego", 1, { key: "minority" });
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

function checkNoError(buyers: Buyers): void {
  const troubled = buyers.answers.filter(({ refused, broken, status }) =>
    refused + broken > 0 || (status !== 200 && status !== 409));
  assert.deepEqual(troubled, []);
}

/** Every acknowledged order is in the log with exactly its values. */
async function checkNothingIsGone(store: TestStore, buyers: Buyers): Promise<void> {
  const rows = new Map(store.rows(await store.leader()).map((row) => [row.number, row]));
  for (const { number, name, key } of buyers.bought) {
    const row = rows.get(String(number));
    assert.deepEqual([row?.name, row?.quantity, row?.key], [name, "1", key], `order ${number}`);
  }
  const last = buyers.bought.at(-1)!;
  assert.deepEqual(await store.order(last.number!), {
    number: last.number, name: last.name, quantity: 1,
  });
}
