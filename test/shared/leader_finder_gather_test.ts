/** The finder of a group whose quorum is below a majority, after all of it was gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LeaderFinder } from "../../shared/cluster/leader_finder.ts";
import { createLog } from "../../shared/logging.ts";
import { group } from "./fake_replica.ts";

test("after all were gone it waits for all again: one alone may lack orders", async () => {
  const one = group();
  const { clock, members } = one;
  one.replica(3).lead(2);
  const log = createLog({ member: "frontend-1", level: "error" });
  const surroundings = { members, log, clock, random: () => 0 };
  const settings = { nominate: true, gatherMs: 300, gathersAgain: true };
  const finder = new LeaderFinder({ ...surroundings, ...settings });
  finder.start();
  await clock.until(() => finder.leader !== null);
  one.replica(3).follow(one.replica(3), 0);
  for (const replica of one.replicas) replica.state = "down";
  await clock.until(() => finder.leader === null);
  const { healthsAsked } = one.replica(2);
  await clock.until(() => one.replica(2).healthsAsked > healthsAsked + 2);
  one.replica(2).state = "up";
  const asked = one.replica(2).healthsAsked;
  await clock.until(() => one.replica(2).healthsAsked > asked + 1);
  assert.equal(one.replica(2).nominations, 0, "the others may be on their way");
  one.replica(3).state = "up";
  one.replica(1).state = "up";
  await clock.until(() => finder.leader?.id === 3);
  assert.equal(one.replica(2).nominations, 0);
});
