/** A leader that gives its place to another: to whom, and what if nobody takes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DISK_RESERVE_BYTES } from "../../../shared/limits.ts";
import { HostGroup } from "./host_group.ts";

test("the follower that has most takes over at once, and nothing is lost", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(1);
  await group.commit(1, "a");
  await group.leave(3, DISK_RESERVE_BYTES / 2 - 1);
  await group.commit(1, "b");
  assert.equal(await group.settle(group.host(1).handOver(() => true)), true);
  assert(group.host(2).leading);
  assert(!group.member(3).asked.includes("POST /lead"), "it lacks a row");
  await group.leave(3, Infinity);
  await group.until(() => !group.host(1).leading);
  assert.equal(group.member(1).service.stepDowns, 1);
  await group.commit(2, "c");
  await group.checkSame(["a", "b", "c"]);
});

test("a follower without room is passed over, though it has the higher id", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(1);
  await group.commit(1, "a");
  await group.leave(3, DISK_RESERVE_BYTES - 1);
  await group.leave(1, DISK_RESERVE_BYTES - 1);
  assert.equal(await group.settle(group.host(1).handOver()), true);
  assert(group.host(2).leading);
});

test("who is fit is for the caller to say", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(1);
  const asked: number[] = [];
  const handedOver = group.host(1).handOver((health) => {
    asked.push(health.id);
    return health.id === 2;
  });
  assert.equal(await group.settle(handedOver), true);
  assert(group.host(2).leading);
  assert.deepEqual(asked.sort(), [2, 3]);
});

test("when nobody takes over it leads on, refusing nominations only meanwhile", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(1);
  await group.commit(1, "a");
  const { term } = group.host(1);
  for (const id of [2, 3]) group.member(id).machine.pause();
  const handedOver = group.host(1).handOver();
  const again = group.host(1).handOver();
  assert.equal(await group.nominate(1), "unavailable");
  assert.equal(await group.settle(handedOver), false);
  assert.equal(await again, false, "one attempt at a time");
  for (const id of [2, 3]) group.member(id).machine.resume();
  await group.pass(100);
  assert.equal(await group.nominate(1), "leads");
  assert.equal(group.host(1).term, term);
  await group.commit(1, "b");
  await group.checkSame(["a", "b"]);
});

test("who does not lead hands nothing over", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(1);
  assert.equal(await group.settle(group.host(2).handOver()), false);
  assert(group.host(1).leading);
});

test("a replica that retires is not nominated again, whether another leads or not", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(3);
  await group.settle(group.host(3).retire());
  assert(group.host(2).leading);
  group.member(2).machine.crash();
  await group.pass(500);
  assert.equal(await group.nominate(3), "unavailable");
  assert.equal(await group.nominate(1), "leads", "it goes on voting");
  const alone = await HostGroup.start(t, { size: 1 });
  await alone.nominate(1);
  await alone.settle(alone.host(1).retire());
  assert.equal(await alone.nominate(1), "unavailable");
  assert(alone.host(1).leading, "it answers what it can until it ends");
});

test("a retirement waits for an attempt that is under way, and makes its own", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(1);
  const choosy = group.host(1).handOver(() => false);
  const retired = group.host(1).retire();
  assert.equal(await group.settle(choosy), false);
  await group.settle(retired);
  assert(group.host(3).leading);
});
