/**
 * Members that sleep (SIGSTOP), with their ports open and their clocks running on: a front-end
 * over the end of its lease, the catalog, a follower.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMs } from "../../../shared/clock.ts";
import { LEASE_MS, ORDER_DEADLINE_MS } from "../../../shared/limits.ts";
import { catalog, frontend, order, startStore } from "../support/harness.ts";
import { type Answer, Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

/** Enough that every HTTP thread has one of them. */
const CONNECTIONS = 8;
const PATH = "/products/Tux";

function isHit({ headers }: Answer): boolean {
  return String(headers["cache-status"]).endsWith("hit");
}

function quantityOf({ status, body }: Answer): number {
  assert.equal(status, 200, JSON.stringify(body));
  return (body as { data: { quantity: number } }).data.quantity;
}

test("a front-end that slept over the end of its lease shows nothing from before", async (t) => {
  const store = await startStore(t, { frontends: 2 });
  const [sleepy, awake] = store.running.urls.map((url) => new Shopper(url)) as [Shopper, Shopper];
  const readers = Array.from({ length: CONNECTIONS }, () => new Shopper(store.running.urls[0]!));
  t.after(() => [sleepy, awake, ...readers].forEach((shopper) => shopper.close()));
  const readAll = () => Promise.all(readers.map((reader) => reader.ask(PATH)));
  for (let left = 99; left >= 97; left--) {
    await until("every connection's thread to have it", async () => (await readAll()).every(isHit));
    await store.pause(frontend(1));
    const bought = await awake.order({ name: "Tux", quantity: 1 });
    assert.equal(bought.status, 200, "the lease of who sleeps is waited for, and no longer");
    // Asked after somebody was told of the new quantity, read by the front-end when it wakes.
    const reading = readAll();
    await store.resume(frontend(1));
    assert.deepEqual((await reading).map(quantityOf), Array(CONNECTIONS).fill(left));
  }
});

test("while the catalog sleeps, look-ups end with the lease and purchases with 503", async (t) => {
  const store = await startStore(t);
  await until("a hit", async () => isHit(await store.shopper.ask(PATH)));
  await store.pause(catalog());
  const startedMs = monotonicMs();
  const buying = store.tryToBuy("Tux", 1, "asleep");
  const served: number[] = [];
  for (let isOver = false; !isOver;) {
    const askedMs = monotonicMs() - startedMs;
    const { status } = await store.shopper.ask(PATH);
    assert([200, 503].includes(status), `${status}`);
    isOver = status === 503;
    if (!isOver) served.push(askedMs);
  }
  const later = await Promise.all(Array.from({ length: 4 }, () => store.shopper.ask(PATH)));
  assert.deepEqual(later.map(({ status }) => status), [503, 503, 503, 503]);
  assert(served.length > 0, "until then it may serve what it holds");
  const lastMs = Math.max(...served);
  assert(lastMs < LEASE_MS, `served ${lastMs} ms after the catalog fell asleep`);
  const refused = await buying;
  assert.equal(refused.status, 503);
  assert(refused.headers["retry-after"] !== undefined);
  assert(monotonicMs() - startedMs < 2 * ORDER_DEADLINE_MS);

  await store.resume(catalog());
  assert.notEqual((await store.shopper.purchase("Tux", "asleep")).number, null);
  assert.equal((await store.product("Tux")).quantity, 99);
  await store.checkBooksBalance();
});

test("a sleeping follower is not missed, and has all when it wakes", async (t) => {
  const store = await startStore(t);
  await store.pause(order(1));
  const startedMs = monotonicMs();
  for (let nth = 0; nth < 10; nth++) await store.buy("Tux");
  const tookMs = monotonicMs() - startedMs;
  assert(tookMs < 1_000, `10 orders took ${tookMs} ms`);
  await store.resume(order(1));
  await store.checkLogsEqual();
});
