/**
 * A planned stop of the order leader: it hands over first, and buyers see neither error nor
 * pause.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LEADER_LEASE_MS } from "../../../shared/limits.ts";
import { order, startStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const PLENTY = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

test("a leader that is stopped hands over: no error, no lease to wait for", async (t) => {
  const store = await startStore(t, { orders: 3, environment: PLENTY });
  const buyers = store.buyers(8);
  await until("orders", () => buyers.bought.length > 200);
  await store.stop(order(3));
  const sold = buyers.bought.length;
  await until("orders without it", () => buyers.bought.length > sold + 200);
  await buyers.stop();

  // Whoever had most of the log: either, when both had all of it.
  assert.notDeepEqual(await store.leader(), order(3), "a follower leads");
  const failed = buyers.answers.filter(({ status }) => status !== 200 && status !== 409);
  assert.deepEqual(failed, [], "no error");
  t.diagnostic(`longest pause ${Math.round(buyers.longestPauseMs)} ms`);
  assert(buyers.longestPauseMs < LEADER_LEASE_MS, `${buyers.longestPauseMs} ms`);
  await store.restart(order(3));
  await store.checkLogsEqual();
});
