/**
 * An order replica dies (SIGKILL) at each named step of a purchase, of replication, of an election
 * and of a vote, with buyers in flight, and is started again: whoever was told of an order has it,
 * every key has one, numbers have no gaps, the books balance, all members agree. Rows 2 to 11 of
 * the list of faults; what a step stands for is in shared/failpoint.ts.
 *
 * Two stores play at a time: most of it is waiting, for a lease or for a process to start.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder } from "../../../client/launcher/layout.ts";
import {
  arm, checkDiesAt, leaderOf, play, startArmed, untilAtRest, type Row, type Scene,
} from "../support/failpoints.ts";
import { frontend, order } from "../support/harness.ts";

/** The first row in a log since its start is the one that opens a term, the next an order. */
const LEADER: Row[] = [
  ["order.taken:exit", "it has asked nobody"],
  ["order.sold:exit", "the catalog has sold, no order has a row"],
  ["log.written:exit:2", "the order is in its file, not flushed, and nobody else has it"],
  ["log.flushed:exit:2", "the order is on its disk"],
  ["log.replicated:exit:3", "a follower has the order, its leader has not counted it"],
  ["log.committed:exit:3", "the order is certain, nobody was told"],
  ["order.answered:exit", "the order has its answer, the front-end has not"],
];

async function leaderDies(scene: Scene, failpoint: string): Promise<void> {
  await endLeader(scene, failpoint);
  await scene.store.restart(order(3));
}

async function endLeader({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint, { leads: true });
  const buying = crowd.buy();
  await checkDiesAt(store, order(3), failpoint);
  for (const { refused, broken, key } of await buying) {
    assert.equal(refused + broken, 0, `the buyer of ${key} noticed nothing`);
  }
}

/** The first new file since its start is the one that notes what the log held by then. */
const NOMINEE: Row[] = [
  ["file.written:exit:2", "its own vote is not in place"],
  ["vote.saved:exit", "its own vote is in place"],
  ["nominee.fetched:exit", "it has its votes, its term has no row"],
  ["log.flushed:exit", "the row that opens its term is on its disk"],
  ["log.replicated:exit", "the row that opens its term is on two disks"],
  ["leader.opened:exit", "its term is open, the catalog is not fenced"],
  ["leader.fenced:exit", "the catalog is fenced, nothing is sold"],
];

async function nomineeDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint);
  const leader = await store.kill(leaderOf(store, "order"));
  const buying = crowd.buy();
  await checkDiesAt(store, order(3), failpoint);
  await Promise.all([store.restart(order(3)), store.restart(leader)]);
  await buying;
}

const VOTER: Row[] = [
  ["file.written:exit:2", "its vote is not in place"],
  ["vote.saved:exit", "its vote is in place and was not given"],
];

async function voterDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(1), failpoint);
  const leader = await store.kill(leaderOf(store, "order"));
  const buying = crowd.buy();
  await checkDiesAt(store, order(1), failpoint);
  await Promise.all([store.restart(order(1)), store.restart(leader)]);
  await buying;
}

const FOLLOWER: Row[] = [
  ["log.written:exit", "the order is in its file, not flushed"],
  ["log.flushed:exit", "the order is on its disk, its leader does not know"],
  ["log.committed:exit:2", "it has just learned that the order is certain"],
];

async function followerDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(1), failpoint);
  const buying = crowd.buy();
  await checkDiesAt(store, order(1), failpoint);
  await buying;
  await store.restart(order(1));
}

const BEHIND: Row[] = [
  ["file.written:exit", "it has just read its files"],
  ["log.flushed:exit", "it has a part of what it missed"],
];

async function lateFollowerDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await store.kill(order(1));
  await crowd.buy();
  await startArmed(store, order(1), failpoint);
  await checkDiesAt(store, order(1), failpoint);
  await store.restart(order(1));
}

/** One that was away leads with what it fetches from the one replica that can still vote. */
const LATE_NOMINEE: Row[] = [
  ["log.flushed:exit", "it has fetched a voter's rows"],
  ["nominee.fetched:exit", "it has all of a voter's rows, its term has none"],
];

async function lateNomineeDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await store.kill(order(3));
  await crowd.buy();
  await untilAtRest(store);
  const leader = await store.kill(leaderOf(store, "order"));
  const voter = await store.kill(order(3 - leader.id));
  // First: else the other, of the two, might be nominated before it is there.
  await startArmed(store, order(3), failpoint);
  const buying = crowd.buy();
  await store.restart(voter);
  await checkDiesAt(store, order(3), failpoint);
  await Promise.all([store.restart(order(3)), store.restart(leader)]);
  await buying;
}

/** A leader that died with a row that nobody else has finds another in its place. */
const CUT: Row[] = [
  ["log.lowered:exit", "no row that it has to cut is noted, all stand"],
  ["log.cut:exit", "they are cut, and nothing is in their place"],
];

async function cutterDies(scene: Scene, failpoint: string): Promise<void> {
  const { store } = scene;
  await endLeader(scene, "log.written:exit:2");
  await startArmed(store, order(3), failpoint);
  await checkDiesAt(store, order(3), failpoint);
  await store.restart(order(3));
  const kept = join(memberFolder(store.running.dataDir, order(3)), "log.csv.cut");
  assert(existsSync(kept), "what was cut can be looked at");
}

/** The leader dies with a sale that has no row; the next one finds it and dies of it, too. */
const HEIR: Row[] = [
  ["leader.fenced:exit", "it was told of the sale"],
  ["log.written:exit:2", "the order is in its file, not flushed"],
];

async function heirDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), "order.sold:exit", { leads: true });
  await startArmed(store, order(2), failpoint);
  await untilAtRest(store);
  const buying = crowd.buy();
  await checkDiesAt(store, order(3), "order.sold:exit");
  await checkDiesAt(store, order(2), failpoint);
  await Promise.all([store.restart(order(2)), store.restart(order(3))]);
  await buying;
}

const FORGOTTEN: Row[] = [["order.sold:exit", "nobody is left who would ask again"]];

async function allWhoKnowDie({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, order(3), failpoint, { leads: true });
  const key = crowd.askOnce(2);
  await checkDiesAt(store, order(3), failpoint);
  await store.kill(frontend(2));
  await crowd.checkMade(key);
  await Promise.all([store.restart(order(3)), store.restart(frontend(2))]);
}

test("an order replica dies at a step of its work", { concurrency: true }, async (t) => {
  await Promise.all([
    t.test("a leader", (one) => play(one, {}, [
      ["the order leader dies", LEADER, leaderDies],
      ["an old leader dies", CUT, cutterDies],
      ["the next leader dies", HEIR, heirDies],
      ["the order leader dies", FORGOTTEN, allWhoKnowDie],
    ])),
    t.test("a nominee, a voter or a follower", (one) => play(one, {}, [
      ["a nominee dies", NOMINEE, nomineeDies],
      ["a nominee that was away dies", LATE_NOMINEE, lateNomineeDies],
      ["a voter dies", VOTER, voterDies],
      ["a follower dies", FOLLOWER, followerDies],
      ["a follower that was away dies", BEHIND, lateFollowerDies],
    ])),
  ]);
});
