/** A simulated process: its clock and timers, pauses, deaths, and lives after them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Machine } from "./machine.ts";
import { Timeline } from "./timeline.ts";

function start(options: { rate?: number; originMs?: number } = {}) {
  const timeline = new Timeline();
  const machine = new Machine({ timeline, name: "order 1", ...options });
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(`${what} ${Math.round(timeline.nowMs)}`);
  const at = (atMs: number, call: () => void) => void timeline.schedule(atMs, call);
  return { timeline, machine, seen, note, at };
}

test("a clock runs at its own rate from its own origin", async () => {
  const { timeline, machine } = start({ rate: 1.005, originMs: 500 });
  assert.equal(machine.clock.monotonicMs(), 500);
  await timeline.runUntil(1_000);
  assert.equal(machine.clock.monotonicMs(), 1_505);
});

test("a timer comes by the machine's own clock, never too early", async () => {
  for (const rate of [0.995, 0.9977, 1, 1.0031, 1.005]) {
    const { timeline, machine } = start({ rate });
    const { clock } = machine;
    let tookMs = 0;
    const beganMs = clock.monotonicMs();
    clock.after(300.2, () => (tookMs = clock.monotonicMs() - beganMs));
    await timeline.runUntil(400);
    assert(tookMs >= 301 && tookMs < 301.1, `${tookMs} ms at a rate of ${rate}`);
  }
});

test("a timer comes once, a repeated one again and again; called off neither comes", async () => {
  const { timeline, machine, seen, note, at } = start();
  machine.clock.after(10, note("once"));
  const stop = machine.clock.every(20, note("again"));
  const never = machine.clock.after(15, note("never"));
  at(5, never);
  at(65, stop);
  await timeline.runUntil(200);
  assert.deepEqual(seen, ["once 10", "again 20", "again 40", "again 60"]);
});

test("a repeated timer can end itself", async () => {
  const { timeline, machine, seen, note } = start();
  const stop = machine.clock.every(10, () => {
    note("once")();
    stop();
  });
  await timeline.runUntil(100);
  assert.deepEqual(seen, ["once 10"]);
});

test("in a pause nothing comes; at the resume all that fell due, in its order, once", async () => {
  const { timeline, machine, seen, note, at } = start();
  machine.clock.after(30, note("b"));
  machine.clock.after(20, note("a"));
  machine.clock.after(80, note("later"));
  machine.clock.every(25, note("every"));
  at(10, () => machine.pause());
  at(60, () => machine.resume());
  await timeline.runUntil(90);
  assert.deepEqual(seen, ["a 60", "every 60", "b 60", "later 80", "every 85"]);
});

test("what waited comes one by one at the resume, and waits on in the next pause", async () => {
  const { timeline, machine, seen, note, at } = start();
  machine.clock.after(20, () => machine.pause());
  machine.clock.after(21, note("held twice"));
  at(10, () => machine.pause());
  at(30, () => machine.resume());
  at(50, () => machine.resume());
  await timeline.runUntil(60);
  assert.deepEqual(seen, ["held twice 50"]);
});

test("a timer that is called off while it waits for the resume does not come", async () => {
  const { timeline, machine, seen, note, at } = start();
  const cancel = machine.clock.after(25, note("never"));
  machine.clock.after(20, cancel);
  at(10, () => machine.pause());
  at(60, () => machine.resume());
  await timeline.runUntil(70);
  assert.deepEqual(seen, []);
});

test("timers die with their process, paused or not; those of the next life come", async () => {
  const { timeline, machine, seen, note, at } = start();
  machine.clock.after(50, note("of the first"));
  machine.clock.every(20, note("again"));
  at(15, () => machine.pause());
  at(30, () => machine.crash());
  at(40, () => {
    machine.restart();
    machine.clock.after(20, note("of the second"));
  });
  await timeline.runUntil(200);
  assert.deepEqual(seen, ["of the second 60"]);
  assert.equal(machine.life, 2);
  assert(machine.isAlive && !machine.isPaused);
});

test("what a dead process sets never comes, also not in the next life", async () => {
  const { timeline, machine, seen, note } = start();
  const { clock } = machine;
  machine.crash();
  clock.after(10, note("after"));
  machine.restart();
  clock.every(10, note("every"));
  await timeline.runUntil(50);
  assert.deepEqual(seen, []);
});

test("a process dies exactly at its n-th effect, which does not happen", () => {
  const { machine } = start();
  const deaths: number[] = [];
  machine.onDeath(() => deaths.push(machine.life));
  machine.dieAfter(3);
  const { process } = machine;
  assert.deepEqual([process.outside(), process.outside()], [true, true]);
  assert(machine.isAlive);
  assert.equal(process.outside(), false);
  assert(!machine.isAlive);
  machine.restart();
  assert.equal(process.outside(), false, "the dead one has no effect any more");
  assert.equal(machine.process.outside(), true, "the next life was not meant");
  assert.deepEqual(deaths, [1]);
});

test("what strikes at the n-th effect may be something else; then the effect happens", () => {
  const { machine } = start();
  let strikes = 0;
  machine.dieAfter(1, () => strikes++);
  assert.equal(machine.process.outside(), true);
  assert.equal(machine.process.outside(), true);
  assert.equal(strikes, 1);
});

test("the wall clock jumps and moves no timer and no monotonic clock", async () => {
  const { timeline, machine, seen, note, at } = start();
  machine.clock.after(100, note("timer"));
  const before = Date.parse(machine.clock.timestamp());
  at(50, () => machine.jumpWallClock(-3_600_000));
  await timeline.runUntil(100.5);
  assert.equal(Date.parse(machine.clock.timestamp()) - before, 100 - 3_600_000);
  assert.equal(machine.clock.monotonicMs(), 100.5);
  assert.deepEqual(seen, ["timer 100"]);
});

test("who watches a process hears nothing of it after its death", () => {
  const { machine, seen } = start();
  const watch = machine.process.whileAlive((what: string) => void seen.push(what));
  watch("alive");
  machine.crash();
  watch("dead");
  machine.restart();
  watch("dead");
  assert.deepEqual(seen, ["alive"]);
});
