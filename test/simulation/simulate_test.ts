/**
 * A bounded piece of what `npm run simulate` does by hand: some hundred random
 * histories, a small exhaustive search, a few planted bugs; and that a failing
 * history is told so that somebody can read it. The seeds below once failed.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { COUNTED, noCounts } from "./log/coverage.ts";
import { plant, StaleMutant } from "./copy.ts";
import { History } from "./log/history.ts";
import { hunt } from "./hunt.ts";
import { MUTANTS } from "./mutants.ts";
import { movesOf } from "./log/moves.ts";
import { play, ScriptWriter } from "./log/script.ts";
import { prepare, SEARCH_CASES } from "./log/search_cases.ts";
import { playSeeds, searchCase } from "./worker.ts";

const SEEDS = 600;
const QUICK_MUTANTS = [
  "acknowledged before it is on disk",
  "two votes in one term",
  "rows of older terms are counted",
];
const HUNT = { seedsMax: { log: 300, store: 40 }, statesMax: 150_000, failuresMax: 1 };

test("random histories break no promise and go on afterwards", (t) => {
  const task = { from: 1, count: SEEDS, failuresMax: 3, without: [], focus: null };
  const { failures, counts } = playSeeds(task);
  assert.deepEqual(failures, []);
  const missing = COUNTED.filter((name) => counts[name] === 0);
  t.diagnostic(`${SEEDS} seeds; not met: ${missing.join(", ") || "nothing"}`);
  assert(missing.length <= 5, "so many histories meet almost everything");
});

test("a seed is always the same history", () => {
  const tell = (seed: number) => {
    const lines: string[] = [];
    new History(seed, noCounts(), { trace: (line) => lines.push(line) }).run();
    return lines;
  };
  const lines = tell(11);
  assert(lines.length > 50, "a history is told in words");
  assert.deepEqual(tell(11), lines);
  assert.notDeepEqual(tell(12), lines);
});

test("a script plays what its history did", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const writer = new ScriptWriter();
    const told: string[] = [];
    new History(seed, noCounts(), { writer, trace: (line) => told.push(line) }).run();
    const played: string[] = [];
    assert.equal(play(writer.script, (line) => played.push(line)), null);
    assert.deepEqual(played, told, `seed ${seed}`);
  }
});

test("every order of what three replicas can do, a few moves deep", () => {
  for (const { name } of SEARCH_CASES) {
    const { found, states, trace } = searchCase({ kind: "search", name, statesMax: 10_000 });
    assert.equal(found, false, `${name}:\n${trace.join("\n")}`);
    assert(states >= 10_000, `${name}: ${states} states`);
  }
});

test("a search that is exhausted has met every state", () => {
  const { search, from } = prepare({
    name: "one nomination",
    budget: { nominate: 1 },
    prepare: () => {},
  });
  const { isExhausted, states } = search.run(from, 100_000);
  assert(isExhausted);
  assert.equal(movesOf(search.steps, from, { nominate: 1 }).length, 6);
  assert(states > 100 && states < 100_000, `${states} states`);
});

for (const name of QUICK_MUTANTS) {
  test(`a planted bug is found: ${name}`, async (t) => {
    const mutant = MUTANTS.find((one) => one.name === name)!;
    const { isFound, how } = await hunt(mutant, HUNT);
    t.diagnostic(how);
    assert(isFound, how);
  });
}

test("a mutant whose place is gone says so", () => {
  const edit = { file: "f.ts", find: "a", replace: "b" };
  assert.equal(plant("m", edit, "xay"), "xby");
  assert.throws(() => plant("m", edit, "xy"), StaleMutant);
  assert.throws(() => plant("m", edit, "xaya"), StaleMutant);
});
