/**
 * Members whose wall clock jumps by hours, back and forth and each on its own: nothing is
 * decided by it. It is in what people read, and there it may be wrong.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { frontend, startStore } from "../support/harness.ts";
import { checkAllKept } from "../support/kept_orders.ts";
import { Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const HOUR_MS = 3_600_000;
const JUMP_EVERY_MS = 40;

/** Runs in every member before its program: a clock that is up to an hour off, another one soon. */
const JUMPING = `
  const real = Date.now, RealDate = Date;
  let offMs = 0;
  setInterval(() => offMs = (Math.random() - 0.5) * ${2 * HOUR_MS}, ${JUMP_EVERY_MS}).unref();
  globalThis.Date = class extends RealDate {
    constructor(...given) { given.length === 0 ? super(real() + offMs) : super(...given); }
    static now() { return Math.round(real() + offMs); }
  };
`;

function isHit(headers: Record<string, unknown>): boolean {
  return String(headers["cache-status"]).endsWith("hit");
}

test("with wall clocks that jump by hours leases, failover and orders are as ever", async (t) => {
  const preload = `--import=data:text/javascript,${encodeURIComponent(JUMPING)}`;
  const store = await startStore(t, {
    frontends: 2, environment: { ...STOCKED, NODE_OPTIONS: preload },
  });
  const other = new Shopper(store.running.urls[1]!);
  t.after(() => other.close());
  const buyers = store.buyers(4);
  await until("orders", () => buyers.bought.length > 100);
  const killed = await store.kill(store.leader());
  const sold = buyers.bought.length;
  await until("orders without it", () => buyers.bought.length > sold + 100);
  await store.restart(killed);
  await store.kill(frontend(2));
  await store.restart(frontend(2));
  await buyers.stop();

  for (let nth = 0; nth < 20; nth++) {
    // Cached at one, bought at the other, read at the first.
    await until("a hit", async () => isHit((await other.ask("/products/Kite")).headers));
    await store.buy("Kite");
    const { body } = await other.ask("/products/Kite");
    assert.equal((body as { data: { quantity: number } }).data.quantity, 99 - nth);
  }
  await checkAllKept(store, buyers);
  const troubled = buyers.answers.filter(({ refused, broken }) => refused + broken > 0);
  assert.deepEqual(troubled, [], "nobody noticed");
  const times = store.rows(await store.leader()).map(({ time }) => Date.parse(time!));
  assert(times.some((time, at) => time < times[at - 1]! - HOUR_MS / 10), "the clocks did jump");
});
