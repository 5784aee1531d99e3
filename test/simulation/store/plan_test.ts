/** A run is its plan, and its plan comes from the seed: whatever is asked of it changes no more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FOCI } from "./focus.ts";
import { MESSAGE_FAULTS } from "./network_weather.ts";
import { drawPlan, FAULT_KINDS, type Planned } from "./plan.ts";

const SEEDS = 200;

function isFault(event: Planned): boolean {
  return !("client" in event);
}

test("the same seed, the same plan; another seed, another", () => {
  assert.deepEqual(drawPlan(7), drawPlan(7));
  assert.notDeepEqual(drawPlan(7), drawPlan(8));
});

test("who asks for the focus that a seed has anyway gets the same run", () => {
  const met = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const plan = drawPlan(seed);
    met.add(plan.focus);
    assert.deepEqual(drawPlan(seed, new Set(), plan), plan);
  }
  assert.deepEqual([...met].sort(), [...FOCI].sort());
});

test("events come in the order of time, and none after the faults", () => {
  for (const focus of FOCI) {
    const { events, faultsMs } = drawPlan(1, new Set(), { focus });
    const times = events.map(({ atMs }) => atMs);
    assert.deepEqual(times, [...times].sort((one, other) => one - other), focus);
    const acts = events.filter((event) => !isFault(event));
    assert(acts.every(({ atMs }) => atMs < faultsMs), focus);
    assert(acts.length > 10 && events.length > acts.length, focus);
  }
});

test("faults that are switched off are missing, and the rest is as it was", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const all = drawPlan(seed);
    const some = drawPlan(seed, new Set(["crash", "request lost"]));
    assert.deepEqual(some.events, all.events.filter(({ kind }) => kind !== "crash"));
    assert.deepEqual(some.weather, { ...all.weather, loseRequest: 0 });
    const none = drawPlan(seed, new Set([...FAULT_KINDS, ...MESSAGE_FAULTS]));
    assert.deepEqual(none.events, all.events.filter((event) => !isFault(event)));
  }
});
