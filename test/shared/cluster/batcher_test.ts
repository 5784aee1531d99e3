/** What a batch is, when it leaves, and whose failure is whose. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Batcher, type BatcherOptions } from "../../../shared/cluster/batcher.ts";
import { AppError, hasReason } from "../../../shared/errors.ts";
import { HandClock } from "../../support/hand_clock.ts";

interface Sent {
  items: number[];
  resolve: (results: (string | Error)[]) => void;
  reject: (error: Error) => void;
}

/** A batcher whose batches are answered by the test. */
function open(limits: Partial<Omit<BatcherOptions<number, string>, "send">> = {}) {
  const sent: Sent[] = [];
  const send = (items: number[]): Promise<(string | Error)[]> =>
    new Promise((resolve, reject) => sent.push({ items, resolve, reject }));
  const options = { send, inFlightMax: 1, itemsMax: 10, queueMax: 100, ...limits };
  return { sent, batcher: new Batcher<number, string>(options) };
}

const echo = (batch: Sent): void => batch.resolve(batch.items.map((item) => `r${item}`));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what one turn brings goes together, what comes meanwhile goes next", async () => {
  const { sent, batcher } = open();
  const first = [batcher.add(1), batcher.add(2)];
  await turn();
  const second = [batcher.add(3), batcher.add(4)];
  await turn();
  assert.deepEqual(sent.map(({ items }) => items), [[1, 2]]);
  assert.equal(batcher.queued, 2);
  echo(sent[0]!);
  assert.deepEqual(await Promise.all(first), ["r1", "r2"]);
  await turn();
  assert.deepEqual(sent[1]!.items, [3, 4]);
  echo(sent[1]!);
  assert.deepEqual(await Promise.all(second), ["r3", "r4"]);
  assert.equal(batcher.inFlight, 0);
});

/** One that lingers, after a first batch of so many was answered while others queued. */
async function openLingering(answered: number, queued: number) {
  const clock = new HandClock();
  const { sent, batcher } = open({ linger: { ms: 2, clock } });
  const add = (count: number) => {
    for (let n = 0; n < count; n++) void batcher.add(n);
    return turn();
  };
  await add(answered);
  await add(queued);
  echo(sent[0]!);
  await turn();
  return { clock, sent, add };
}

test("lingering, a batch waits for most of those who were just answered", async () => {
  const { sent, add } = await openLingering(4, 2);
  assert.equal(sent.length, 1);
  await add(2);
  assert.equal(sent.length, 1);
  await add(1);
  assert.equal(sent[1]!.items.length, 5);
});

test("it waits no longer than it was told to, and then not again for a while", async () => {
  const { clock, sent, add } = await openLingering(8, 6);
  await clock.pass(2);
  assert.equal(sent[1]!.items.length, 6);
  for (let batch = 1; batch <= 10; batch++) {
    await add(5);
    echo(sent[batch]!);
    await turn();
    assert.equal(sent.length, batch + 2, "it leaves at once");
  }
  await add(5);
  echo(sent[11]!);
  await turn();
  assert.equal(sent.length, 12, "then it waits once more");
});

test("few are not waited for, nor more than a batch can hold", async () => {
  const few = await openLingering(3, 1);
  assert.equal(few.sent.length, 2);
  const full = await openLingering(10, 10);
  assert.equal(full.sent[1]!.items.length, 10);
});

test("a lone item leaves in the same turn", async () => {
  const { sent, batcher } = open();
  void batcher.add(1);
  await Promise.resolve();
  assert.equal(sent.length, 1);
});

test("batches are bounded, and so is their number in flight", async () => {
  const { sent, batcher } = open({ inFlightMax: 2, itemsMax: 2 });
  for (let item = 1; item <= 7; item++) void batcher.add(item);
  await turn();
  assert.deepEqual(sent.map(({ items }) => items), [[1, 2], [3, 4]]);
  echo(sent[1]!);
  await turn();
  assert.deepEqual(sent[2]!.items, [5, 6]);
  assert.equal(batcher.queued, 1);
  assert.equal(batcher.inFlight, 2);
});

