/**
 * A short run of `npm run chaos` in which members are only cut apart: leader,
 * front-ends and catalog on two sides of a network that loses what is sent.
 * It needs namespaces, and is skipped where the machine allows none.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NoNetworkError } from "../../chaos/network.ts";
import { renderOutcome } from "../../chaos/report.ts";
import { runChaos } from "../../chaos/run.ts";

const SECONDS = 13;
/** One schedule for every run of the tests; `npm run chaos` draws its own. */
const SEED = 1;

test("members are cut apart under load, and every answer is right", async (t) => {
  const kinds = { strikes: false, cuts: true };
  const what = { store: "toys", catalogs: 1, frontends: 2, seconds: SECONDS, seed: SEED };
  const running = runChaos({ ...what, kinds, say: () => {} });
  const outcome = await running.catch((error: unknown) => {
    if (error instanceof NoNetworkError) return error;
    throw error;
  });
  if (outcome instanceof NoNetworkError) return t.skip(outcome.message);
  const { cuts, staleReadChances, doubleSaleChances } = outcome.counts;
  t.diagnostic(`${cuts} cuts, ${staleReadChances} look-ups on the deaf side, ` +
    `${doubleSaleChances} purchases on both sides`);
  assert(outcome.ok, renderOutcome(outcome, (_tint, plain) => plain));
});
