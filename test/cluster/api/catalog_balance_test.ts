/**
 * Look-ups over three catalogs: evenly or by load, and exact whoever dies or
 * sleeps. With a cache that is off or holds one product, most of them are
 * answered by a catalog.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { MemberName } from "../../../client/launcher/layout.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import type { Balance } from "../../../shared/member/config.ts";
import { FOLLOWER_TIMEOUT_MS, LOOKUP_DEADLINE_MS } from "../../../shared/limits.ts";
import { catalog, frontend, startStore, type TestStore } from "../support/harness.ts";
import { Shopper } from "../support/shopper.ts";
import { startSlowProxy } from "../support/slow_proxy.ts";
import { until } from "../../support/until.ts";

const IDS = [1, 2, 3];
const NAMES = ["Tux", "Fox", "Uno", "Whale"];
const WINDOW = 300;
const AT_ONCE = 8;
const SLOW_MS = 200;
const PATIENCE_MS = 30_000;

/** Who leads the catalog. */
function catalogLeader(store: TestStore): Promise<number> {
  return until("a leader of the catalog", async () => {
    const healths = await Promise.all(IDS.map((id) => store.health(catalog(id))));
    return healths.find(({ serving }) => serving === true)?.id as number | undefined;
  });
}

/** Look-ups that each catalog has answered since its start. */
async function answered(store: TestStore): Promise<number[]> {
  const healths = await Promise.all(IDS.map((id) => store.health(catalog(id))));
  return healths.map(({ details }) => (details as { lookups: number }).lookups);
}

/** How many look-ups of a window each catalog answers, with some of them at once. */
async function spread(store: TestStore): Promise<number[]> {
  const before = await answered(store);
  let left = WINDOW;
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, reader) => {
    while (left-- > 0) await store.product(NAMES[(left + reader) % NAMES.length]!);
  }));
  return (await answered(store)).map((count, at) => count - before[at]!);
}

function isEven(counts: readonly number[]): boolean {
  const equal = WINDOW / counts.length;
  return counts.every((count) => Math.abs(count - equal) <= equal / 10);
}

test("look-ups go round three catalogs: each answers a third, within a tenth", async (t) => {
  const store = await startStore(t, { catalogs: 3, cacheSize: 0 });
  // A lease that lapses on a busy machine sends a window's look-ups to the leader.
  const isEvenTwice = async () => isEven(await spread(store)) && isEven(await spread(store));
  await until("an even spread", isEvenTwice, PATIENCE_MS);
  await store.buy("Tux");
  await until("an even spread again", isEvenTwice, PATIENCE_MS);
});

test("a slow catalog is asked less where load counts, and as often elsewhere", async (t) => {
  const store = await startStore(t, { catalogs: 3, cacheSize: 0 });
  const leader = await catalogLeader(store);
  const slow = IDS.find((id) => id !== leader)!;
  const { running } = store;
  const urlOf = (id: number) => running.member(catalog(id)).internalUrl;
  const delay = { url: urlOf(slow), path: "/lookups", delayMs: SLOW_MS };
  const proxy = await startSlowProxy(t, delay);
  const CATALOGS = IDS.map((id) => `${id}=${id === slow ? proxy : urlOf(id)}`).join(",");
  const balances: [Balance, (slow: number, others: number[]) => boolean][] = [
    ["round-robin", (own, others) => isEven([own, ...others])],
    ["least-connections", (own, others) => own > 0 && own * 3 < Math.min(...others)],
    ["least-response-time", (own, others) => own * 3 < Math.min(...others)],
  ];
  for (const [BALANCE, isRight] of balances) {
    await store.stop(frontend());
    await running.start([frontend()], { CATALOGS, BALANCE });
    await store.untilReady();
    await until(`the spread of ${BALANCE}`, async () => {
      const counts = await spread(store);
      return isRight(counts[slow - 1]!, counts.filter((_, at) => at !== slow - 1));
    }, PATIENCE_MS);
  }
});

/** Readers who note whatever is not 200, or older than what anybody was told before they asked. */
class CachedReads {
  readonly wrong: string[] = [];
  slowestMs = 0;
  count = 0;
  /** The least stock of Tux that anybody was told of; nothing is ever restocked. */
  #least = 100;
  #isStopped = false;
  readonly #loops: Promise<void>[];

  constructor(shoppers: readonly Shopper[]) {
    const each = [0, 1, 2];
    this.#loops = shoppers.flatMap((shopper) => each.map((at) => this.#read(shopper, at)));
  }

