/**
 * SIGTERM under load, one member after the other: each answers what it took, ends with code 0
 * within its grace and leaves files that its next start finds whole.
 */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import { CLOSE_GRACE_MS } from "../../../shared/limits.ts";
import { catalog, frontend, order, startStore, type TestStore } from "../support/harness.ts";
import { checkAllKept } from "../support/kept_orders.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

const victims: [string, MemberName][] = [
  ["a follower", order(1)],
  ["the catalog", catalog()],
  ["a front-end", frontend()],
];

test("whoever is stopped under load ends in time, with 0, and its files are whole", async (t) => {
  const store = await startStore(t, { orders: 3, environment: STOCKED });
  const buyers = store.buyers(6);
  for (const [name, member] of victims) {
    const sold = buyers.bought.length;
    await until(`orders before ${name}`, () => buyers.bought.length > sold + 100, 10_000);
    const startedMs = monotonicMs();
    await store.stop(member);
    const tookMs = monotonicMs() - startedMs;
    assert(tookMs < CLOSE_GRACE_MS, `${name} took ${tookMs} ms`);
    const ended = await until("its end", () => store.running.process(member).ended);
    assert.equal(ended, "exit code 0", name);
    if (member.kind !== "frontend") checkNoted(store, member);
    await store.restart(member);
  }
  const sold = buyers.bought.length;
  await until("orders afterwards", () => buyers.bought.length > sold + 100, 10_000);
  await buyers.stop();
  for (const [, member] of victims) assert.deepEqual(store.logged(member, "error"), []);
  await checkAllKept(store, buyers);
});

/** The whole log is known to be on disk: nothing of it can pass for an interrupted append. */
function checkNoted({ running }: TestStore, member: MemberName): void {
  const folder = memberFolder(running.dataDir, member);
  const { length } = JSON.parse(readFileSync(join(folder, "term.json"), "utf8"));
  assert.equal(length, statSync(join(folder, "log.csv")).size);
}
