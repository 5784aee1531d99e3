/** A seed is a schedule; what every run must have comes first; an empty run is none. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { countsOf, emptyOf } from "./counts.ts";
import { drawSchedule, kindOf } from "./schedule.ts";

test("the same seed draws the same faults, another one others", () => {
  assert.deepEqual(drawSchedule(7, 60), drawSchedule(7, 60));
  assert.notDeepEqual(drawSchedule(7, 60), drawSchedule(8, 60));
});

test("each run kills and pauses a leader, kills a catalog and a front-end, pauses one", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const kinds = drawSchedule(seed, 60).slice(0, 5).map(kindOf);
    assert.deepEqual(kinds.sort(), [
      "kill of a front-end", "kill of the catalog", "kill of the order leader",
      "pause of a front-end", "pause of the order leader",
    ]);
  }
});

test("faults and peace together last about as long as asked for", () => {
  for (const seconds of [15, 60, 120]) {
    const schedule = drawSchedule(3, seconds);
    const lastMs = schedule.reduce((sum, { holdMs, restMs }) => sum + holdMs + restMs, 0);
    assert(lastMs > seconds * 500 && lastMs < seconds * 1_000 + 4_000, `${seconds}: ${lastMs}`);
  }
});

test("a run in which nothing happened is said to be empty", () => {
  const nothing = {
    operations: [], faults: [], orders: [], journal: [], initial: new Map(), restockTo: 100,
    logs: [], finals: [],
  };
  const empty = emptyOf(countsOf(nothing));
  assert(empty.includes("orders 0, at least 100 are wanted"), empty.join());
  assert(empty.some((what) => what.startsWith("leaderKills 0")), empty.join());
});

test("wrong use: one line on stderr, exit 2; --help: examples first", async () => {
  const program = fileURLToPath(new URL("./chaos.ts", import.meta.url));
  const call = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["--import", "tsx", program, ...args]);
  const stderr = /^--seconds is a whole number from 1 to .*\n$/;
  await assert.rejects(call("--seconds", "0"), { code: 2, stdout: "", stderr });
  const { stdout } = await call("--help");
  assert.match(stdout, /^Examples\n {2}npm run chaos .*\n {2}npm run chaos /);
});