test("one item's failure is its own", async () => {
  const { sent, batcher } = open();
  const results = Promise.allSettled([batcher.add(1), batcher.add(2)]);
  await turn();
  sent[0]!.resolve([new AppError("conflict", "no"), "r2"]);
  const [failed, worked] = await results;
  assert.equal(failed?.status, "rejected");
  assert.deepEqual(worked, { status: "fulfilled", value: "r2" });
});

test("a failed batch fails its items, and the next one goes", async () => {
  const { sent, batcher } = open();
  const failing = assert.rejects(batcher.add(1), (error) => hasReason(error, "unknown"));
  await turn();
  const next = batcher.add(2);
  sent[0]!.reject(new AppError("unknown", "reset"));
  await failing;
  await turn();
  echo(sent[1]!);
  assert.equal(await next, "r2");
});

test("a full queue refuses newcomers and keeps what it has", async () => {
  const { sent, batcher } = open({ itemsMax: 1, queueMax: 2 });
  const kept = batcher.add(1);
  await turn();
  const queued = [batcher.add(2), batcher.add(3)];
  await assert.rejects(batcher.add(4), (error) => hasReason(error, "overloaded"));
  for (let batch = 0; batch < 3; batch++) {
    echo(sent[batch]!);
    await turn();
  }
  assert.deepEqual(await Promise.all([kept, ...queued]), ["r1", "r2", "r3"]);
});

test("closing rejects what queues, not what is under way", async () => {
  const { sent, batcher } = open();
  const underWay = batcher.add(1);
  await turn();
  const queued = batcher.add(2);
  batcher.close(new AppError("not_leader", "stepped down"));
  await assert.rejects(queued, (error) => hasReason(error, "not_leader"));
  await assert.rejects(batcher.add(3), (error) => hasReason(error, "not_leader"));
  echo(sent[0]!);
  assert.equal(await underWay, "r1");
  await turn();
  assert.equal(sent.length, 1);
});

/** One batch is under way, and these queue behind it, none of them abandoned yet. */
async function openWithGone(queued: number, limits: Partial<BatcherOptions<number, string>> = {}) {
  const gone = new Set<number>();
  let looks = 0;
  const isAbandoned = (item: number): boolean => {
    looks++;
    return gone.has(item);
  };
  const { sent, batcher } = open({ isAbandoned, ...limits });
  const first = batcher.add(0);
  await turn();
  const waiting = Array.from({ length: queued }, (_, at) => batcher.add(at + 1));
  return { gone, sent, batcher, first, waiting, looks: () => looks };
}

test("what nobody waits for leaves the queue at once, and makes room for newcomers", async () => {
  const { gone, sent, batcher, first, waiting } = await openWithGone(3, { queueMax: 3 });
  await assert.rejects(batcher.add(9), { reason: "overloaded" });
  [0, 1, 3].forEach((item) => gone.add(item));
  batcher.dropAbandoned();
  await assert.rejects(waiting[0]!, { reason: "abandoned" });
  await assert.rejects(waiting[2]!, { reason: "abandoned" });
  assert.equal(batcher.queued, 1);
  assert.equal(batcher.abandoned, 2);
  const newcomer = batcher.add(9);
  echo(sent[0]!);
  assert.equal(await first, "r0", "what has begun goes on");
  await turn();
  assert.deepEqual(sent[1]!.items, [2, 9]);
  echo(sent[1]!);
  assert.deepEqual(await Promise.all([waiting[1], newcomer]), ["r2", "r9"]);
});

test("who is gone before it comes is not taken", async () => {
  const { gone, sent, batcher } = await openWithGone(0);
  gone.add(5);
  await assert.rejects(batcher.add(5), { reason: "abandoned" });
  echo(sent[0]!);
  await turn();
  assert.equal(sent.length, 1);
});

test("a flood that is gone leaves the queue in one pass over it", async () => {
  const { gone, batcher, waiting, looks } = await openWithGone(512, { queueMax: 2_000 });
  for (let item = 1; item <= 500; item++) gone.add(item);
  const before = looks();
  const left = Promise.allSettled(waiting.slice(0, 500));
  batcher.dropAbandoned();
  await left;
  assert.equal(batcher.queued, 12);
  assert(looks() - before <= 2 * 512, `${looks() - before} looks`);
});
