/** Answers of other members that a front-end does not believe. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkResults, readLease } from "../../frontend/results.ts";
import { LEASE_MS, TERM_MAX } from "../../shared/limits.ts";
import type { LeaseAnswer } from "../../shared/wire.ts";

test("results that are not one for each are none", () => {
  checkResults([1, null], 2);
  for (const results of [undefined, [], [1], [1, 2, 3], "ab"] as unknown as number[][]) {
    assert.throws(() => checkResults(results, 2), { reason: "unknown" });
  }
});

test("a lease that cannot be right is none", () => {
  const good = { leadership: "1.a", number: 1, index: 0, since: 0, leaseMs: LEASE_MS };
  assert.equal(readLease(good), good);
  const wrong: unknown[] = [
    null, {}, { ...good, leaseMs: LEASE_MS + 1 }, { ...good, leaseMs: "1" + "0".repeat(9) },
    { ...good, leadership: 1 }, { ...good, leadership: `${TERM_MAX + 1}.a` },
    { ...good, index: 0.5 }, { ...good, number: -1 },
  ];
  for (const answer of wrong) {
    assert.throws(() => readLease(answer as LeaseAnswer), { reason: "unknown" });
  }
});
