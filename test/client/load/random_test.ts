/** The seeded generator: the published sequence, repeatable and even. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../../client/load/random.ts";

function draw(seed: number, stream: number, count: number): number[] {
  const random = createRandom(seed, stream);
  return Array.from({ length: count }, () => random());
}

test("the sequence is mulberry32's own", () => {
  // Made with the published function, seed 1.
  const expected = [2693262067, 11749833, 2265367787, 4213581821, 4159151403];
  assert.deepEqual(
    draw(1, 0, 5).map((value) => value * 2 ** 32),
    expected,
  );
});

test("the same seed and stream repeat, another stream differs", () => {
  assert.deepEqual(draw(42, 3, 100), draw(42, 3, 100));
  assert.notDeepEqual(draw(42, 3, 100), draw(42, 4, 100));
});

test("draws lie in [0, 1) and spread evenly over ten bins", () => {
  const bins = new Array<number>(10).fill(0);
  for (const value of draw(7, 1, 10_000)) {
    assert(value >= 0 && value < 1);
    const bin = Math.floor(value * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  for (const count of bins) assert(count > 880 && count < 1_120, `bins: ${bins.join(" ")}`);
});
