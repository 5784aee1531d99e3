/** A leader in the way of its group: to whom it gives way, when not, what may come between. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { HEALTH_TIMEOUT_MS, LEADER_LEASE_MS, STEP_ASIDE_RETRY_MS } from "../../../shared/limits.ts";
import { createLog } from "../../../shared/logging.ts";
import { SteppingAside, type Hindrance } from "../../../shared/replication/unfit_leader.ts";
import type { ReplicaHealth } from "../../../shared/messages/messages.ts";
import { turn } from "../../support/hand_clock.ts";
import { group } from "../fake_replica.ts";

const FULL: Hindrance = { why: "its disk is full", isFit: ({ full }) => !full };
/** Enough for a look, for the answers to it and for what follows at once. */
const SOON_MS = 150;

/** Replica 3 leads; 1 and 2 follow. */
function begin(t: TestContext) {
  const { clock, replicas } = group();
  const [one, two, three] = replicas;
  const events: string[] = [];
  const lines: string[] = [];
  const state = { hindrance: null as Hindrance | null, onHandOver: async () => true };
  const host = {
    leading: true,
    commitIndex: 7,
    lastIndex: 7,
    async handOver(isFit: (health: ReplicaHealth) => boolean): Promise<boolean> {
      const fit = [one!, two!].filter(({ health }) => {
        return health.state === "normal" && isFit(health);
      });
      events.push(`hand over to ${fit.map(({ health }) => health.id).join(" or ")}`);
      const isTaken = await state.onHandOver();
      if (isTaken) host.leading = false;
      return isTaken;
    },
  };
  const steppingAside = new SteppingAside({
    host,
    others: new Map([[1, one!], [2, two!]]),
    hindrance: () => state.hindrance,
    hold: () => events.push("hold"),
    release: () => events.push("release"),
    clock,
    log: createLog({ member: "order-3", level: "info", write: (line) => lines.push(line) }),
    fail: (error) => events.push(`fault: ${String(error)}`),
  });
  steppingAside.start();
  t.after(async () => {
    const closed = steppingAside.close();
    await clock.pass(10_000);
    await closed;
  });
  return { clock, host, state, events, lines, one: one!, two: two!, three: three!, steppingAside };
}

test("a leader with nothing in its way asks nobody anything", async (t) => {
  const { clock, events, one } = begin(t);
  await clock.pass(5_000);
  assert.deepEqual(events, []);
  assert.equal(one.healthsAsked, 0);
});

test("it takes nothing new, and hands over to those that are fit", async (t) => {
  const { clock, state, events, two } = begin(t);
  two.health.full = true;
  state.hindrance = FULL;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold", "hand over to 1", "release"]);
});

test("what is in the log is committed first", async (t) => {
  const { clock, host, state, events } = begin(t);
  host.lastIndex = 9;
  state.hindrance = FULL;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold"]);
  host.commitIndex = 9;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold", "hand over to 1 or 2", "release"]);
});

test("with rows that are not committed within a lease it goes on, and tries again", async (t) => {
  const { clock, host, state, events } = begin(t);
  host.lastIndex = 9;
  state.hindrance = FULL;
  await clock.pass(SOON_MS + LEADER_LEASE_MS);
  assert.deepEqual(events, ["hold", "release"]);
  host.commitIndex = 9;
  await clock.pass(STEP_ASIDE_RETRY_MS - SOON_MS);
  assert.equal(events.length, 2);
  await clock.pass(2 * SOON_MS);
  assert.deepEqual(events.slice(2), ["hold", "hand over to 1 or 2", "release"]);
});

test("when nobody is fit nothing is interrupted, and it is said once", async (t) => {
  const { clock, state, events, lines, one, two } = begin(t);
  one.health.full = true;
  two.health.state = "recovering";
  state.hindrance = FULL;
  await clock.pass(5 * STEP_ASIDE_RETRY_MS);
  assert.deepEqual(events, []);
  assert.equal(lines.length, 1);
  assert(one.healthsAsked >= 4 && one.healthsAsked <= 5, `asked ${one.healthsAsked} times`);
  one.health.full = false;
  await clock.pass(STEP_ASIDE_RETRY_MS + SOON_MS);
  assert.deepEqual(events, ["hold", "hand over to 1", "release"]);
});

