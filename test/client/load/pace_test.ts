/** The open loop: planned times, whatever the answers took. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "../../../client/load/pace.ts";
import { monotonicMs } from "../../../shared/clock.ts";

test("requests that are late count from when they were planned", async () => {
  const startMs = monotonicMs() - 1_000;
  const pace = createPace({ rate: 100, clients: 1, client: 0, startMs, stopped: () => false });
  assert.deepEqual(
    [await pace.next(), await pace.next(), await pace.next()].map((ms) => Math.round(ms - startMs)),
    [0, 10, 20],
  );
});

test("several buyers take turns", async () => {
  const startMs = monotonicMs() - 1_000;
  const options = { rate: 100, clients: 4, startMs, stopped: () => false };
  const second = createPace({ ...options, client: 1 });
  const planned = [await second.next(), await second.next()];
  assert.deepEqual(
    planned.map((ms) => Math.round(ms - startMs)),
    [10, 50],
  );
});

test("a request leaves no more than a millisecond before its time", async () => {
  const startMs = monotonicMs();
  const pace = createPace({ rate: 100, clients: 1, client: 0, startMs, stopped: () => false });
  await pace.next();
  const countsFromMs = await pace.next();
  assert(monotonicMs() - startMs > 9);
  assert(countsFromMs - startMs > 9 && countsFromMs - startMs <= 10);
});

test("a stopped run does not wait for requests planned far ahead", async () => {
  const startMs = monotonicMs() + 60_000;
  let stopped = false;
  const pace = createPace({ rate: 1, clients: 1, client: 0, startMs, stopped: () => stopped });
  const waiting = pace.next();
  stopped = true;
  await waiting;
  assert(monotonicMs() < startMs);
});
