/**
 * ORDER_QUORUM=1 with real processes: the store sells on with one replica
 * left, and leaders that come back, from the dead or from a pause, follow the
 * one that went on without them instead of ending of it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const QUORUM_ONE = { environment: { ORDER_QUORUM: "1" } };

test("one replica of three sells on; the others come back and hold its log", async (t) => {
  const store = await startStore(t, QUORUM_ONE);
  await store.buy("Tux");
  const first = await store.kill(store.leader());
  await store.buy("Fox");
  const second = await store.kill(store.leader());
  const alone = await store.buy("Uno");
  await store.checkOrderOn(alone, { replicas: 1 });
  await store.restart(first);
  await store.restart(second);
  await store.checkOrderOn(alone, { replicas: 3 });
  await store.checkLogsEqual();
});

test("a leader that was paused comes back to another, and follows it", async (t) => {
  const store = await startStore(t, QUORUM_ONE);
  const buyers = store.buyers(4);
  await until("some orders", () => buyers.bought.length > 20);
  const paused = await store.pause(store.leader());
  await until("another leader", async () => (await store.leader()).id !== paused.id);
  const before = buyers.bought.length;
  await until("orders without it", () => buyers.bought.length > before + 20);
  await store.resume(paused);
  await until("it follows", async () => (await store.health(paused)).role === "follower");
  await buyers.stop();
  await store.checkLogsEqual();
  assert.equal(store.running.running().length, 5, "nobody died");
});
