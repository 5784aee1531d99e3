/** Keys and the orders they belong to: found, forgotten, taken back. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { KeyIndex } from "../../order/key_index.ts";

test("each key names its order, and an unknown one seldom any", () => {
  const index = new KeyIndex(1_000_000, 7);
  for (let number = 1; number <= 50_000; number++) index.add(number, `key-${number}`);
  for (let number = 1; number <= 50_000; number++) {
    assert(index.candidates(`key-${number}`).includes(number));
  }
  let strangers = 0;
  for (let i = 0; i < 50_000; i++) strangers += index.candidates(`other-${i}`).length;
  assert(strangers < 10, `${strangers} false candidates of 50,000`);
});

test("the oldest keys are forgotten beyond the limit, and only they", () => {
  const index = new KeyIndex(1000, 7);
  for (let number = 1; number <= 5000; number++) index.add(number, `key-${number}`);
  assert.equal(index.size, 1000);
  assert.deepEqual(index.candidates("key-4000"), []);
  for (let number = 4001; number <= 5000; number++) {
    assert.deepEqual(index.candidates(`key-${number}`), [number]);
  }
});

test("a random walk of adding and taking back agrees with a list", () => {
  const index = new KeyIndex(300, 11);
  const keys: string[] = [];
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  let oldest = 0;
  for (let i = 0; i < 30_000; i++) {
    if (random() < 0.6 || keys.length <= oldest) {
      keys.push(`k${Math.floor(random() * 1e9)}`);
      index.add(keys.length, keys.at(-1)!);
      oldest = Math.max(oldest, keys.length - 300);
    } else {
      const key = keys.pop()!;
      index.removeLatest();
      assert(!index.candidates(key).includes(keys.length + 1));
    }
    const number = oldest + 1 + Math.floor(random() * (keys.length - oldest));
    if (number <= keys.length) assert(index.candidates(keys[number - 1]!).includes(number));
    assert.equal(index.size, keys.length - oldest);
  }
});
