/**
 * A short run of `npm run chaos`: what one learns of a real store in a quarter
 * of a minute. Long runs with many seeds are made by hand; members are cut
 * apart in cutting_test.ts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RULES } from "../faults/judge.ts";
import { renderOutcome } from "../faults/report.ts";
import { runChaos } from "../faults/run.ts";

const SECONDS = 13;
/** One schedule for every run of the tests; `npm run chaos` draws its own. */
const SEED = 4_211_700_913;

test("members are killed and paused under load, and every answer is right", async (t) => {
  const kinds = { strikes: true, cuts: false };
  const outcome = await runChaos({ seconds: SECONDS, seed: SEED, kinds, say: () => {} });
  const text = renderOutcome(outcome, (_tint, plain) => plain);
  t.diagnostic(`${outcome.counts.orders} orders, ${Object.keys(RULES).length} rules`);
  assert(outcome.ok, text);
});
