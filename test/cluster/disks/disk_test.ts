/** What a crash leaves on a disk, and what a member makes of it when it comes back. */
import assert from "node:assert/strict";
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder } from "../../../client/launcher/layout.ts";
import { startStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

test("a torn last row is cut with a warning, and the replica goes on", async (t) => {
  const store = await startStore(t, { orders: 3 });
  await store.buy("Tux");
  const torn = await store.kill(store.follower());
  const folder = memberFolder(store.running.dataDir, torn);
  appendFileSync(join(folder, "log.csv"), "3,1,2,2026-01-31T12:00");
  await store.buy("Fox");

  await store.restart(torn);
  await store.checkLogsEqual();
  assert(store.logged(torn, "warn").some((line) => /torn/i.test(line)), "it says so");
  const kept = readdirSync(folder).filter((name) => name !== "log.csv" && name.includes("log"));
  assert.equal(kept.length, 1, `a copy of what was cut is kept: ${readdirSync(folder)}`);
  await store.buy("Uno");
  await store.checkBooksBalance();
});

test("a replica that was away catches up while orders go on", async (t) => {
  const store = await startStore(t, {
    orders: 3, environment: { RESTOCK_MS: "20", RESTOCK_TO: "1000000" },
  });
  const away = await store.stop(store.follower());
  const buyers = store.buyers(8);
  await until("orders that it misses", () => buyers.bought.length > 1_000, 20_000);
  await store.restart(away);
  await store.checkOrderOn(await store.buy("Lego"), { replicas: 3 });
  await buyers.stop();
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});
