/** The statistics against values whose percentiles are known, and at the edges of the histogram. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency } from "../../../client/load/latency.ts";

function filled(values: readonly number[]): Latency {
  const latency = new Latency();
  for (const value of values) latency.record(value);
  return latency;
}

function near(actual: number | null, expected: number): void {
  assert(
    actual !== null && Math.abs(actual - expected) <= expected / 500,
    `${actual} is not ${expected}`,
  );
}

test("percentiles of 1 to 1,000 ms are the values at their ranks", () => {
  const latency = filled(Array.from({ length: 1_000 }, (_, index) => 1_000 - index));
  near(latency.percentile(50), 500);
  near(latency.percentile(90), 900);
  near(latency.percentile(95), 950);
  near(latency.percentile(99), 990);
  near(latency.percentile(99.9), 999);
  assert.equal(latency.max, 1_000);
  assert.equal(latency.mean, 500.5);
});

test("nothing counted is null, not 0 and not NaN", () => {
  assert.deepEqual(new Latency().summary(), {
    count: 0,
    p50: null,
    p90: null,
    p95: null,
    p99: null,
    "p99.9": null,
    max: null,
    mean: null,
  });
});

test("values outside of the histogram's range are counted at its edges", () => {
  const latency = filled([0, 0.0001, -0.2, 10_000_000]);
  assert.equal(latency.count, 4);
  near(latency.percentile(50), 0.001);
  near(latency.percentile(100), 3_600_000);
  assert.equal(latency.max, 10_000_000);
});

test("no percentile is above the maximum", () => {
  const latency = filled([12.3456]);
  assert.equal(latency.percentile(50), 12.3456);
  assert.equal(latency.percentile(99.9), 12.3456);
});
