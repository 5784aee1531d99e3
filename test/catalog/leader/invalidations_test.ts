/** One request at a time to a front-end, each name once, nothing lost when one fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Invalidations } from "../../../catalog/leader/invalidations.ts";
import { INVALIDATE_NAMES_MAX, INVALIDATE_RETRY_MS } from "../../../shared/limits.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";

function begin() {
  const clock = new HandClock();
  const sent: { names: string[]; settle: (isConfirmed: boolean) => Promise<void> }[] = [];
  const invalidations = new Invalidations({
    frontends: [1],
    send: (_frontend, names) => new Promise((resolve, reject) => {
      const settle = (isConfirmed: boolean) => {
        if (isConfirmed) resolve();
        else reject(new Error("no answer"));
        return turn();
      };
      sent.push({ names, settle });
    }),
    isLive: () => true,
    onConfirmed: () => {},
    clock,
  });
  const change = (index: number, ...names: string[]) => {
    for (const name of names) invalidations.add(1, name, index);
    invalidations.flush(1, index);
  };
  return { invalidations, sent, change, clock };
}

test("rows that change no product need no request", () => {
  const { invalidations, sent, change } = begin();
  change(4);
  assert.equal(invalidations.confirmedIndex(1), 4);
  assert.equal(sent.length, 0);
});

test("rows are confirmed up to the first whose name has no answer yet", async () => {
  const { invalidations, sent, change } = begin();
  change(1, "a");
  assert.equal(invalidations.confirmedIndex(1), 0);
  change(2);
  change(3, "a");
  change(4, "b");
  await sent[0]!.settle(true);
  assert.equal(invalidations.confirmedIndex(1), 2);
  assert.deepEqual(sent[1]!.names, ["a", "b"]);
  await sent[1]!.settle(true);
  assert.equal(invalidations.confirmedIndex(1), 4);
});

test("what failed goes again, first, with what came meanwhile", async () => {
  const { invalidations, sent, change, clock } = begin();
  change(1, "a");
  change(2, "b");
  change(3, "a");
  await sent[0]!.settle(false);
  assert.equal(sent.length, 1, "not without a pause");
  await clock.pass(INVALIDATE_RETRY_MS);
  assert.deepEqual(sent[1]!.names, ["a", "b"]);
  assert.equal(invalidations.confirmedIndex(1), 0);
  await sent[1]!.settle(true);
  assert.equal(invalidations.confirmedIndex(1), 3);
});

test("a request carries so many names and no more; the rest follows", async () => {
  const { invalidations, sent } = begin();
  const names = Array.from({ length: INVALIDATE_NAMES_MAX + 1 }, (_, at) => `toy ${at}`);
  for (const [at, name] of names.entries()) invalidations.add(1, name, at + 1);
  invalidations.flush(1, names.length);
  assert.equal(sent[0]!.names.length, INVALIDATE_NAMES_MAX);
  await sent[0]!.settle(true);
  assert.equal(invalidations.confirmedIndex(1), INVALIDATE_NAMES_MAX);
  assert.equal(sent[1]!.names.length, 1);
});

test("an answer to what an older lease held confirms nothing of the new one", async () => {
  const { invalidations, sent, change } = begin();
  change(1, "a");
  invalidations.lapse(1);
  invalidations.begin(1, 5);
  change(6, "a");
  assert.equal(invalidations.confirmedIndex(1), 5);
  await sent[0]!.settle(true);
  assert.equal(invalidations.confirmedIndex(1), 5);
  assert.deepEqual(sent[1]!.names, ["a"]);
  await sent[1]!.settle(true);
  assert.equal(invalidations.confirmedIndex(1), 6);
});

test("after the end nothing is sent any more", async () => {
  const { invalidations, sent, change, clock } = begin();
  change(1, "a");
  invalidations.close();
  await sent[0]!.settle(false);
  await clock.pass(INVALIDATE_RETRY_MS);
  assert.equal(sent.length, 1);
});
