/** The finder among replicas made of paper: whom it nominates, and when. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../../../shared/errors.ts";
import { group, type Group } from "../fake_replica.ts";
import { find, led } from "../finders.ts";

/** How often each was nominated, by ascending id. */
function nominations({ replicas }: Group): number[] {
  return replicas.map(({ nominations }) => nominations);
}

test("a leader that works is followed, and nobody is nominated", async () => {
  const one = group();
  one.replica(1).lead(4);
  const finder = find(one);
  const { id, term, peer } = await led(one, finder);
  assert.deepEqual([id, term, peer], [1, 4, one.replica(1)]);
  assert.equal(finder.lostAtMs, null);
  const { healthsAsked } = one.replica(1);
  await one.clock.until(() => one.replica(1).healthsAsked >= healthsAsked + 3);
  assert.deepEqual(nominations(one), [0, 0, 0]);
});

test("the highest id is nominated", async () => {
  const one = group();
  const { id, term } = await led(one, find(one));
  assert.deepEqual([id, term], [3, 2]);
  assert.deepEqual(nominations(one), [0, 0, 1]);
});

test("who only looks nominates nobody, and finds who was nominated by others", async () => {
  const one = group();
  const finder = find(one, { nominate: false });
  await one.clock.until(() => one.replica(1).healthsAsked >= 3);
  assert.deepEqual(nominations(one), [0, 0, 0]);
  one.replica(2).lead(2);
  assert.equal((await led(one, finder)).id, 2);
});

test("recovering replicas are passed over", async () => {
  const one = group();
  one.replica(3).health.state = "recovering";
  assert.equal((await led(one, find(one))).id, 2);
  assert.deepEqual(nominations(one), [0, 1, 0]);
});

test("a nominee that fails is passed over for the next lower id, round and round", async () => {
  const one = group();
  const asked: number[] = [];
  for (const replica of one.replicas) {
    replica.onLead = () => {
      asked.push(replica.health.id);
      if (asked.length === 5) return replica.lead(2);
      throw new AppError("no_votes", "no majority");
    };
  }
  assert.equal((await led(one, find(one))).id, 2);
  assert.deepEqual(asked, [3, 2, 1, 3, 2]);
});

test("a nominee that hangs costs its time-out, no more", async () => {
  const one = group();
  one.replica(3).onLead = () => {
    throw new AppError("unknown", "timed out");
  };
  assert.equal((await led(one, find(one))).id, 2);
});

test("a dead highest id is not waited for twice", async () => {
  const one = group();
  one.replica(3).state = "hung";
  one.replica(2).onLead = () => {
    throw new AppError("no_votes", "not yet");
  };
  const startedAtMs = one.clock.monotonicMs();
  assert.equal((await led(one, find(one))).id, 1);
  // One look of 150 ms; each further one would cost as much again.
  assert(one.clock.monotonicMs() - startedAtMs < 190);
});

test("while a majority hears a leader, nobody is nominated; then at once", async () => {
  const one = group();
  one.replica(3).lead(5);
  const startedAtMs = one.clock.monotonicMs();
  const leaseEndsAtMs = startedAtMs + 200;
  one.replica(3).state = "down";
  for (const id of [1, 2]) one.replica(id).follow(one.replica(3), 200);
  one.clock.every(1, () => {
    const leaseMs = Math.max(0, leaseEndsAtMs - one.clock.monotonicMs());
    for (const id of [1, 2]) one.replica(id).health.leaseMs = leaseMs;
  });
  assert.equal((await led(one, find(one))).id, 2);
  const tookMs = one.clock.monotonicMs() - startedAtMs;
  assert(tookMs >= 200 && tookMs < 210, `${tookMs} ms`);
  assert.deepEqual(nominations(one), [0, 1, 0]);
});

test("a leader out of reach that the others vouch for is left alone", async () => {
  const one = group();
  one.replica(3).lead(5);
  one.replica(3).state = "down";
  for (const id of [1, 2]) one.replica(id).follow(one.replica(3), 350);
  const finder = find(one);
  await one.clock.pass(340);
  assert.equal(finder.leader, null);
  assert.deepEqual(nominations(one), [0, 0, 0]);
  one.replica(3).state = "up";
  assert.equal((await led(one, finder)).id, 3);
});

test("a minority that hears the old leader holds nobody up", async () => {
  const five = group(5);
  five.replica(1).follow(five.replica(5), 400);
  five.replica(5).state = "down";
  assert.equal((await led(five, find(five))).id, 4);
});

test("refused as a leader lives, a nominee is asked again right when the lease ends", async () => {
  const one = group();
  const askedAtMs: number[] = [];
  one.replica(3).onLead = () => {
    askedAtMs.push(one.clock.monotonicMs());
    if (askedAtMs.length === 2) return one.replica(3).lead(2);
    throw new AppError("leader_alive", "Replica 2 leads", { leader: 2, leaseMs: 120 });
  };
  assert.equal((await led(one, find(one))).id, 3);
  const pauseMs = askedAtMs[1]! - askedAtMs[0]!;
  assert(pauseMs >= 120 && pauseMs < 130, `${pauseMs} ms`);
  assert.deepEqual(nominations(one), [0, 0, 2]);
});

test("one that always hears a leader does not keep the others from being nominated", async () => {
  const one = group();
  one.replica(3).onLead = () => {
    throw new AppError("leader_alive", "Replica 9 leads", { leader: 9, leaseMs: 10 });
  };
  assert.equal((await led(one, find(one))).id, 2);
});

test("who is opening a term already gets the time for it", async () => {
  const one = group();
  Object.assign(one.replica(1).health, { role: "leader", term: 2, serving: false });
  const finder = find(one);
  await one.clock.until(() => one.replica(1).healthsAsked >= 4);
  one.replica(1).health.serving = true;
  assert.equal((await led(one, finder)).id, 1);
  assert.deepEqual(nominations(one), [0, 0, 0]);
  const stuck = group();
  stuck.replica(1).health.role = "candidate";
  assert.equal((await led(stuck, find(stuck))).id, 3, "and no more time than that");
});

test("two finders at once agree", async () => {
  const one = group();
  let opening = 0;
  for (const replica of one.replicas) {
    replica.onLead = () => {
      if (++opening > 1) throw new AppError("no_votes", "another was faster");
      replica.lead(2);
    };
  }
  const finders = [find(one), find(one), find(one)];
  await one.clock.until(() => finders.every(({ leader }) => leader !== null));
  assert.deepEqual(finders.map(({ leader }) => leader!.id), [3, 3, 3]);
});

test("at its start it waits for all before it nominates", async () => {
  const one = group();
  one.replica(3).state = "down";
  const finder = find(one, { gatherMs: 900 });
  await one.clock.until(() => one.replica(1).healthsAsked >= 4);
  assert.deepEqual(nominations(one), [0, 0, 0]);
  one.replica(3).state = "up";
  assert.equal((await led(one, finder)).id, 3);
});

test("but not for ever", async () => {
  const one = group();
  one.replica(3).state = "down";
  const startedAtMs = one.clock.monotonicMs();
  assert.equal((await led(one, find(one, { gatherMs: 150 }))).id, 2);
  assert(one.clock.monotonicMs() - startedAtMs >= 150);
});
