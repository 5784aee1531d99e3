/**
 * Members are killed with SIGKILL under load: nothing acknowledged is gone,
 * and buyers of a killed order leader, or of one of each group that has
 * replicas, see no error and hardly a pause.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test, type TestContext } from "node:test";
import { audit } from "../../../client/check/main.ts";
import type { MemberName } from "../../../client/launcher/layout.ts";
import { LEADER_LEASE_MS, LEASE_MS } from "../../../shared/limits.ts";
import { Stalls } from "../../chaos/event_loop_lag.ts";
import { untilWhole } from "../../chaos/store_health.ts";
import { catalog, frontend, order, startStore, type TestStore } from "../support/harness.ts";
import { Buyers, Reader, Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const PAUSE_MAX_MS = 1_000;
/** When leaders of both groups die at one moment. */
const BOTH_PAUSE_MAX_MS = 1_500;
const WHOLE_MAX_MS = 10_000;
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

/** Buyers who know both front-ends, half of them at each, and a reader at each. */
function crowdOf(t: TestContext, { running }: TestStore) {
  const [one, other] = running.urls as [string, string];
  const shoppers = [new Shopper([one, other]), new Shopper([other, one])];
  const names = ["Tux", "Fox", "Uno"];
  const buyers = shoppers.map((shopper, at) =>
    new Buyers(shopper, { count: 4, names, keys: `buyer-at-${at + 1}` }));
  const readers = running.urls.map((url) => new Reader(url, "Whale"));
  const stalls = new Stalls();
  const stop = async () => {
    await Promise.all([...buyers, ...readers].map((one) => one.stop()));
    stalls.close();
    shoppers.forEach((shopper) => shopper.close());
  };
  t.after(stop);
  const sold = () => buyers.reduce((sum, { bought }) => sum + bought.length, 0);
  return { buyers, readers, stalls, stop, sold };
}

/** All at the same moment; orders go on; then they are started again and all is as before. */
async function killTogether(
  store: TestStore,
  victims: readonly MemberName[],
  sold: () => number,
): Promise<void> {
  await Promise.all(victims.map((victim) => store.kill(victim)));
  const before = sold();
  await until("orders without them", () => sold() > before + 300, 10_000);
  await store.running.start(victims);
  assert((await untilWhole(store.running, WHOLE_MAX_MS)).isWhole, "they are back");
}

async function checkClean(store: TestStore): Promise<void> {
  await store.checkLogsEqual();
  await store.checkBooksBalance();
  const { verdict } = await audit({ dataDir: store.running.dataDir, isNamed: true, url: null });
  assert.deepEqual(verdict.results.filter(({ ok }) => !ok), []);
}

test("one catalog and one order replica die at once: no error, cached reads go on", async (t) => {
  const sizes = { orders: 3, catalogs: 3, frontends: 2 };
  const store = await startStore(t, { ...sizes, environment: PLENTY });
  const { buyers, readers, stalls, stop, sold } = crowdOf(t, store);
  await until("orders", () => sold() > 200);
  const first = await untilWhole(store.running, WHOLE_MAX_MS);
  await killTogether(store, [order(first.leader!), catalog(first.catalogLeader!)], sold);
  const drawn = [order(1 + randomInt(3)), catalog(1 + randomInt(3))];
  await killTogether(store, drawn, sold);
  await stop();

  for (const one of buyers) checkNoError(one);
  const pausesMs = buyers.map(({ longestPauseMs }) => Math.round(longestPauseMs));
  const readsMs = readers.map(({ longestMs }) => Math.round(longestMs));
  const stalledMs = Math.round(stalls.longestMs);
  t.diagnostic(`drawn: order ${drawn[0]!.id}, catalog ${drawn[1]!.id}; longest pauses ` +
    `${pausesMs.join(", ")} ms, cached reads ${readsMs.join(", ")} ms, own stall ${stalledMs} ms`);
  for (const ms of pausesMs) assert(ms < BOTH_PAUSE_MAX_MS, `${ms} ms`);
  for (const { statuses } of readers) assert.deepEqual([...statuses], [200]);
  // Who waited for another leader waited for longer; what this process waited for its own turn
  // is no pause of the store.
  for (const ms of readsMs) assert(ms - stalledMs < LEADER_LEASE_MS, `a cached read took ${ms} ms`);
  for (const one of buyers) await checkNothingIsGone(store, one);
  await checkClean(store);
});

test("with a front-end dead besides, a client with both goes on with the other", async (t) => {
  const sizes = { orders: 3, catalogs: 3, frontends: 2 };
  const store = await startStore(t, { ...sizes, environment: PLENTY });
  const { buyers, readers, stop, sold } = crowdOf(t, store);
  await until("orders", () => sold() > 200);
  const { leader, catalogLeader } = await untilWhole(store.running, WHOLE_MAX_MS);
  const victims = [order(leader!), catalog(catalogLeader!), frontend(2)];
  await killTogether(store, victims, sold);
  await stop();

  const [atLiving, atDead] = buyers as [Buyers, Buyers];
  checkNoError(atLiving);
  const troubled = atDead.answers.filter(({ refused, broken }) => refused > 0 || broken > 1);
  assert.deepEqual(troubled, [], "each asks once in vain at the dead one, and then at the other");
  assert.deepEqual([...readers[0]!.statuses], [200]);
  const longestMs = Math.max(...buyers.map(({ longestPauseMs }) => longestPauseMs));
  t.diagnostic(`longest pause ${Math.round(longestMs)} ms`);
  // The new catalog waits for the lease of the front-end that is dead.
  assert(longestMs < LEASE_MS + PAUSE_MAX_MS, `${longestMs} ms`);
  for (const one of buyers) await checkNothingIsGone(store, one);
  await checkClean(store);
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
