/** Asking a group: who is waited for, and when the answer is clear. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupHealth } from "../../../shared/cluster/group_health.ts";
import { HEALTH_TIMEOUT_MS } from "../../../shared/limits.ts";
import type { ReplicaHealth } from "../../../shared/messages/messages.ts";
import { group } from "../fake_replica.ts";

const PATIENT = { termMin: 0, patient: true };
const BRISK = { termMin: 0, patient: false };

function askable() {
  const { clock, members, replica } = group();
  const asked = new GroupHealth(members);
  const answersTo = async (options: typeof PATIENT): Promise<ReplicaHealth[]> => {
    const { done } = asked.ask(asked.ids, options);
    await clock.pass(HEALTH_TIMEOUT_MS);
    return done;
  };
  const idsOf = async (options: typeof PATIENT): Promise<number[]> => {
    return (await answersTo(options)).map(({ id }) => id).sort();
  };
  return { asked, answersTo, idsOf, replica };
}

test("all that answer are in the answer, and in the healths", async () => {
  const { asked, idsOf, replica } = askable();
  replica(2).state = "down";
  assert.deepEqual(await idsOf(PATIENT), [1, 3]);
  assert.deepEqual([...asked.healths.keys()].sort(), [1, 3]);
  replica(2).state = "up";
  replica(3).state = "down";
  assert.deepEqual(await idsOf(PATIENT), [1, 2]);
  assert.deepEqual([...asked.healths.keys()].sort(), [1, 2]);
});

test("who was silent is not waited for again, unless one is patient", async () => {
  const { asked, idsOf, replica } = askable();
  replica(3).state = "hung";
  assert.deepEqual(await idsOf(BRISK), [1, 2]);
  replica(3).state = "slow";
  assert.deepEqual(await idsOf(BRISK), [1, 2]);
  assert.deepEqual(await idsOf(PATIENT), [1, 2, 3]);
  assert(asked.healths.has(3));
});

test("when all were silent, all are waited for", async () => {
  const { idsOf, replica } = askable();
  for (const id of [1, 2, 3]) replica(id).state = "down";
  assert.deepEqual(await idsOf(BRISK), []);
  for (const id of [1, 2, 3]) replica(id).state = "up";
  assert.deepEqual(await idsOf(BRISK), [1, 2, 3]);
});

test("a clear leader ends the waiting", async () => {
  const { idsOf, replica } = askable();
  replica(3).state = "hung";
  replica(1).lead(5);
  assert.deepEqual((await idsOf(PATIENT)).includes(3), false);
});

test("one with a lower term than somebody knows is not clear", async () => {
  const { answersTo, idsOf, replica } = askable();
  replica(1).lead(5);
  replica(2).health.term = 6;
  for (const id of [1, 3]) replica(id).state = "slow";
  assert.deepEqual(await idsOf(PATIENT), [1, 2, 3]);
  replica(2).health.term = 5;
  const answers = await answersTo({ termMin: 6, patient: true });
  assert.equal(answers.length, 3);
});

test("stopping gives what has come", async () => {
  const { asked, replica } = askable();
  for (const id of [1, 2, 3]) replica(id).state = "hung";
  const asking = asked.ask(asked.ids, PATIENT);
  asking.stop();
  assert.deepEqual(await asking.done, []);
});

test("who answers as another replica, or not like one, is not believed", async () => {
  const { idsOf, replica } = askable();
  replica(3).health.id = 1;
  replica(2).health.role = "king" as "leader";
  assert.deepEqual(await idsOf(PATIENT), [1]);
});
