/**
 * Short runs of `npm run chaos`: what one learns of a real store in a quarter
 * of a minute. It is one of the three, drawn for this run, with all of its
 * members doubled that can be. Long runs with many seeds are made by hand;
 * members are cut apart in cutting_test.ts.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { RULES } from "../../checker/checker.ts";
import { renderOutcome } from "../../chaos/report.ts";
import { runChaos } from "../../chaos/run.ts";

const SECONDS = 13;
/** One schedule for every run of the tests; `npm run chaos` draws its own. */
const SEED = 4_211_700_913;
const STORES = ["toys", "stocks", "books"] as const;

test("members are killed and paused under load, and every answer is right", async (t) => {
  const kinds = { strikes: true, cuts: false };
  const what = { store: STORES[randomInt(STORES.length)]!, catalogs: 3, frontends: 2 };
  const options = { ...what, seconds: SECONDS, seed: SEED, kinds };
  const outcome = await runChaos({ ...options, say: () => {} });
  const text = renderOutcome(outcome, (_tint, plain) => plain);
  const { of, counts } = outcome;
  t.diagnostic(`${of}: ${counts.orders} orders, ${Object.keys(RULES).length} rules`);
  assert(outcome.ok, text);
});
