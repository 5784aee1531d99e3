/**
 * `npm run check` on a real store: it holds while orders go on and a leader
 * dies, it holds on the files that are left, and a flipped bit in them shows.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { audit } from "../../../client/check/main.ts";
import { memberFolder } from "../../../client/launcher/layout.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

async function check(store: TestStore): Promise<{ orders: number; failed: string[] }> {
  const { dataDir } = store.running;
  const { verdict, books } = await audit({ dataDir, isNamed: true, url: null });
  const failed = verdict.results.filter(({ ok }) => !ok).flatMap(({ name, findings }) =>
    findings.map((finding) => `${name}: ${finding}`));
  return { orders: books?.orders ?? 0, failed };
}

test("the audit holds under load, over a leader's death, and on the files left", async (t) => {
  const store = await startStore(t, {
    orders: 3, frontends: 2, environment: { RESTOCK_MS: "20", RESTOCK_TO: "1000" },
  });
  const buyers = store.buyers(6);
  await until("orders", () => buyers.bought.length > 100);
  const before = await check(store);
  assert.deepEqual(before.failed, []);
  assert(before.orders > 100);

  const killed = await store.kill(store.leader());
  assert.deepEqual((await check(store)).failed, []);
  const sold = buyers.bought.length;
  await until("orders without it", () => buyers.bought.length > sold + 50, 10_000);
  await store.restart(killed);
  assert.deepEqual((await check(store)).failed, []);
  await buyers.stop();

  await store.running.stopAll();
  const after = await check(store);
  assert.deepEqual(after.failed, []);
  assert.equal(after.orders, buyers.bought.length);

  const file = join(memberFolder(store.running.dataDir, order(2)), "log.csv");
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(file, bytes);
  const { failed } = await check(store);
  assert.equal(failed.length, 1);
  assert.match(failed[0]!, /^rows: .*order-2\/log\.csv line \d+: its checksum is/);
});
