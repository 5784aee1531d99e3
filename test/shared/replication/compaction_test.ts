/** A leader whose log gets shorter while a follower is away (found by simulation). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HostGroup } from "./host_group.ts";

test("a follower whose rows a checkpoint took from the leader stays behind alone", async (t) => {
  const group = await HostGroup.start(t, { checkpointEveryRows: 5 });
  await group.nominate(3);
  await group.commit(3, "value 1");
  group.member(1).machine.pause();
  for (let at = 2; at <= 20; at++) await group.commit(3, `value ${at}`);
  // Its leader asks it in vain, again and again.
  await group.pass(3_000);
  assert(!group.member(3).disk.textOf("log.csv")!.includes("value 2,"), "the log is shorter");
  group.member(1).machine.resume();
  await group.pass(1_000);
  await group.commit(3, "value 21");
  await group.pass(300);
  assert(group.host(3).leading);
  assert.equal(group.member(2).service.values.at(-1), "value 21");
  assert(group.host(1).lastIndex < 5, "nobody has its rows any more");
});
