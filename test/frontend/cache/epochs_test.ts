/** The epochs and the lease as threads share them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ANYTHING, Epochs, epochsBytes } from "../../../frontend/cache/epochs.ts";
import { NO_LEASE, SHARED_LEASE_BYTES, SharedLease } from "../../../frontend/cache/shared_lease.ts";
import {
  ThreadCounts, threadCountsBytes, totalOf,
} from "../../../frontend/cache/thread_metrics.ts";

test("an invalidation raises its names and the lists, and no other name, for every thread", () => {
  const buffer = new SharedArrayBuffer(epochsBytes());
  const owner = new Epochs(buffer);
  const thread = new Epochs(buffer);
  const [tux, fox] = [thread.slotOf("Tux"), thread.slotOf("Fox")];
  assert.notEqual(tux, fox);
  owner.raise(["Tux"]);
  assert.equal(thread.current(tux), 1);
  assert.equal(thread.current(fox), 0);
  assert.equal(thread.current(ANYTHING), 1);
});

test("raising all raises every slot", () => {
  const epochs = new Epochs(new SharedArrayBuffer(epochsBytes()));
  const slots = epochsBytes() / Int32Array.BYTES_PER_ELEMENT;
  epochs.raiseAll();
  for (let slot = 0; slot < slots; slot++) assert.equal(epochs.current(slot), 1);
});

test("every name has a slot, and names spread over the slots", () => {
  const epochs = new Epochs(new SharedArrayBuffer(epochsBytes()));
  const slots = new Set<number>();
  for (let nth = 0; nth < 10_000; nth++) {
    const slot = epochs.slotOf(`Product ${nth}`);
    assert(Number.isInteger(slot) && slot >= 1 && slot <= 65_536);
    slots.add(slot);
  }
  // 10,000 drawn at random of 65,536 would give about 9,275 different ones.
  assert(slots.size > 9_000, `${slots.size} different slots`);
  assert.equal(epochs.slotOf("Übergröße 🦊"), epochs.slotOf("Übergröße 🦊"));
});

function makeLease(): { owner: SharedLease; thread: SharedLease } {
  const buffer = new SharedArrayBuffer(SHARED_LEASE_BYTES);
  return { owner: new SharedLease(buffer), thread: new SharedLease(buffer) };
}

test("there is no lease before the first, and none after its end", () => {
  const { owner, thread } = makeLease();
  assert.equal(thread.held(0), NO_LEASE);
  const identity = owner.renumber();
  owner.extend(1_000);
  assert.equal(thread.held(999.9), identity);
  assert.equal(thread.held(1_000), NO_LEASE, "it ends at its end, not after");
  owner.end();
  assert.equal(thread.held(0), NO_LEASE);
});

test("a lease is extended, never shortened", () => {
  const { owner, thread } = makeLease();
  owner.renumber();
  owner.extend(1_000);
  owner.extend(900);
  assert.equal(thread.isFresh(950), true);
  owner.extend(1_100);
  assert.equal(thread.isFresh(1_050), true);
});

test("a lease that still lasts is not followed by another", () => {
  const { owner } = makeLease();
  const first = owner.renumber();
  owner.extend(1_000);
  assert.throws(() => owner.renumber(), /ends before another/);
  owner.end();
  assert.notEqual(owner.renumber(), first);
});

test("each thread counts in its own row, and the rows add up", () => {
  const buffer = new SharedArrayBuffer(threadCountsBytes(2));
  const one = ThreadCounts.take(buffer);
  const two = ThreadCounts.take(buffer);
  assert.throws(() => ThreadCounts.take(buffer), /a row for each thread/);
  one.hits += 3;
  two.hits++;
  two.requests += 5;
  one.misses++;
  one.entries = 2;
  two.evictions++;
  const total = { hits: 4, misses: 1, evictions: 1, entries: 2, requests: 5 };
  assert.deepEqual(totalOf(buffer), total);
});
