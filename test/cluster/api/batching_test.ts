/**
 * The shape of the work, which holds on a slow machine as on a fast one: how
 * many orders went into a request to the catalog, an append and a flush. How
 * fast that is, npm run bench tells.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const AT_ONCE = 60;
const ORDERS = 900;
/** Real batches are larger by far; a store that sends one by one has 1. */
const BATCH_MIN = 3;

interface Counts {
  /** Rows in the leader's log, appends of them, and flushes to its disk. */
  rows: number;
  appends: number;
  flushes: number;
  /** Sales asked of the catalog, and the requests that carried them. */
  sales: number;
  batches: number;
}

interface Health {
  lastIndex: number;
  details: Counts;
}

test("alone, an order is one sale, one row and one flush", async (t) => {
  const store = await startStore(t, { orders: 3 });
  await store.buy("Tux");
  const work = await countWork(store, async () => {
    for (let n = 0; n < 10; n += 1) {
      await store.buy("Tux");
      await readCounts(store);
    }
  });
  assert.deepEqual(work, { rows: 10, appends: 10, flushes: 10, sales: 10, batches: 10 });
});

test("under load, many orders share a sale request, an append and a flush", async (t) => {
  const store = await startStore(t, {
    orders: 3,
    environment: { RESTOCK_MS: "50", RESTOCK_TO: "1000000" },
  });
  await store.buy("Tux", 100);
  const work = await countWork(store, async () => {
    let left = ORDERS;
    const buyer = async (_: unknown, index: number) => {
      for (let turn = 0; left-- > 0; turn += 1) {
        const { number } = await store.shopper.purchase("Tux", `batch-${index}-${turn}`);
        if (number === null) left += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, buyer));
  });
  assert.equal(work.rows, ORDERS);
  const perFlush = work.rows / work.flushes;
  const perAppend = work.rows / work.appends;
  const perRequest = work.sales / work.batches;
  const found = `${perRequest} sales a request, ${perAppend} rows an append, ${perFlush} a flush`;
  assert(Math.min(perFlush, perAppend, perRequest) >= BATCH_MIN, found);
});

/** What the leader did meanwhile. */
async function countWork(store: TestStore, work: () => Promise<void>): Promise<Counts> {
  const before = await readCounts(store);
  await work();
  const after = await readCounts(store);
  const difference = { ...after };
  for (const what of Object.keys(after) as (keyof Counts)[]) difference[what] -= before[what];
  return difference;
}

/** Once all rows are on the leader's disk: an order counts with those of two followers. */
function readCounts(store: TestStore): Promise<Counts> {
  return until("the leader's last row on its disk", async () => {
    const health = (await store.health(await store.leader())) as unknown as Health;
    const { rows, appends, flushes, sales, batches } = health.details;
    return rows === health.lastIndex && { rows, appends, flushes, sales, batches };
  });
}
