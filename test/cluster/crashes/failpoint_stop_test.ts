/**
 * A member sleeps (SIGSTOP) at a step of its work, others take its place, and it wakes with what
 * it was about to do; or an answer is lost, or its disk fails, at just that step. Rows 15, 16, 27,
 * 36 and 65 of the list of faults; what a step stands for is in shared/failpoint.ts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LEADER_LEASE_MS } from "../../../shared/limits.ts";
import {
  arm, checkDiesAt, leaderOf, play, untilItActs, type Row, type Scene,
} from "../support/failpoints.ts";
import { catalog, frontend, order } from "../support/harness.ts";

/** The first row in a log since its start is the one that opens a term, the next an order. */
const LEADER: Row[] = [
  ["order.taken:stop", "it wakes to have sold what another has sold"],
  ["order.sold:stop", "it wakes with a sale that another has given its order"],
  ["log.written:stop:2", "it wakes with an order that nobody else has"],
  ["log.committed:stop:3", "it wakes to answer for an order that is certain"],
  ["order.answered:stop", "it wakes to answer a front-end that has asked another"],
];

async function leaderSleeps({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint, { leads: true });
  const buying = crowd.buy();
  await untilItActs(store, order(3), failpoint);
  for (const { broken, key } of await buying) assert.equal(broken, 0, `${key} had an answer`);
  await store.resume(order(3));
}

/** Longer than its lease: to the others that is no different. */
const STALLED: Row[] = [
  [`order.sold:delay=${3 * LEADER_LEASE_MS}`, "it goes on with a sale that is not its any more"],
];

async function leaderStalls({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint, { leads: true });
  const buying = crowd.buy();
  await untilItActs(store, order(3), failpoint);
  await buying;
}

const NOMINEE: Row[] = [
  ["nominee.fetched:stop", "it wakes to open a term that is past"],
  ["leader.fenced:stop", "it wakes to complete what another has completed"],
];

async function nomineeSleeps({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint);
  const leader = await store.kill(leaderOf(store, "order"));
  const buying = crowd.buy();
  await untilItActs(store, order(3), failpoint);
  await store.restart(leader);
  await buying;
  await store.resume(order(3));
}

const VOTER: Row[] = [["vote.saved:stop", "it wakes to give a vote of a term that is past"]];

async function voterSleeps({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(1), failpoint);
  const leader = await store.kill(leaderOf(store, "order"));
  const buying = crowd.buy();
  await untilItActs(store, order(1), failpoint);
  await store.restart(leader);
  await buying;
  await store.resume(order(1));
}

const CATALOG: Row[] = [
  ["catalog.decided:stop", "it wakes with sales that another has made"],
  ["catalog.invalidated:stop", "it wakes to show a sale that others showed long ago"],
  ["catalog.visible:stop", "it wakes to answer for a sale that has its order"],
];

async function catalogSleeps({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, catalog(3), failpoint, { leads: true });
  await crowd.checkShown();
  const buying = crowd.buy();
  await untilItActs(store, catalog(3), failpoint);
  await buying;
  await crowd.checkShown();
  await store.resume(catalog(3));
}

const HEARER: Row[] = [["frontend.invalidated:stop", "it wakes with a lease that is over"]];

async function hearerSleeps({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, frontend(2), failpoint);
  await crowd.checkShown();
  const buying = crowd.buy();
  await untilItActs(store, frontend(2), failpoint);
  await buying;
  await crowd.buy();
  await store.resume(frontend(2));
  await crowd.checkShown();
}

/** Whoever asked gets no answer, and asks again. */
const LOST_BY_LEADER: Row[] = [
  ["order.sold:error", "the sale is asked for again, and sold once"],
  ["log.replicated:error:3", "the rows are sent again, and stand once"],
];
const LOST_BY_NOMINEE: Row[] = [["leader.fenced:error", "it fences again"]];
const LOST_BY_CATALOG: Row[] = [["catalog.invalidated:error", "a cache is dropped again"]];
const LOST_BY_FRONTEND: Row[] = [["frontend.placed:error", "the order is asked for again"]];

function answerIsLost(to: ReturnType<typeof order>, { leads }: { leads: boolean }) {
  return async ({ store, crowd }: Scene, failpoint: string): Promise<void> => {
    await arm(store, to, failpoint, { leads });
    const buying = crowd.buy();
    await untilItActs(store, to, failpoint);
    for (const { refused, broken, key } of await buying) {
      assert.equal(refused + broken, 0, `the buyer of ${key} noticed nothing`);
    }
    assert(store.running.isRunning(to), "it goes on");
  };
}

async function nomineeHearsNothing({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint);
  const leader = await store.kill(leaderOf(store, "order"));
  const buying = crowd.buy();
  await untilItActs(store, order(3), failpoint);
  await buying;
  await store.restart(leader);
}

const FAILING_DISK: Row[] = [
  ["log.written:error:2", "the order is in its file and not on its disk"],
  ["log.flushed:error:2", "the order is on its disk, and it does not believe it"],
];

async function diskFails({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint, { leads: true });
  const buying = crowd.buy();
  await checkDiesAt(store, order(3), failpoint);
  await buying;
  await store.restart(order(3));
}

test("a member sleeps, hears nothing, or fails at a step", { concurrency: true }, async (t) => {
  await Promise.all([
    t.test("an order replica that sleeps", (one) => play(one, {}, [
      ["the order leader sleeps", LEADER, leaderSleeps],
      ["the order leader stalls", STALLED, leaderStalls],
      ["a nominee sleeps", NOMINEE, nomineeSleeps],
      ["a voter sleeps", VOTER, voterSleeps],
    ])),
    t.test("an order replica that hears nothing, or whose disk fails", (one) => play(one, {}, [
      ["the order leader hears nothing", LOST_BY_LEADER, answerIsLost(order(3), { leads: true })],
      ["a nominee hears nothing", LOST_BY_NOMINEE, nomineeHearsNothing],
      ["the order leader's disk fails", FAILING_DISK, diskFails],
    ])),
    t.test("one catalog of three, or a front-end", (one) => play(one, { catalogs: 3, orders: 1 }, [
      ["the leading catalog sleeps", CATALOG, catalogSleeps],
      ["a front-end sleeps", HEARER, hearerSleeps],
      ["the catalog hears nothing", LOST_BY_CATALOG, answerIsLost(catalog(3), { leads: true })],
      ["a front-end hears nothing", LOST_BY_FRONTEND, answerIsLost(frontend(1), { leads: false })],
    ])),
  ]);
});
