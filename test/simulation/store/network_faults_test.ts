/** What the simulated network does to messages, and what is told of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.ts";
import { Pair } from "./network_pair.ts";
import { calmed, drawWeather, MESSAGE_FAULTS } from "./network_weather.ts";

test("a refused request whose copy may still arrive is never called unsent", async () => {
  const pair = new Pair({ double: 1, late: 1 });
  pair.ask();
  pair.after(100, () => pair.serve(async () => ({})));
  await pair.timeline.runUntil(10_000);
  assert.deepEqual(pair.heardWhat, ["unknown"]);
  assert.equal(pair.got.length, 1);
});

test("a lost request: nothing was done; the asker hears so at the time-out, or not", async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const pair = new Pair({ loseRequest: 1, knowsUnsent: 0.5 }, seed);
    pair.serve(async () => ({}));
    pair.ask();
    await pair.timeline.runUntil(1_000);
    assert.equal(pair.got.length, 0);
    assert.equal(pair.counts.get("request lost"), 1);
    assert.equal(Math.round(pair.heard[0]![1]), 300);
    seen.add(pair.heardWhat.join());
  }
  assert.deepEqual([...seen].sort(), ["unavailable", "unknown"]);
});

test("a lost request whose copy arrives is never called unsent", async () => {
  const pair = new Pair({ loseRequest: 1, double: 1, late: 1, knowsUnsent: 1 });
  pair.serve(async () => ({}));
  for (let call = 0; call < 20; call++) pair.ask();
  await pair.timeline.runUntil(10_000);
  assert.equal(pair.got.length, 20);
  assert(!pair.heardWhat.includes("unavailable"), pair.heardWhat.join());
});

test("a lost answer: it was done, and who asked does not know", async () => {
  const pair = new Pair({ loseAnswer: 1 });
  pair.serve(async () => ({}));
  pair.ask();
  await pair.timeline.runUntil(1_000);
  assert.equal(pair.got.length, 1);
  assert.deepEqual(pair.heardWhat, ["unknown"]);
  assert.equal(pair.counts.get("answer lost"), 1);
});

test("who was answered hears no more of it, also when the answer was lost", async () => {
  const pair = new Pair({ loseAnswer: 1, hearsOfDeath: 1 });
  pair.serve(async () => ({}));
  pair.ask();
  pair.after(100, () => pair.asked.crash());
  await pair.timeline.runUntil(1_000);
  assert.deepEqual(pair.heard.map(([what, atMs]) => [what, Math.round(atMs)]), [["unknown", 300]]);
});

test("a doubled request is handled twice, also seconds later, and answered once", async () => {
  const pair = new Pair({ double: 1, late: 1 });
  pair.serve(async (call) => ({ call }));
  for (let call = 0; call < 20; call++) pair.ask();
  await pair.timeline.runUntil(10_000);
  assert.equal(pair.got.length, 40);
  assert.equal(pair.heard.length, 20);
  assert.equal(pair.counts.get("request doubled"), 20);
  assert.equal(pair.counts.get("copy late"), 20);
  assert(Math.max(...pair.gotAtMs) > 2_000, "seconds later");
});

test("nothing comes twice of one who goes by what it is told", async () => {
  const pair = new Pair({ double: 1, late: 1 }, 1, "order 1");
  pair.serve(async () => ({}));
  pair.ask();
  await pair.timeline.runUntil(10_000);
  assert.equal(pair.got.length, 1);
  assert.equal(pair.counts.size, 0);
});

test("requests overtake one another", async () => {
  const pair = new Pair({ messageMs: 20 });
  pair.serve(async () => ({}));
  for (let at = 0; at < 20; at++) pair.ask(undefined, { at });
  await pair.timeline.runUntil(300);
  const order = pair.got.map(([, body]) => (body as { at: number }).at);
  assert.equal(order.length, 20);
  assert.notDeepEqual(order, order.toSorted((a, b) => a - b));
});

test("slow messages take up to a second and a half", async () => {
  const pair = new Pair({ slow: 0.5 });
  pair.serve(async () => ({}));
  for (let at = 0; at < 100; at++) pair.ask();
  await pair.timeline.runUntil(4_000);
  const slowest = Math.max(...pair.gotAtMs);
  assert(slowest > 1_000 && slowest <= 1_500, `${slowest} ms`);
  assert((pair.counts.get("slow message") ?? 0) > 50);
});

test("a cut is of one direction, and heals", async () => {
  const pair = new Pair({ knowsUnsent: 0 });
  pair.serve(async () => ({}));
  pair.network.cut("order 2", "order 1", 1_000);
  assert(!pair.network.isCut("order 1", "order 2") && pair.network.isCut("order 2", "order 1"));
  pair.ask();
  await pair.timeline.runUntil(500);
  assert.equal(pair.got.length, 1);
  assert.deepEqual(pair.heardWhat, ["unknown"]);
  await pair.timeline.runUntil(1_000);
  pair.ask();
  pair.network.cut("order 1", "order 2", 400);
  pair.ask();
  await pair.timeline.runUntil(1_500);
  assert.deepEqual(pair.heardWhat, ["unknown", "{}", "unknown"]);
  assert.equal(pair.got.length, 2);
  assert.equal(pair.counts.get("message cut off"), 2);
});

test("nobody hears of a refusal or of a death through a cut", async () => {
  const pair = new Pair({ hearsOfDeath: 1, knowsUnsent: 0 });
  pair.network.cut("order 2", "order 1", 10_000);
  pair.ask();
  pair.after(50, () => pair.serve(() => new Promise(() => {})));
  pair.after(100, () => pair.ask());
  pair.after(200, () => pair.asked.crash());
  await pair.timeline.runUntil(1_000);
  assert.deepEqual(pair.heard.map(([what, atMs]) => [what, Math.round(atMs)]), [
    ["unknown", 300],
    ["unknown", 400],
  ]);
});

test("all is mended, and all that is sent from then on arrives once and soon", async () => {
  const wild = { slow: 1, loseRequest: 0.5, loseAnswer: 0.5, double: 1, late: 1 };
  const pair = new Pair(wild);
  pair.serve(async () => ({}));
  pair.network.cut("order 1", "order 2", Infinity);
  pair.network.isFaulty = false;
  pair.network.mend();
  for (let call = 0; call < 20; call++) pair.ask();
  await pair.timeline.runUntil(50);
  assert.deepEqual([pair.got.length, pair.heardWhat], [20, Array(20).fill("{}")]);
  assert.equal(pair.counts.size, 0);
});

test("a fault that is switched off leaves the rest of the weather as it was", () => {
  let met = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const all = drawWeather(new Random(seed));
    const without = calmed(all, new Set(["answer lost", "slow message"]));
    assert.deepEqual(without, { ...all, loseAnswer: 0, slow: 0 });
    if (all.loseAnswer > 0) met++;
    const none = calmed(all, new Set(MESSAGE_FAULTS));
    assert.deepEqual(
      [none.slow, none.loseRequest, none.loseAnswer, none.double, none.late],
      [0, 0, 0, 0, 0],
    );
  }
  assert(met > 10);
});

test("the same seed gives the same history, another seed another", async () => {
  const play = async (seed: number) => {
    const pair = new Pair(drawWeather(new Random(seed)), seed);
    pair.serve(async (call) => ({ call }));
    pair.asker.clock.every(20, () => pair.ask());
    await pair.timeline.runUntil(3_000);
    return pair.trace.join("\n");
  };
  for (const seed of [1, 2, 3]) assert.equal(await play(seed), await play(seed));
  assert.notEqual(await play(1), await play(2));
});
