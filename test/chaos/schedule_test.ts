/** A seed is a schedule; what every run must have comes first; an empty run is none. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { toys } from "../../shared/stores/toys.ts";
import { countsOf, emptyOf } from "../checker/counts.ts";
import { CUTS } from "./cuts.ts";
import { drawSchedule, kindOf } from "./schedule.ts";

const ALL = { strikes: true, cuts: true };
const STRIKES = { strikes: true, cuts: false };

test("the same seed draws the same faults, another one others", () => {
  assert.deepEqual(drawSchedule(7, 60, ALL), drawSchedule(7, 60, ALL));
  assert.notDeepEqual(drawSchedule(7, 60, ALL), drawSchedule(8, 60, ALL));
});

test("each run kills and pauses a leader, kills a catalog and a front-end, pauses one", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const first = drawSchedule(seed, 60, STRIKES).slice(0, 5);
    assert.deepEqual(first.map(kindOf).sort(), [
      "kill of a front-end", "kill of the catalog", "kill of the order leader",
      "pause of a front-end", "pause of the order leader",
    ]);
    assert(first.every(({ waits }) => waits), "what is promised of them is judged");
  }
});

test("where the catalog is replicated both leaders die at once, with and without others", () => {
  const kinds = { ...STRIKES, followsCatalog: true };
  const both = "kill of the order leader and the catalog";
  for (let seed = 1; seed <= 50; seed++) {
    assert(drawSchedule(seed, 60, kinds).slice(0, 3).map(kindOf).includes(both));
    const all = new Set(drawSchedule(seed, 600, kinds).map(kindOf));
    assert(all.has(`${both} and a front-end`) && all.has("pause of a catalog follower"));
  }
  const alone = drawSchedule(1, 600, STRIKES).map(kindOf);
  assert(alone.every((kind) => !kind.includes("catalog follower")));
});

test("each run that can cuts off a leader, and front-ends from catalog and leader", () => {
  for (let seed = 1; seed <= 50; seed++) {
    assert.deepEqual(drawSchedule(seed, 60, ALL).slice(0, 5).map(kindOf).sort(), [
      "cut of a front-end from the catalog", "cut of a front-end from the order leader",
      "cut of the order leader from everybody", "kill of the order leader",
      "pause of the order leader",
    ]);
  }
});

test("every cut comes up, and none where there can be none", () => {
  const cuts = (kinds: typeof ALL) => new Set(drawSchedule(1, 300, kinds)
    .flatMap((fault) => fault.how === "cut" ? fault.cut : []));
  assert.deepEqual(cuts({ strikes: false, cuts: true }), new Set(cuts(ALL)));
  assert.equal(cuts(ALL).size, CUTS.length);
  assert.equal(cuts(STRIKES).size, 0);
});

test("faults and peace together last about as long as asked for", () => {
  for (const seconds of [15, 60, 120]) {
    const schedule = drawSchedule(3, seconds, ALL);
    const lastMs = schedule.reduce((sum, { holdMs, restMs }) => sum + holdMs + restMs, 0);
    assert(lastMs > seconds * 500 && lastMs < seconds * 1_000 + 5_000, `${seconds}: ${lastMs}`);
  }
});

test("a run in which nothing happened is said to be empty", () => {
  const nothing = {
    operations: [], faults: [], orders: [], journal: [], initial: new Map(), restockTo: 100,
    logs: [], finals: [],
  };
  const empty = emptyOf(countsOf(nothing), ALL, toys);
  assert(empty.includes("orders 0, at least 100 are wanted"), empty.join());
  for (const what of ["leaderKills", "pauseTrials", "staleReadChances", "doubleSaleChances"]) {
    assert(empty.some((sentence) => sentence.startsWith(`${what} 0`)), empty.join());
  }
});

test("wrong use: one line on stderr, exit 2; --help: examples first", async () => {
  const program = fileURLToPath(new URL("./chaos.ts", import.meta.url));
  const call = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["--import", "tsx", program, ...args]);
  const stderr = /^--seconds is a whole number from 1 to .*\n$/;
  await assert.rejects(call("--seconds", "0"), { code: 2, stdout: "", stderr });
  const stores = /^--store is books, stocks, toys, and not 'cars'\n$/;
  await assert.rejects(call("--store", "cars"), { code: 2, stdout: "", stderr: stores });
  const { stdout } = await call("--help");
  assert.match(stdout, /^Examples\n {2}npm run chaos .*\n {2}npm run chaos /);
});
