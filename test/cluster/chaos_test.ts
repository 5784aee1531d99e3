/**
 * A short run of `npm run chaos`: what one learns of a real store in a quarter
 * of a minute. Long runs with many seeds are made by hand.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { RULES } from "../faults/judge.ts";
import { renderOutcome } from "../faults/report.ts";
import { runChaos } from "../faults/run.ts";

const SECONDS = 15;

test("members are killed and paused under load, and every answer is right", async (t) => {
  const seed = randomInt(2 ** 32 - 1);
  const outcome = await runChaos({ seconds: SECONDS, seed, say: () => {} });
  const text = renderOutcome(outcome, (_tint, plain) => plain);
  t.diagnostic(`seed ${seed}, ${outcome.counts.orders} orders, ${Object.keys(RULES).length} rules`);
  assert(outcome.ok, text);
});
