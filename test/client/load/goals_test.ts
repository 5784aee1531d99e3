/** Goals of --slo against a run whose figures are known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeGoal, parseGoals } from "../../../client/load/goals.ts";
import { Tally } from "../../../client/load/tally.ts";

/** Orders of 1 to 100 ms, one failed look-up, a gap of 250 ms. */
function tally(): Tally {
  const seen = new Tally();
  seen.mark(0);
  for (let ms = 1; ms <= 100; ms += 1) seen.answer(["order"], ms, ms);
  seen.mark(350);
  seen.failure("lookup", "it failed");
  return seen;
}

const CASES: [goal: string, met: boolean, measured: number | null][] = [
  ["order.max<100ms", false, 100],
  ["order.max<=100ms", true, 100],
  ["order.max<=100", true, 100],
  ["order.max<0.2s", true, 100],
  ["order.max<100001us", true, 100],
  ["order.mean<51ms", true, 50.5],
  ["order.mean>50.5", false, 50.5],
  ["order.mean>=50.5", true, 50.5],
  ["find.p99<1s", false, null],
  ["throughput>500", true, 501],
  ["throughput>501", false, 501],
  ["errors<1", false, 1],
  ["errors<=1", true, 1],
  ["order.errors<1", true, 0],
  ["lookup.errors<1", false, 1],
  ["gap<1s", true, 250],
  ["gap<250", false, 250],
];

for (const [text, met, measured] of CASES) {
  test(`goal ${text} is ${met ? "met" : "missed"}`, () => {
    const [goal] = parseGoals(text);
    assert(goal);
    const { unit, ...judged } = judgeGoal(goal, tally(), 501);
    assert.deepEqual(judged, { goal: text, met, measured });
    assert.equal(unit, /errors/.test(text) ? "" : /throughput/.test(text) ? "/s" : "ms");
  });
}

test("a percentile with a fraction is that percentile", () => {
  const [goal] = parseGoals("order.p99.9<99.9ms");
  assert(goal);
  const { met, measured } = judgeGoal(goal, tally(), 0);
  assert.equal(met, false);
  assert(measured !== null && measured > 99.9 && measured <= 100);
});
