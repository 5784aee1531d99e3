/** The simulated network: what gets through, and what asker and asked are told when one ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, type Reason } from "../../../shared/errors.ts";
import { Random } from "../random.ts";
import { Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { copyAsJson } from "./network_copy.ts";
import { Pair, TIMEOUT } from "./network_pair.ts";
import { CALM } from "./network_weather.ts";
import { Timeline } from "./timeline.ts";

test("a request arrives as kind and body, its answer at who asked", async () => {
  const pair = new Pair();
  pair.serve(async () => ({ data: 7 }));
  pair.ask(undefined, { name: "Tux" });
  await pair.timeline.runUntil(100);
  assert.deepEqual(pair.got, [["POST /sales", { name: "Tux" }]]);
  assert.deepEqual(pair.heardWhat, ['{"data":7}']);
  assert.equal(pair.timeline.size, 0, "the time-out is called off");
});

test("a query arrives as the record of it, ready text as what it means", async () => {
  const pair = new Pair();
  pair.serve(async () => ({}));
  const peer = pair.peer();
  void peer.get("/log?after=3&what=a%20b", TIMEOUT);
  await pair.timeline.runUntil(50);
  void peer.get("/health", TIMEOUT);
  await pair.timeline.runUntil(100);
  void peer.post("/replicate", '{"rows":["1,2"]}', TIMEOUT);
  await pair.timeline.runUntil(150);
  assert.deepEqual(pair.got, [
    ["GET /log", { after: "3", what: "a b" }],
    ["GET /health", {}],
    ["POST /replicate", { rows: ["1,2"] }],
  ]);
});

test("nothing is shared: neither body nor answer is the other side's object", async () => {
  const pair = new Pair({ double: 1 });
  const body = { list: [1] };
  const answer = { list: [1] };
  pair.serve(async () => {
    (pair.got.at(-1)![1] as typeof body).list.push(2);
    return answer;
  });
  let answered: unknown = null;
  void pair.peer().post<object>("/sales", body, TIMEOUT).then((got) => (answered = got));
  body.list.push(3);
  await pair.timeline.runWhile(() => pair.got.length < 2, 100);
  answer.list.push(3);
  await pair.timeline.runUntil(100);
  assert.deepEqual(pair.got.map(([, got]) => got), [{ list: [1, 2] }, { list: [1, 2] }]);
  assert.deepEqual(body, { list: [1, 3] });
  assert.deepEqual(answered, { list: [1] });
});

test("an AppError keeps reason, text and details; `internal` says only unknown", async () => {
  const errors: AppError[] = [];
  const pair = new Pair();
  pair.serve(async (call) => {
    throw new AppError(call === 1 ? "not_leader" : "internal", "no", { leader: 3, term: 7 });
  });
  const peer = pair.peer();
  peer.post("/sales", {}, TIMEOUT).catch((error: AppError) => errors.push(error));
  await pair.timeline.runUntil(50);
  peer.post("/sales", {}, TIMEOUT).catch((error: AppError) => errors.push(error));
  await pair.timeline.runUntil(100);
  const [named, bug] = errors;
  assert.equal(named?.reason, "not_leader");
  assert.equal(named.message, "no");
  assert.deepEqual(named.details, { leader: 3, term: 7 });
  assert.equal(bug?.reason, "unknown");
});

for (const [how, fail] of [
  ["rejects with", async () => Promise.reject(new TypeError("a bug"))],
  ["throws", () => { throw new TypeError("a bug"); }],
] as const) {
  test(`who ${how} what is no AppError has a bug, and the asker does not know`, async () => {
    const pair = new Pair();
    const bugs: unknown[] = [];
    pair.asked.onBug = (error, machine) => bugs.push([String(error), machine.name]);
    pair.serve(fail);
    pair.ask();
    await pair.timeline.runUntil(100);
    assert.deepEqual(bugs, [["TypeError: a bug", "order 2"]]);
    assert.deepEqual(pair.heardWhat, ["unknown"]);
  });
}

test("nobody listens, any more or yet: unavailable, soon", async () => {
  const stopped = new Pair();
  stopped.serve(async () => ({}))();
  const dead = new Pair();
  dead.serve(async () => ({}));
  dead.asked.crash();
  for (const pair of [stopped, dead, new Pair()]) {
    pair.ask();
    pair.ask(pair.network.connect(pair.asker, "nobody knows him"));
    await pair.timeline.runUntil(100);
    assert.deepEqual(pair.heardWhat, ["unavailable", "unavailable"]);
    assert(pair.heard.every(([, atMs]) => atMs < 50));
  }
});

test("who serves anew is not stopped by the stop of before", async () => {
  const pair = new Pair();
  const stop = pair.serve(async () => ({}));
  pair.serve(async () => ({}));
  stop();
  pair.ask();
  await pair.timeline.runUntil(100);
  assert.deepEqual(pair.heardWhat, ["{}"]);
});

test("no answer in time by the asker's clock: unknown; a later one is not heard", async () => {
  const timeline = new Timeline();
  const network = new Network({ timeline, random: new Random(1), weather: CALM });
  const asker = new Machine({ timeline, name: "order 1", rate: 1.25 });
  const asked = new Machine({ timeline, name: "order 2" });
  network.serve(asked, () => new Promise((resolve) => asked.clock.after(290, () => resolve({}))));
  let failedMs = 0;
  let reason: Reason | null = null;
  network.connect(asker, "order 2").post("/sales", {}, TIMEOUT).catch((error: AppError) => {
    failedMs = timeline.nowMs;
    reason = error.reason;
  });
  await timeline.runUntil(1_000);
  assert.equal(reason, "unknown");
  assert.equal(Math.round(failedMs), 240);
});

test("the paused get requests at the resume, also of those who gave up", async () => {
  const pair = new Pair();
  pair.serve(async (call) => ({ call }));
  pair.asked.pause();
  pair.ask();
  pair.after(400, () => pair.ask());
  pair.after(600, () => pair.asked.resume());
  await pair.timeline.runUntil(1_000);
  assert.deepEqual(pair.heardWhat, ["unknown", '{"call":2}']);
  assert.deepEqual(pair.gotAtMs, [600, 600]);
});

test("a paused asker hears at the resume; what came first counts", async () => {
  const pair = new Pair();
  pair.serve(async () => ({}));
  pair.ask();
  pair.asker.pause();
  pair.after(900, () => pair.asker.resume());
  await pair.timeline.runUntil(1_000);
  assert.deepEqual(pair.heard, [["{}", 900]]);
});

test("the asked one dies: unknown, soon or at the time-out, whatever it had done", async () => {
  for (const isPaused of [false, true]) {
    const times: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const pair = new Pair({ hearsOfDeath: 0.5 }, seed);
      pair.serve(() => new Promise((resolve) => pair.asked.clock.after(200, () => resolve({}))));
      if (isPaused) pair.asked.pause();
      pair.ask();
      pair.after(100, () => pair.asked.crash());
      pair.after(110, () => pair.asked.restart());
      await pair.timeline.runUntil(1_000);
      assert.deepEqual(pair.heardWhat, ["unknown"]);
      assert.equal(pair.got.length, isPaused ? 0 : 1);
      times.push(pair.heard[0]![1]);
    }
    assert(times.some((atMs) => atMs < 150) && times.some((atMs) => atMs >= 299), times.join());
  }
});

test("a dead asker hears nothing, nor does its next life; what it sent is done", async () => {
  const pair = new Pair({ messageMs: 20 });
  pair.serve(async () => ({}));
  pair.ask();
  pair.asker.crash();
  pair.asker.restart();
  await pair.timeline.runUntil(1_000);
  assert.equal(pair.got.length, 1);
  assert.deepEqual(pair.heard, []);
});

test("what the dead send does not leave, what they answer neither", async () => {
  const pair = new Pair();
  pair.serve(async () => {
    pair.asked.crash();
    return {};
  });
  const peer = pair.peer();
  pair.ask(peer);
  await pair.timeline.runUntil(100);
  pair.ask(peer);
  pair.asker.crash();
  pair.asker.restart();
  pair.ask(peer);
  peer.abandon();
  await pair.timeline.runUntil(1_000);
  assert.equal(pair.got.length, 1);
  assert.deepEqual(pair.heardWhat, ["unknown"]);
});

test("a death at the n-th effect lets exactly the ones before it out", async () => {
  const pair = new Pair();
  pair.serve(async () => ({}));
  pair.asker.dieAfter(3);
  for (let call = 0; call < 5; call++) pair.ask();
  await pair.timeline.runUntil(1_000);
  assert.equal(pair.got.length, 2);
  assert(!pair.asker.isAlive);
  assert.deepEqual(pair.heard, []);
});

test("an answer is an effect: who dies at it has done the work and not said so", async () => {
  const pair = new Pair({ hearsOfDeath: 1 });
  pair.serve(async () => ({}));
  pair.asked.dieAfter(1);
  pair.ask();
  await pair.timeline.runUntil(1_000);
  assert.equal(pair.got.length, 1);
  assert.deepEqual(pair.heardWhat, ["unknown"]);
  assert(pair.heard[0]![1] < 50);
});

for (const end of ["abandon", "close"] as const) {
  test(`${end}() fails what is under way, as unknown, and no answer is heard`, async () => {
    const pair = new Pair({ messageMs: 10 });
    pair.serve(async () => ({}));
    const peer = pair.peer();
    pair.ask(peer);
    pair.ask(peer);
    pair.ask();
    pair.after(1, () => peer[end]());
    await pair.timeline.runUntil(1_000);
    assert.deepEqual(pair.heardWhat, ["unknown", "unknown", "{}"]);
    assert.equal(pair.got.length, 3);
  });
}

test("somebody of whom nobody knows asks", async () => {
  const pair = new Pair();
  pair.serve(async () => Promise.reject(new AppError("no_votes", "no")));
  pair.network.ask("order 2", "POST /lead", { handover: 3 });
  await pair.timeline.runUntil(100);
  assert.deepEqual(pair.got, [["POST /lead", { handover: 3 }]]);
});

test("a body comes out as JSON would have made it", () => {
  const made = new (class {
    readonly own = 1;
    get derived(): number {
      return 2;
    }
  })();
  const bodies = [
    null, true, "text", 1.5, -0, NaN, Infinity, [], {}, [undefined, () => 1, NaN, [null]],
    { none: undefined, call() {}, null: null, deep: { list: [{ a: 1 }, "b"], at: new Date(0) } },
    made, new Map([[1, 2]]), Object.create({ inherited: 1 }), { toJSON: () => ({ own: "form" }) },
  ];
  for (const body of bodies) assert.deepEqual(copyAsJson(body), JSON.parse(JSON.stringify(body)));
  assert.equal(Object.is(copyAsJson(-0), 0), true);
  assert.equal(copyAsJson(undefined), undefined);
  assert.throws(() => copyAsJson({ big: 1n }), TypeError);
});
