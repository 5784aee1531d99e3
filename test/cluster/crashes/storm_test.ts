/**
 * Members killed again and again, each on its own and some before they are up: what a replica
 * once called committed stands unchanged on every disk that still has it, nothing that a buyer
 * was told is gone, and all is well soon after. And all replicas killed, started in any order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../../../client/launcher/layout.ts";
import { createRandom } from "../../../client/load/random.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";
import { checkAllKept } from "../support/kept_orders.ts";
import { until } from "../../support/until.ts";

const STORM_MS = 8_000;
const UP_MS = [200, 2_000] as const;
const WELL_MAX_MS = 10_000;
const SAMPLE_MS = 100;
/** Of the times between deaths; what they hit is the machine's. */
const SEED = 20_260_131;
const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

/** Kills and starts one member until the storm is over; returns how often. */
async function harass(
  store: TestStore,
  member: Member,
  { random, untilMs }: { random: () => number; untilMs: number },
): Promise<number> {
  let deaths = 0;
  while (monotonicMs() < untilMs) {
    await pause(UP_MS[0] + random() * (UP_MS[1] - UP_MS[0]));
    await store.kill(member);
    deaths += 1;
    await store.restart(member);
  }
  return deaths;
}

/** Rows that some replica called committed, as they stood on its disk. */
class CommittedRows {
  readonly lines: string[] = [];
  samples = 0;

  async sample(store: TestStore): Promise<void> {
    for (const id of [1, 2, 3]) {
      const health = await store.health(order(id)).catch(() => null);
      if (health !== null) this.#compare(store, id, Number(health.commitIndex));
    }
  }

  #compare(store: TestStore, id: number, committed: number): void {
    const lines = store.logText(order(id)).split("\n").slice(1, -1).slice(0, committed);
    for (const [at, line] of lines.entries()) {
      this.lines[at] ??= line;
      assert.equal(line, this.lines[at], `row ${at + 1} of order ${id}`);
    }
    this.samples += 1;
  }
}

test("every member is killed every other second: nothing committed moves, all heals", async (t) => {
  const store = await startStore(t, { orders: 3, environment: STOCKED });
  const buyers = store.buyers(3);
  await until("orders", () => buyers.bought.length > 50);
  const untilMs = monotonicMs() + STORM_MS;
  const rows = new CommittedRows();
  const watching = (async () => {
    for (; monotonicMs() < untilMs; await pause(SAMPLE_MS)) await rows.sample(store);
  })();
  const deaths = await Promise.all([watching, ...store.running.members.map((member, at) =>
    harass(store, member, { random: createRandom(SEED, at), untilMs }))]);
  const healedMs = monotonicMs();
  const sold = buyers.bought.length;
  await until("orders afterwards", () => buyers.bought.length > sold + 50, WELL_MAX_MS);
  await buyers.stop();
  await store.checkLogsEqual(WELL_MAX_MS);
  const wellMs = Math.round(monotonicMs() - healedMs);
  t.diagnostic(`deaths ${deaths.slice(1).join(", ")}; ${sold} orders; well after ${wellMs} ms`);
  await rows.sample(store);
  assert(rows.samples > 10 && rows.lines.length > 50, `${rows.samples} samples`);
  await checkAllKept(store, buyers);
});

test("all replicas dead, started in whatever order: the orders are there and go on", async (t) => {
  const store = await startStore(t, { orders: 3 });
  let last = (await store.buy("Tux")).number;
  for (const ids of [[1, 2, 3], [3, 1, 2], [2, 3, 1]]) {
    await Promise.all(ids.map((id) => store.kill(order(id))));
    for (const id of ids) await store.restart(order(id));
    await store.untilReady();
    assert.equal((await store.order(last)).number, last);
    const { number } = await store.buy("Fox");
    assert.equal(number, last + 1);
    last = number;
    await store.checkLogsEqual();
  }
  await store.checkBooksBalance();
});
