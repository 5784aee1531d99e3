/**
 * Ten thousand who only stand there, a thousand who send slowly, a thousand who do not read, two
 * hundred who order as fast as they can, and one who wants to buy: he is served as ever, and
 * when the others are gone nothing is left of them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  affordable, ATTACKING, descriptorsOf, ELSEWHERE, ELSEWHERE_TOO, IS_LINUX, IS_QUIET, LoneBuyer,
  memoryOf, portOf, startAttack, timeOf, timeOn, Watch,
} from "../support/attack.ts";
import { frontend, startStore, type TestStore } from "../support/harness.ts";
import { Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const BUYER_P99_MS = IS_QUIET ? 250 : 1_000;
const LIVE_MAX_MS = IS_QUIET ? 1_000 : 3_000;
/** On a new connection: those that were hung up on connect again, and stand before it. */
const LATE_MAX_MS = IS_QUIET ? 1_000 : 15_000;
/** What the front-end may hold more in the crowd. */
const MEMORY_MAX_BYTES = (IS_QUIET ? 300 : 400) * 1024 * 1024;
const ARRIVING_MAX_MS = 30_000;
/** Until all of them have been let in, and nobody waits in the kernel's queue any more. */
const QUEUE_MAX_MS = 60_000;
const STAY_MS = 15_000;
const LEAVING_MAX_MS = 15_000;
const BOUGHT_MIN = 100;
const SLOW_SENDERS = 1_000;
const SLOW_READERS = 1_000;
const FLOODS = 200;

async function termOf(store: TestStore): Promise<number> {
  const { term } = await store.health(await store.leader());
  assert.equal(typeof term, "number");
  return term as number;
}

/** The first hundred are gone at once, and what comes after them is enough for everybody. */
async function stockUp(store: TestStore, names: readonly string[]): Promise<void> {
  for (const name of names) await store.buy(name, 100);
  await until("a full stock", async () => {
    const products = await Promise.all(names.map((name) => store.product(name)));
    return products.every(({ quantity }) => quantity > 1_000);
  });
}

test("a buyer in a crowd of twelve thousand is served, and nothing is left of it", async (t) => {
  if (!IS_LINUX) return t.skip("it needs many loopback addresses, and /proc");
  const store = await startStore(t, { environment: STOCKED });
  const { url } = store.running;
  await stockUp(store, ["Tux", "Fox"]);
  const [term, memory] = [await termOf(store), memoryOf(store, frontend())];
  const descriptors = descriptorsOf(store, frontend());
  const attackers = affordable(t, 10_000 + SLOW_SENDERS + SLOW_READERS + FLOODS) - FLOODS;
  const idle = attackers - SLOW_SENDERS - SLOW_READERS;

  const buyer = new LoneBuyer(url, { from: ELSEWHERE, name: "Tux" });
  const doctor = new Shopper(url, { timeoutMs: 2 * LIVE_MAX_MS, from: ELSEWHERE_TOO });
  const live = new Watch(() => timeOn(doctor, "/livez"));
  const held = new Watch(() => memoryOf(store, frontend()) - memory);
  const attack = startAttack(t, {
    port: portOf(store), from: ATTACKING, idle, slowSenders: SLOW_SENDERS,
    slowReaders: SLOW_READERS,
    orders: { names: ["Fox"], connections: FLOODS, depth: 64 },
  });
  // Whatever comes of it: what does not end with its loop would outlive the test.
  const watches: { stop: () => Promise<unknown> }[] = [buyer, live, held];
  t.after(async () => {
    await Promise.allSettled(watches.map((watch) => watch.stop()));
    doctor.close();
  });
  await until("the crowd to have come", () => attack.report.opened >= attackers, ARRIVING_MAX_MS);
  // The kernel hands over one at a time: a newcomer waits behind those who came before.
  const newcomer = { from: ELSEWHERE_TOO, withinMs: LATE_MAX_MS };
  const lateMs = () => timeOf(url, "/livez", newcomer);
  await until("newcomers to be let in", async () => (await lateMs()) < LIVE_MAX_MS, QUEUE_MAX_MS);
  const late = new Watch(lateMs);
  watches.push(late);
  await pause(STAY_MS);
  // That a member died is told below.
  await Promise.allSettled(watches.map((watch) => watch.stop()));
  const { open, hungUpOn, ordersGood, ordersRefused } = attack.report;
  await attack.end();

  t.diagnostic(`${open} stood there, ${hungUpOn} were hung up on; of the flood ${ordersGood} ` +
    `were sold to and ${ordersRefused} refused; the buyer bought ${buyer.bought}, p99 ` +
    `${buyer.p99Ms.toFixed(0)} ms; livez ${live.most.toFixed(0)} ms at most, ` +
    `${late.most.toFixed(0)} on a new connection; ` +
    `${Math.round(held.most / 1e6)} MB more`);
  assert.equal(store.running.running().length, 5, "nobody died");
  assert(buyer.bought >= BOUGHT_MIN, `the buyer bought ${buyer.bought}`);
  assert(buyer.p99Ms < BUYER_P99_MS, `the buyer's p99 is ${buyer.p99Ms} ms`);
  assert(live.most < LIVE_MAX_MS, `/livez took ${live.most} ms`);
  assert(late.most < LATE_MAX_MS, `/livez took ${late.most} ms on a new connection`);
  assert(held.most < MEMORY_MAX_BYTES, `the front-end held ${held.most} bytes more`);
  await until("their connections to be gone", () =>
    descriptorsOf(store, frontend()) <= descriptors + 20, LEAVING_MAX_MS);
  assert.equal(await termOf(store), term, "no leader was lost");
  const after = new LoneBuyer(url, { from: ELSEWHERE, name: "Tux" });
  await until("an order", () => after.bought > 0);
  await after.stop();
  assert(after.tookMs[0]! < BUYER_P99_MS, `the next order took ${after.tookMs[0]} ms`);
  await store.checkLogsEqual();
});

test("three thousand idle connections of one client lock nobody out", async (t) => {
  if (!IS_LINUX) return t.skip("it needs many loopback addresses, and /proc");
  const store = await startStore(t);
  const { url } = store.running;
  const idle = affordable(t, 3_000);
  const [own] = ATTACKING;
  const attack = startAttack(t, { port: portOf(store), from: [own!], idle });
  await until("the idle", () => attack.report.opened >= idle, ARRIVING_MAX_MS);
  const withinMs = LIVE_MAX_MS;
  // As long as a keep-alive lasts they are all there: these are the moments that count.
  for (let nth = 0; nth < 10; nth++) {
    for (const path of ["/products/Tux", "/livez"]) {
      for (const from of [ELSEWHERE, own!]) {
        const tookMs = await timeOf(url, path, { from, withinMs });
        assert(tookMs < withinMs, `${path} from ${from} was not answered in ${withinMs} ms`);
      }
    }
  }
  assert.equal(store.running.running().length, 5, "nobody died");
});
