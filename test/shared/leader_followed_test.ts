/** The finder once it follows a leader: when it looks, when it loses it, who waits for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasReason } from "../../shared/errors.ts";
import { HEALTH_INTERVAL_MS } from "../../shared/limits.ts";
import { group } from "./fake_replica.ts";
import { find, led } from "./finders.ts";

test("who has nothing to ask of the leader looks once a second", async () => {
  const one = group();
  one.replica(1).lead(4);
  let isNeeded = false;
  const finder = find(one, { isNeeded: () => isNeeded });
  await led(one, finder);
  const looksIn = async (ms: number) => {
    const { healthsAsked } = one.replica(1);
    await one.clock.pass(ms);
    return one.replica(1).healthsAsked - healthsAsked;
  };
  const idle = await looksIn(20 * HEALTH_INTERVAL_MS);
  assert(idle >= 3 && idle <= 4, `${idle}`);
  isNeeded = true;
  const busy = await looksIn(20 * HEALTH_INTERVAL_MS);
  assert(busy >= 19, `${busy}`);
});

test("a suspected leader is looked at once, not at the next interval", async () => {
  const one = group();
  one.replica(3).lead(2);
  const finder = find(one);
  await led(one, finder);
  one.replica(3).state = "down";
  const suspectedAtMs = one.clock.monotonicMs();
  finder.suspect(one.replica(3));
  assert.equal(finder.leader, null);
  assert(finder.lostAtMs! >= suspectedAtMs);
  assert.equal((await led(one, finder)).id, 2);
  assert(one.clock.monotonicMs() - suspectedAtMs < HEALTH_INTERVAL_MS / 2);
});

test("a leader suspected without cause is followed again, and not announced again", async () => {
  const one = group();
  one.replica(3).lead(2);
  const finder = find(one);
  const announced: number[] = [];
  finder.onLeader(({ id, term }) => announced.push(id, term));
  await led(one, finder);
  finder.suspect(one.replica(3));
  finder.suspect(one.replica(3));
  finder.suspect(one.replica(1));
  assert.equal((await led(one, finder)).id, 3);
  assert.deepEqual(announced, [3, 2]);
});

test("an answer from before the suspicion does not clear the suspected leader", async () => {
  const one = group();
  one.replica(3).lead(2);
  const finder = find(one);
  await led(one, finder);
  const { healthsAsked } = one.replica(3);
  // Its regular look is under way and will say that it leads.
  await one.clock.until(() => one.replica(3).healthsAsked > healthsAsked);
  one.replica(3).state = "down";
  finder.suspect(one.replica(3));
  assert.equal((await led(one, finder)).id, 2);
});

test("a leader that dies, or leads no longer, is noticed by itself", async () => {
  const one = group();
  one.replica(3).lead(2);
  const finder = find(one);
  const announced: number[] = [];
  finder.onLeader(({ id }) => announced.push(id));
  await led(one, finder);
  one.replica(3).state = "down";
  await one.clock.until(() => finder.leader?.id === 2);
  one.replica(2).follow(one.replica(1), 0);
  one.replica(1).lead(9);
  await one.clock.until(() => finder.leader?.id === 1);
  assert.deepEqual(announced, [3, 2, 1]);
});

test("who still waits for an answer of the leader before is let go", async () => {
  const one = group();
  one.replica(3).lead(2);
  const finder = find(one);
  await led(one, finder);
  one.replica(3).state = "hung";
  finder.suspect(one.replica(3));
  assert.equal((await led(one, finder)).id, 2);
  assert.deepEqual(one.replicas.map(({ abandoned }) => abandoned), [0, 0, 1]);
});

test("all that wait get the leader, or hear at their deadline that there is none", async () => {
  const one = group();
  for (const replica of one.replicas) replica.state = "down";
  const finder = find(one);
  const startedAtMs = one.clock.monotonicMs();
  const early = finder.wait(startedAtMs + 30);
  const patient = [finder.wait(startedAtMs + 1_000), finder.wait(startedAtMs + 1_000)];
  const refused = assert.rejects(early, (error) => hasReason(error, "unavailable"));
  await one.clock.pass(30);
  await refused;
  one.replica(2).state = "up";
  await one.clock.until(() => finder.leader !== null);
  assert.deepEqual((await Promise.all(patient)).map(({ id }) => id), [2, 2]);
});

test("closing ends the waiting", async () => {
  const one = group();
  for (const replica of one.replicas) replica.state = "down";
  const finder = find(one);
  const waiting = finder.wait(one.clock.monotonicMs() + 5_000);
  finder.close();
  await assert.rejects(waiting, (error) => hasReason(error, "unavailable"));
  const late = assert.rejects(finder.wait(one.clock.monotonicMs() + 5_000));
  await one.clock.pass(0);
  await late;
});
