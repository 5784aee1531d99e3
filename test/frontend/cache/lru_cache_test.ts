/** The cache: its bound, its order, the age and the epoch of its entries. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LruCache } from "../../../frontend/cache/lru_cache.ts";
import { randomOf } from "../random.ts";

/** A cache of strings over epochs that the test sets by hand. */
function makeCache({ capacity = 3, timeToLiveMs = null as number | null } = {}) {
  const slots = new Map<number, number>();
  const epochs = { current: (slot: number) => slots.get(slot) ?? 0 };
  const counts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  const cache = new LruCache<string>({ capacity, timeToLiveMs, epochs, counts });
  const put = (key: string, value = key, nowMs = 0): void => {
    cache.set(key, value, { slot: 1, epoch: epochs.current(1) }, nowMs);
  };
  return { cache, counts, slots, put };
}

test("a full cache drops what was not used for longest", () => {
  const { cache, counts, put } = makeCache();
  for (const key of ["a", "b", "c"]) put(key);
  assert.equal(cache.get("a", 0), "a");
  put("d");
  assert.equal(cache.get("b", 0), undefined);
  assert.deepEqual([...cache.keys()], ["d", "a", "c"]);
  assert.deepEqual(counts, { hits: 1, misses: 1, evictions: 1, entries: 3 });
});

test("a value stored again is new, in front, and drops nobody", () => {
  const { cache, counts, put } = makeCache();
  for (const key of ["a", "b", "c"]) put(key);
  put("a", "A");
  assert.deepEqual([...cache.keys()], ["a", "c", "b"]);
  assert.equal(cache.get("a", 0), "A");
  assert.equal(counts.evictions, 0);
});

test("an entry whose epoch is no longer its slot's is a miss and gone", () => {
  const { cache, counts, slots, put } = makeCache();
  put("a");
  slots.set(1, 1);
  assert.equal(cache.get("a", 0), undefined);
  assert.equal(cache.size, 0);
  assert.deepEqual(counts, { hits: 0, misses: 1, evictions: 0, entries: 0 });
  slots.set(1, 0);
  assert.equal(cache.get("a", 0), undefined, "it does not come back");
});

test("an entry of an epoch that passed before it was stored is a miss", () => {
  const { cache, slots } = makeCache();
  slots.set(1, 5);
  cache.set("a", "old", { slot: 1, epoch: 4 }, 0);
  assert.equal(cache.get("a", 0), undefined);
});

test("with a time to live, an entry is served until then and not at it", () => {
  const { cache, put } = makeCache({ timeToLiveMs: 100 });
  put("a", "a", 1_000);
  assert.equal(cache.get("a", 1_099), "a");
  assert.equal(cache.get("a", 1_100), undefined);
  assert.equal(cache.size, 0);
});

test("a capacity of 0 keeps nothing", () => {
  const { cache, put } = makeCache({ capacity: 0 });
  put("a");
  assert.equal(cache.enabled, false);
  assert.equal(cache.size, 0);
  assert.equal(cache.get("a", 0), undefined);
});

test("on random walks it never holds more than it may, and serves nothing invalidated", (t) => {
  const seed = Number(process.env["SEED"] ?? 7);
  t.diagnostic(`SEED=${seed}`);
  const random = randomOf(seed);
  let hits = 0;
  for (let walk = 0; walk < 30; walk++) {
    const capacity = 1 + random(12);
    const { cache, slots } = makeCache({ capacity });
    /** What was stored last under the current epoch. */
    const good = new Map<string, string>();
    for (let step = 0; step < 500; step++) {
      const number = random(30);
      const slot = number % 7;
      const key = `p${number}`;
      const epoch = slots.get(slot) ?? 0;
      switch (random(3)) {
        case 0:
          cache.set(key, String(step), { slot, epoch }, 0);
          good.set(key, String(step));
          break;
        case 1:
          slots.set(slot, epoch + 1);
          for (let other = slot; other < 30; other += 7) good.delete(`p${other}`);
          break;
        default: {
          const value = cache.get(key, 0);
          if (value === undefined) break;
          hits++;
          assert.equal(value, good.get(key));
        }
      }
      assert(cache.size <= capacity);
    }
  }
  assert(hits > 500, `only ${hits} hits: the walk shows nothing`);
});
