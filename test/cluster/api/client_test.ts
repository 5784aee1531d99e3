/** The client against a real store, in which members die while it buys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "../../../client/load/options.ts";
import { listNames, run, type Control, type RunResult } from "../../../client/load/run.ts";
import { frontend, startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "50", RESTOCK_TO: "1000000" };

test("a store that nothing happens to: all matches, hits and misses are told apart", async (t) => {
  const store = await startStore(t, { environment: STOCKED });
  const { ok, tally, orders } = await buy(store, ["0.4", "--clients", "3"]);
  assert.deepEqual(tally.problems, []);
  assert.equal(ok, true);
  assert(orders.made > 0 && orders.same === orders.made);
  assert.equal(tally.count("lookup"), 300);
  assert.equal(tally.count("hit", "miss"), 300);
  assert(tally.count("hit") > 0 && tally.count("miss") > 0);
});

test("of two front-ends one is killed: the client goes on with the other", async (t) => {
  const store = await startStore(t, { frontends: 2, environment: STOCKED });
  const args = ["0.5", "--clients", "4", "--iterations", "100000"];
  const { tally, orders, stopped, ok } = await buy(store, args, async (progress) => {
    await until("orders", () => progress().orders >= 20);
    await store.kill(frontend(1));
    const { orders: before } = progress();
    await until("orders by the other", () => progress().orders >= before + 50);
  });
  assert.deepEqual(tally.problems, []);
  assert.equal(ok, true);
  assert.equal(stopped, "by you");
  assert(tally.repeats > 0, "requests of the dead front-end went to the other");
  assert(orders.same >= 70);
});

test("the order leader is killed: no request fails and no order is lost", async (t) => {
  const store = await startStore(t, { environment: STOCKED });
  const args = ["0.5", "--clients", "4", "--iterations", "100000"];
  const { tally, ok } = await buy(store, args, async (progress) => {
    await until("orders", () => progress().orders >= 20);
    await store.kill(store.leader());
    const { orders: before } = progress();
    await until("orders by its successor", () => progress().orders >= before + 50);
  });
  assert.deepEqual(tally.problems, []);
  assert.equal(ok, true);
});

/** Runs the client; what happens meanwhile ends the buying when it is over. */
async function buy(
  store: TestStore,
  args: string[],
  meanwhile?: (progress: Control["progress"]) => Promise<void>,
): Promise<RunResult> {
  const options = readOptions([...args, "--url", store.running.urls.join(",")]);
  assert(options !== "help");
  const names = await listNames(options.urls);
  const control: Control = {
    stopBuying: false,
    stopComparing: false,
    progress: () => ({ phase: "buying", done: 0, total: 0, orders: 0, errors: 0 }),
  };
  const running = run(options, names, control);
  await meanwhile?.(() => control.progress()).finally(() => (control.stopBuying = true));
  return running;
}
