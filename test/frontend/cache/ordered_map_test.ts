/** The ordered map against its promise, and against a naive model on random walks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrderedMap } from "../../../frontend/cache/ordered_map.ts";
import { randomOf } from "../random.ts";

test("keys stand in order of use: new and moved ones in front, read ones where they were", () => {
  const map = new OrderedMap<string, number>();
  map.set("a", 1);
  map.set("b", 2);
  map.set("c", 3);
  assert.deepEqual([...map.keys()], ["c", "b", "a"]);
  assert.equal(map.get("a"), 1);
  assert.equal(map.oldest(), "a");
  assert.equal(map.moveToFront("a"), true);
  assert.deepEqual([...map.keys()], ["a", "c", "b"]);
  assert.equal(map.use("b"), 2);
  assert.deepEqual([...map.keys()], ["b", "a", "c"]);
});

test("setting a known key changes its value, not its place", () => {
  const map = new OrderedMap<string, number>();
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  assert.deepEqual([...map.keys()], ["b", "a"]);
  assert.equal(map.get("a"), 3);
  assert.equal(map.size, 2);
});

test("in a full map the oldest gives its place to a new key, not to a known one", () => {
  const map = new OrderedMap<string, number>();
  assert.equal(map.put("a", 1, 2), false);
  assert.equal(map.put("b", 2, 2), false);
  assert.equal(map.put("c", 3, 2), true);
  assert.deepEqual([...map.keys()], ["c", "b"]);
  assert.equal(map.has("a"), false);
  assert.equal(map.put("b", 4, 2), false);
  assert.deepEqual([...map.keys()], ["b", "c"]);
  assert.equal(map.get("b"), 4);
  map.put("d", 5, 2);
  map.put("e", 6, 2);
  assert.deepEqual([...map.keys()], ["e", "d"]);
});

test("an empty map has no oldest, and nothing to use, move, delete or give", () => {
  const map = new OrderedMap<string, number>();
  assert.equal(map.oldest(), undefined);
  assert.equal(map.use("a"), undefined);
  assert.equal(map.moveToFront("a"), false);
  assert.equal(map.delete("a"), false);
  assert.throws(() => map.put("a", 1, 0), /no room to give/);
});

test("keys that would be properties of any object are keys like others", () => {
  const map = new OrderedMap<string, number>();
  for (const key of ["__proto__", "constructor", "toString"]) {
    assert.equal(map.get(key), undefined);
    map.set(key, key.length);
  }
  assert.deepEqual([...map.keys()], ["toString", "constructor", "__proto__"]);
});

test("deleted keys leave room that is used again", () => {
  const map = new OrderedMap<number, number>();
  for (let round = 0; round < 100; round++) {
    for (let key = 0; key < 10; key++) map.set(key, round);
    assert.equal(map.size, 10);
    for (let key = 0; key < 10; key += 2) assert.equal(map.delete(key), true);
    assert.deepEqual([...map.keys()].sort(), [1, 3, 5, 7, 9]);
  }
  map.clear();
  assert.equal(map.size, 0);
  assert.deepEqual([...map.keys()], []);
  map.set(1, 1);
  assert.equal(map.oldest(), 1);
});

/** The same promise without any cunning: an array, the newest first. */
class NaiveMap {
  entries: [number, number][] = [];

  get(key: number): number | undefined {
    return this.entries.find(([known]) => known === key)?.[1];
  }

  set(key: number, value: number): void {
    const entry = this.entries.find(([known]) => known === key);
    if (entry !== undefined) entry[1] = value;
    else this.entries.unshift([key, value]);
  }

  moveToFront(key: number): boolean {
    const value = this.get(key);
    if (value === undefined) return false;
    this.delete(key);
    this.entries.unshift([key, value]);
    return true;
  }

  delete(key: number): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter(([known]) => known !== key);
    return this.entries.length < before;
  }
}

test("it does on random walks what a naive one does", (t) => {
  const seed = Number(process.env["SEED"] ?? 20_260_131);
  t.diagnostic(`SEED=${seed}`);
  const random = randomOf(seed);
  for (let walk = 0; walk < 50; walk++) {
    const keys = 1 + random(60);
    const map = new OrderedMap<number, number>();
    const naive = new NaiveMap();
    for (let step = 0; step < 400; step++) {
      const key = random(keys);
      switch (random(6)) {
        case 0:
          map.set(key, step);
          naive.set(key, step);
          break;
        case 1:
          assert.equal(map.delete(key), naive.delete(key));
          break;
        case 2:
          assert.equal(map.moveToFront(key), naive.moveToFront(key));
          break;
        case 3: {
          const value = naive.get(key);
          naive.moveToFront(key);
          assert.equal(map.use(key), value);
          break;
        }
        case 4:
          assert.equal(map.get(key), naive.get(key));
          break;
        default: {
          const limit = Math.max(1, naive.entries.length);
          const isNew = naive.get(key) === undefined;
          const isFull = isNew && naive.entries.length >= limit;
          if (isFull) naive.delete(naive.entries.at(-1)![0]);
          naive.set(key, step);
          naive.moveToFront(key);
          assert.equal(map.put(key, step, limit), isFull);
        }
      }
      assert.equal(map.size, naive.entries.length);
      assert.deepEqual([...map.keys()], naive.entries.map(([known]) => known));
      assert.equal(map.oldest(), naive.entries.at(-1)?.[0]);
    }
  }
});