test("a follower that does not answer is not fit", async (t) => {
  const { clock, state, events, one, two } = begin(t);
  one.state = "down";
  two.state = "hung";
  state.hindrance = FULL;
  await clock.pass(SOON_MS + HEALTH_TIMEOUT_MS);
  assert.deepEqual(events, []);
});

test("when nobody takes over it goes on as before, and tries again a second later", async (t) => {
  const { clock, state, events } = begin(t);
  state.hindrance = FULL;
  state.onHandOver = async () => false;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold", "hand over to 1 or 2", "release"]);
  await clock.pass(STEP_ASIDE_RETRY_MS - 50);
  assert.equal(events.length, 3);
  await clock.pass(SOON_MS);
  assert.equal(events.length, 6);
});

test("after a hand-over nothing new is taken until this replica knows of the next", async (t) => {
  const { clock, host, state, events } = begin(t);
  state.hindrance = FULL;
  host.handOver = async () => true;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold"]);
  host.leading = false;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold", "release"]);
});

test("a hand-over whose leader is not heard of is over after a lease", async (t) => {
  const { clock, host, state, events } = begin(t);
  state.hindrance = FULL;
  host.handOver = async () => true;
  await clock.pass(SOON_MS + LEADER_LEASE_MS);
  assert.deepEqual(events, ["hold", "release"]);
});

test("what stood in the way is gone while the followers were asked: nothing happens", async (t) => {
  const { clock, state, events, one } = begin(t);
  one.state = "slow";
  state.hindrance = FULL;
  await clock.pass(110);
  state.hindrance = null;
  await clock.pass(SOON_MS);
  assert.equal(one.healthsAsked, 1);
  assert.deepEqual(events, []);
});

test("what stood in the way is gone while rows were committed: it leads on", async (t) => {
  const { clock, host, state, events } = begin(t);
  host.lastIndex = 9;
  state.hindrance = FULL;
  await clock.pass(SOON_MS);
  state.hindrance = null;
  host.commitIndex = 9;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold", "release"]);
});

test("a leader that steps down in the middle of it hands nothing over", async (t) => {
  const { clock, host, state, events } = begin(t);
  host.lastIndex = 9;
  state.hindrance = FULL;
  await clock.pass(SOON_MS);
  host.leading = false;
  await clock.pass(SOON_MS);
  assert.deepEqual(events, ["hold", "release"]);
});

test("told to stop before it held anything, it leaves the hand-over to the stop", async (t) => {
  const { clock, state, events, one, steppingAside } = begin(t);
  one.state = "slow";
  state.hindrance = FULL;
  await clock.pass(110);
  const closed = steppingAside.close();
  await clock.pass(SOON_MS);
  await closed;
  assert.equal(one.healthsAsked, 1);
  assert.deepEqual(events, []);
});

test("told to stop in the middle of a hand-over it ends that one, begins no other", async (t) => {
  const { clock, state, events, steppingAside } = begin(t);
  state.hindrance = FULL;
  let refuse = (_isTaken: boolean) => {};
  state.onHandOver = () => new Promise((resolve) => (refuse = resolve));
  await clock.pass(SOON_MS);
  const ended: string[] = [];
  const closed = steppingAside.close().then(() => ended.push("closed"));
  await turn();
  assert.deepEqual(ended, []);
  refuse(false);
  await closed;
  assert.deepEqual(events, ["hold", "hand over to 1 or 2", "release"]);
  await clock.pass(5 * STEP_ASIDE_RETRY_MS);
  assert.equal(events.length, 3);
});

test("a bug on the way is reported, and what was held is released", async (t) => {
  const { clock, state, events } = begin(t);
  state.hindrance = FULL;
  state.onHandOver = () => Promise.reject(new TypeError("a bug"));
  await clock.pass(SOON_MS);
  assert.deepEqual(events.slice(2), ["release", "fault: TypeError: a bug"]);
});
