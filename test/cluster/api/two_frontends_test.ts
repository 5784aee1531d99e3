/** Two front-ends with a cache each: what one of them said, the other does not contradict. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { monotonicMs } from "../../../shared/clock.ts";
import { LEASE_MS } from "../../../shared/limits.ts";
import { frontend, startStore, type TestStore } from "../support/harness.ts";
import { Shopper } from "../support/shopper.ts";

function shoppersAt(t: TestContext, { running }: TestStore): [Shopper, Shopper] {
  const shoppers = running.urls.map((url) => new Shopper(url));
  t.after(() => shoppers.forEach((shopper) => shopper.close()));
  return shoppers as [Shopper, Shopper];
}

async function quantityAt(shopper: Shopper, name: string): Promise<number> {
  const { status, body } = await shopper.ask(`/products/${name}`);
  assert.equal(status, 200);
  return (body as { data: { quantity: number } }).data.quantity;
}

test("what was bought at one front-end is seen at once at the other", async (t) => {
  const store = await startStore(t, { frontends: 2 });
  const [one, other] = shoppersAt(t, store);
  for (let left = 99; left >= 0; left--) {
    const [buyer, reader] = left % 2 === 0 ? [one, other] : [other, one];
    // So that there is something in both caches that could be stale.
    await Promise.all([quantityAt(one, "Tux"), quantityAt(other, "Tux")]);
    assert.equal((await buyer.order({ name: "Tux", quantity: 1 })).status, 200);
    assert.equal(await quantityAt(reader, "Tux"), left);
  }
});

test("a front-end that is gone for ever holds up one purchase, for its lease", async (t) => {
  const store = await startStore(t, { frontends: 2 });
  const [one, other] = shoppersAt(t, store);
  await Promise.all([quantityAt(one, "Tux"), quantityAt(other, "Tux")]);
  await store.kill(frontend(2));
  const takenMs: number[] = [];
  for (let nth = 0; nth < 5; nth++) {
    const startedMs = monotonicMs();
    assert.equal((await one.order({ name: "Tux", quantity: 1 })).status, 200);
    takenMs.push(monotonicMs() - startedMs);
  }
  const [first, ...later] = takenMs;
  const told = takenMs.map((ms) => ms.toFixed(0)).join(", ");
  assert(first! < 2 * LEASE_MS && Math.max(...later) < LEASE_MS / 2, `they took ${told} ms`);
  assert.equal(await quantityAt(one, "Tux"), 95);
});

test("of 100 buyers of the last piece, at two front-ends, one gets it", async (t) => {
  const store = await startStore(t, { frontends: 2 });
  const [one, other] = shoppersAt(t, store);
  await store.buy("Whale", 99);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, nth) =>
    (nth % 2 === 0 ? one : other).order({ name: "Whale", quantity: 1 })));
  const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
  assert.deepEqual(statuses, [200, ...Array(99).fill(409)]);
  assert.deepEqual([await quantityAt(one, "Whale"), await quantityAt(other, "Whale")], [0, 0]);
  await store.checkBooksBalance();
});
