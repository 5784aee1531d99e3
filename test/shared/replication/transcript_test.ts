/**
 * Golden transcripts: what replicas say to each other in the situations that
 * matter, as text that a person can review. `UPDATE_GOLDEN=1` rewrites them;
 * commit only a difference that you can explain.
 */
import { strict as assert } from "node:assert";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Group } from "./group.ts";

function checkTranscript(name: string, group: Group): void {
  const path = new URL(`golden/${name}.txt`, import.meta.url);
  const text = group.lines.join("\n") + "\n";
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, text);
  assert.equal(text, readFileSync(path, "utf8"));
}

function checkLogsEqual(group: Group, ...ids: number[]): void {
  for (const id of ids) assert.deepEqual(group.rowsOf(id), group.rowsOf(ids[0]!), `log of ${id}`);
}

function startGroup(leader: number, checkpointEveryRows?: number): Group {
  const group = new Group(3, undefined, checkpointEveryRows);
  group.nominate(leader);
  group.settle();
  assert.equal(group.leader().id, leader);
  return group;
}

test("normal: the nominee asks, promises, opens its term, and rows commit", () => {
  const group = startGroup(3);
  group.propose(3, "a", "b");
  group.settle();
  group.beat();
  checkTranscript("normal", group);
  checkLogsEqual(group, 1, 2, 3);
  assert.equal(group.node(1).state.commitIndex, 3);
});

test("the leader dies: no vote within its lease, then the next id leads", () => {
  const group = startGroup(3);
  group.propose(3, "a");
  group.settle();
  group.crash(3);
  group.nominate(2);
  group.settle();
  const refusal = group.led.at(-1);
  assert(refusal?.kind === "led");
  assert.equal(refusal.result, "leader_alive");
  group.nowMs += 500;
  group.nominate(2);
  group.settle();
  group.propose(2, "b");
  group.settle();
  checkTranscript("leader_dies", group);
  assert.equal(group.leader().id, 2);
  checkLogsEqual(group, 1, 2);
  assert(group.rowsOf(2).some((text) => text.includes(",a,")));
});

test("a follower that was away fetches what it lacks while the leader goes on", () => {
  const group = startGroup(3);
  group.crash(1);
  for (const payload of "abcdefghij") {
    group.propose(3, payload);
    group.settle();
  }
  group.restart(1);
  group.beat();
  group.propose(3, "k");
  group.settle();
  group.beat();
  group.beat();
  checkTranscript("follower_catches_up", group);
  checkLogsEqual(group, 1, 2, 3);
});

test("a follower whose rows are gone takes the checkpoint, piece by piece", () => {
  const group = startGroup(3, 4);
  group.crash(1);
  for (const payload of "abcdefghi") {
    group.propose(3, payload);
    group.settle();
  }
  group.beat();
  group.restart(1);
  const { length } = group.lines;
  group.beat();
  group.propose(3, "j");
  group.settle();
  group.beat();
  group.lines.splice(0, length);
  checkTranscript("follower_takes_checkpoint", group);
  assert.deepEqual(group.rowsOf(1), group.rowsOf(3).slice(-group.rowsOf(1).length));
  assert.equal(group.node(1).state.commitIndex, 11);
});

test("a divergent suffix is cut, and only that", () => {
  const group = startGroup(3);
  group.propose(3, "a");
  group.settle();
  group.blocked.add("3>1").add("3>2");
  group.propose(3, "lost");
  group.settle();
  group.crash(3);
  group.blocked.clear();
  group.nowMs += 500;
  group.nominate(2);
  group.settle();
  group.propose(2, "b");
  group.settle();
  group.restart(3);
  group.beat();
  group.beat();
  checkTranscript("divergent_suffix", group);
  checkLogsEqual(group, 1, 2, 3);
  assert(!group.rowsOf(3).some((text) => text.includes("lost")));
});

test("two nominees at once: one leads, or a retry does; never both in one term", () => {
  const group = new Group(3);
  group.nominate(3);
  group.nominate(2);
  group.settle();
  group.nominate(3);
  group.settle();
  checkTranscript("two_nominees", group);
  assert.equal(group.leader().id, 3);
});

test("the highest id just came back with an old log: it takes the voter's before it leads", () => {
  const group = startGroup(2);
  group.crash(3);
  group.propose(2, "a", "b", "c", "d", "e");
  group.settle();
  group.crash(2);
  group.restart(3);
  group.nowMs += 500;
  group.nominate(3);
  group.settle();
  checkTranscript("votes_carry_logs", group);
  assert.equal(group.leader().id, 3);
  checkLogsEqual(group, 1, 3);
  assert(group.rowsOf(3).some((text) => text.includes(",e,")));
});

test("a leader that hears from no majority steps down; its confirm says no", () => {
  const group = startGroup(3);
  for (const link of ["1>3", "2>3"]) group.blocked.add(link);
  const token = group.confirm(3);
  group.settle();
  for (let i = 0; i < 6; i++) group.beat();
  checkTranscript("steps_down", group);
  assert.equal(group.node(3).state.role, "follower");
  assert.deepEqual(group.confirmed, [{ token, ok: false }]);
});

test("a planned hand-over needs no lease to end", () => {
  const group = startGroup(3);
  group.propose(3, "a");
  group.settle();
  group.nominate(2, group.node(3).state.term);
  group.settle();
  checkTranscript("hand_over", group);
  assert.equal(group.leader().id, 2);
});

test("a heartbeat of the leader that hands over does not end what it asked for", () => {
  const group = startGroup(3);
  group.nominate(2, group.node(3).state.term);
  group.deliver(0);
  group.nowMs += 100;
  group.tick(3);
  const heartbeat = group.network.findIndex(({ to, question }) => {
    return to === 2 && question.kind === "replicate";
  });
  group.deliver(heartbeat);
  group.settle();
  assert.equal(group.leader().id, 2);
});
