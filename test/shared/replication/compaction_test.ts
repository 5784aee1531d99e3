/** A leader whose log gets shorter while a follower is away (both found by simulation). */
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

test("rows of its own that end where the leader's log begins are not the leader's", async (t) => {
  const group = await HostGroup.start(t, { checkpointEveryRows: 5 });
  await group.nominate(3);
  for (let at = 2; at <= 10; at++) await group.commit(3, `value ${at}`);
  for (const id of [1, 2]) group.cut(3, id, 300);
  const alone = Array.from({ length: 10 }, (_, at) => `alone ${11 + at}`);
  group.propose(3, ...alone);
  await group.pass(100);
  group.member(3).machine.crash();
  await group.pass(600);
  assert.equal(await group.nominate(2), "leads");
  for (let at = 12; at <= 26; at++) await group.commit(2, `value ${at}`);
  await group.pass(200);
  const [, first] = group.member(2).disk.textOf("log.csv")!.split("\n");
  assert.match(first!, /^21,2,value 21,/, "the log of the leader begins behind row 20");
  await group.restart(3);
  assert.equal(group.host(3).lastIndex, 20);
  await group.pass(1_000);
  await group.commit(2, "value 27");
  await group.pass(300);
  const { service } = group.member(3);
  assert(service.committed <= 10, "nothing of its own is taken for committed");
  assert(!service.values.includes("value 21"), "nothing is put on top of what was never committed");
});