  /** Somebody was told that there is no more than this. */
  know(quantity: number): void {
    this.#least = Math.min(this.#least, quantity);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #read(shopper: Shopper, reader: number): Promise<void> {
    for (let turn = reader; !this.#isStopped; turn++) {
      const isList = turn % 7 === 0;
      const name = turn % 2 === 0 ? "Tux" : NAMES[turn % NAMES.length]!;
      const known = this.#least;
      const askedMs = monotonicMs();
      const { status, body } = await shopper.ask(isList ? "/products?q=tux" : `/products/${name}`);
      this.count += 1;
      this.slowestMs = Math.max(this.slowestMs, monotonicMs() - askedMs);
      if (status !== 200) {
        this.wrong.push(`${name}: ${status} ${JSON.stringify(body)}`);
        continue;
      }
      const { data } = body as { data: { name: string; quantity: number }[] };
      const [shown] = isList ? data : [data as unknown as { name: string; quantity: number }];
      if (shown?.name !== "Tux") continue;
      if (shown.quantity > known) this.wrong.push(`${shown.quantity} Tux, and ${known} were known`);
      this.know(shown.quantity);
    }
  }
}

interface Readings {
  store: TestStore;
  readers: CachedReads;
  /** Of the catalog. */
  leader: MemberName;
  follower: MemberName;
}

/** Something befalls a store in which many read while one buys. */
async function read(t: TestContext, befall: (readings: Readings) => Promise<void>): Promise<void> {
  const store = await startStore(t, { catalogs: 3, frontends: 2, cacheSize: 1 });
  const leading = await catalogLeader(store);
  const shoppers = store.running.urls.map((url) => new Shopper(url));
  t.after(() => shoppers.forEach((shopper) => shopper.close()));
  const before = await answered(store);
  const readers = new CachedReads(shoppers);
  await until("each catalog to have answered", async () => {
    return (await answered(store)).every((count, at) => count > before[at]! + 10);
  }, PATIENCE_MS);
  let bought = 0;
  let isOver = false;
  const buy = async (): Promise<void> => {
    for (; !isOver && bought < 90; bought++) {
      await shoppers[bought % 2]!.purchase("Tux", `under-readers-${bought}`);
      readers.know(99 - bought);
    }
  };
  const buying = buy();
  await until("something to be bought", () => bought >= 3);
  const follower = catalog(IDS.find((id) => id !== leading)!);
  await befall({ store, readers, leader: catalog(leading), follower });
  const readSoFar = readers.count;
  const boughtSoFar = bought;
  await until("reading and buying to go on", () => {
    return readers.count > readSoFar + 200 && (bought > boughtSoFar + 3 || bought === 90);
  }, PATIENCE_MS);
  isOver = true;
  await buying;
  await readers.stop();
  assert.deepEqual(readers.wrong, []);
  assert.equal((await store.product("Tux")).quantity, 100 - bought);
}

/** Until it was read that often meanwhile. */
function untilRead(readers: CachedReads, count: number): Promise<boolean> {
  const before = readers.count;
  return until("more to be read", () => readers.count >= before + count, PATIENCE_MS);
}

test("a catalog follower dies under readers and comes back: no error, nothing old", async (t) => {
  await read(t, async ({ store, readers, follower }) => {
    await store.kill(follower);
    await untilRead(readers, 200);
    await store.restart(follower);
    await until("it to answer again", async () => (await answered(store))[follower.id - 1]! > 0,
      PATIENCE_MS);
  });
});

test("a catalog follower sleeps under readers: no error, nothing old, no long wait", async (t) => {
  await read(t, async ({ store, readers, follower }) => {
    await store.pause(follower);
    await untilRead(readers, 200);
    await store.resume(follower);
    assert(readers.slowestMs < LOOKUP_DEADLINE_MS, `${readers.slowestMs} ms`);
    t.diagnostic(`slowest ${Math.round(readers.slowestMs)} ms, limit ${FOLLOWER_TIMEOUT_MS} ms`);
  });
});

test("the catalog's leader is killed under readers: no error, nothing old", async (t) => {
  await read(t, async ({ store, readers, leader }) => {
    await store.kill(leader);
    await untilRead(readers, 200);
    await store.restart(leader);
  });
});

test("the catalog's leader sleeps under readers: no error, nothing old", async (t) => {
  await read(t, async ({ store, readers, leader }) => {
    await store.pause(leader);
    await untilRead(readers, 200);
    await store.resume(leader);
  });
});
