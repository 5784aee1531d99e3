/** What a group's healths say: who leads, who may lead, when votes can be had. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NOMINATION_LAG_MAX_ROWS } from "../../../shared/limits.ts";
import * as healths from "../../../shared/cluster/replica_health.ts";
import type { ReplicaHealth } from "../../../shared/messages/messages.ts";
import { FakeReplica } from "../fake_replica.ts";
import { HandClock } from "../../support/hand_clock.ts";

const replica = (id: number, differs: Partial<ReplicaHealth> = {}): ReplicaHealth => ({
  ...new FakeReplica(id, new HandClock()).health,
  ...differs,
});

test("a working leader leads and serves; of two the higher term counts", () => {
  const opening = replica(1, { role: "leader", term: 9, serving: false });
  const old = replica(2, { role: "leader", term: 4, serving: true });
  const current = replica(3, { role: "leader", term: 5, serving: true });
  const follower = replica(1, { serving: true });
  assert.equal(healths.workingLeader([]), null);
  assert.equal(healths.workingLeader([opening, follower]), null);
  assert.equal(healths.workingLeader([old, current, opening]), current);
});

test("the highest id comes first; recovering ones and those far behind not at all", () => {
  const group = [
    replica(1, { lastIndex: 10 }),
    replica(4, { lastIndex: 90_000, state: "recovering" }),
    replica(2, { lastIndex: 10 + NOMINATION_LAG_MAX_ROWS }),
    replica(3, { lastIndex: 9 }),
  ];
  assert.deepEqual(healths.nominees(group).map(({ id }) => id), [2, 1]);
  assert.deepEqual(healths.nominees([]), []);
  assert.deepEqual(healths.nominees([group[1]!]), []);
});

test("one whose disk is full is passed over unless all are", () => {
  const ids = (...full: boolean[]): number[] =>
    healths.nominees(full.map((isFull, at) => replica(at + 1, { full: isFull })))
      .map(({ id }) => id);
  assert.deepEqual(ids(false, false, true), [2, 1]);
  assert.deepEqual(ids(true, false, true), [2]);
  assert.deepEqual(ids(true, true, true), [3, 2, 1]);
  const far = replica(1, { lastIndex: 0 });
  const full = replica(2, { lastIndex: 1 + NOMINATION_LAG_MAX_ROWS, full: true });
  assert.deepEqual(healths.nominees([far, full]), [full], "being near comes first");
});

test("votes can be had when a majority of the group would give theirs", () => {
  const inMs = (groupSize: number, ...leases: number[]): number =>
    healths.willVoteInMs(leases.map((leaseMs, at) => replica(at + 1, { leaseMs })), groupSize);
  assert.equal(inMs(3, 300, 0, 0), 0);
  assert.equal(inMs(3, 300, 310, 0), 300);
  assert.equal(inMs(3, 0, 300), 300);
  assert.equal(inMs(5, 400, 0, 5, 6), 6);
  assert.equal(inMs(3, 7), 7);
  assert.equal(inMs(1, 0), 0);
  assert.equal(inMs(3), 0);
});

test("only what has the shape of a health is one", () => {
  assert(healths.isReplicaHealth(replica(1)));
  const odd = [
    { role: "king" }, { state: "" }, { term: "1" }, { leaseMs: null }, { serving: 1 },
    { full: undefined },
  ];
  for (const differs of odd) assert(!healths.isReplicaHealth({ ...replica(1), ...differs }));
  for (const value of [null, undefined, 1, "x", [], {}]) assert(!healths.isReplicaHealth(value));
});
