/** Simulated time: its order, and that each event's reactions are over before the next. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "./timeline.ts";

function noting(): { timeline: Timeline; seen: string[]; note: (what: string) => () => void } {
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(what);
  return { timeline: new Timeline(), seen, note };
}

test("events come by time, those of one time as they were scheduled", async () => {
  const { timeline, seen, note } = noting();
  timeline.schedule(5, note("c"));
  timeline.schedule(3, note("a"));
  timeline.schedule(5, note("d"));
  timeline.schedule(3, note("b"));
  timeline.schedule(9, note("late"));
  await timeline.runUntil(8);
  assert.deepEqual(seen, ["a", "b", "c", "d"]);
  assert.equal(timeline.nowMs, 8);
  assert.equal(timeline.played, 4);
  assert.equal(timeline.size, 1);
});

test("many in any order come in order, however many are called off", async () => {
  const timeline = new Timeline();
  const seen: number[] = [];
  const expected: number[] = [];
  for (let at = 0; at < 2_000; at++) {
    const atMs = (at * 7_919) % 1_009;
    const event = timeline.schedule(atMs, () => seen.push(atMs));
    if (at % 3 === 0) timeline.cancel(event);
    else expected.push(atMs);
  }
  await timeline.runUntil(2_000);
  assert.deepEqual(seen, expected.sort((a, b) => a - b));
});

test("what is scheduled for the past happens now, after what is due now", async () => {
  const { timeline, seen, note } = noting();
  timeline.schedule(5, () => timeline.schedule(1, note(`at ${timeline.nowMs}`)));
  timeline.schedule(5, note("due"));
  await timeline.runUntil(5);
  assert.deepEqual(seen, ["due", "at 5"]);
});

test("all reactions to an event come before the next, however long their chain", async () => {
  const { timeline, seen, note } = noting();
  for (let at = 0; at < 200; at++) {
    timeline.schedule(1, async () => {
      for (let step = 0; step < at % 20; step++) await null;
      seen.push(`reacted ${at}`);
    });
    timeline.schedule(1, note(`next ${at}`));
  }
  await timeline.runUntil(1);
  const expected = Array.from({ length: 200 }, (_, at) => [`reacted ${at}`, `next ${at}`]);
  assert.deepEqual(seen, expected.flat());
});

test("a run ends only when the reactions to its last event are over", async () => {
  const { timeline, seen } = noting();
  timeline.schedule(1, async () => {
    for (let step = 0; step < 50; step++) await null;
    seen.push("over");
  });
  await timeline.runUntil(1);
  assert.deepEqual(seen, ["over"]);
});

test("called off means that it does not happen, also by an event of the same time", async () => {
  const { timeline, seen, note } = noting();
  const late = timeline.schedule(2, note("late"));
  timeline.schedule(2, note("stays"));
  const first = timeline.schedule(1, () => timeline.cancel(late));
  await timeline.runUntil(3);
  timeline.cancel(first);
  assert.deepEqual(seen, ["stays"]);
});

test("a run by condition ends as soon as it does not hold, at the time of the event", async () => {
  const { timeline, seen, note } = noting();
  for (const atMs of [1, 2, 3]) timeline.schedule(atMs, note(`${atMs}`));
  await timeline.runWhile(() => seen.length < 2, 10);
  assert.deepEqual(seen, ["1", "2"]);
  assert.equal(timeline.nowMs, 2);
  await timeline.runWhile(() => true, 10);
  assert.equal(timeline.nowMs, 10);
});

test("an event that throws ends the run with its error; the next run goes on", async () => {
  const { timeline, seen, note } = noting();
  timeline.schedule(1, () => {
    throw new Error("on purpose");
  });
  timeline.schedule(1, note("after"));
  await assert.rejects(timeline.runUntil(2), /on purpose/);
  await timeline.runUntil(2);
  assert.deepEqual(seen, ["after"]);
});

test("there is one run at a time", async () => {
  const timeline = new Timeline();
  const run = timeline.runUntil(1);
  assert.throws(() => timeline.runUntil(2), /one run at a time/);
  await run;
});
