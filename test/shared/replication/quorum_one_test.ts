/**
 * ORDER_QUORUM=1: the group sells on with one replica left. Two may lead after
 * a cut, and what one of them committed may be overruled; what must not happen
 * is that a process dies of it, or that rows are given up while a replica that
 * has them is in reach.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Group } from "./group.ts";

function startGroup(leader: number): Group {
  const group = new Group(3, 1);
  group.nominate(leader);
  group.settle();
  assert.equal(group.leader().id, leader);
  return group;
}

/** Neither hears the other any more. */
function part(group: Group, one: number, other: number): void {
  group.blocked.add(`${one}>${other}`).add(`${other}>${one}`);
}

function isolate(group: Group, id: number): void {
  for (const other of group.nodes.keys()) if (other !== id) part(group, id, other);
}

function checkLogsEqual(group: Group): void {
  for (const id of group.nodes.keys()) {
    assert.deepEqual(group.rowsOf(id), group.rowsOf(1), `log of ${id}`);
  }
}

function has(group: Group, id: number, payload: string): boolean {
  return group.rowsOf(id).some((text) => text.includes(`,${payload},`));
}

test("with one replica left it commits on", () => {
  const group = startGroup(3);
  group.crash(3);
  group.crash(2);
  group.nowMs += 500;
  group.nominate(1);
  group.settle();
  group.propose(1, "alone");
  group.settle();
  assert.equal(group.node(1).state.commitIndex, group.node(1).state.log.lastIndex);
});

test("a nominee takes over the latest log in reach, though its own vote would do", () => {
  const group = startGroup(3);
  group.crash(3);
  group.nowMs += 500;
  group.nominate(2);
  group.settle();
  group.propose(2, "a", "b");
  group.settle();
  group.crash(2);
  group.restart(3);
  group.restart(2);
  group.nowMs += 500;
  group.nominate(3);
  group.settle();
  assert.equal(group.leader().id, 3);
  assert(has(group, 3, "b"), "what replica 2 committed");
});

test("a nominee waits for a silent replica only so long", () => {
  const group = startGroup(3);
  group.crash(3);
  group.nowMs += 500;
  group.nominate(2);
  group.deliver(0);
  // Its questions are on their way to replicas that are paused and never answer.
  group.network = [];
  group.tick(2);
  assert.equal(group.node(2).state.role, "follower", "it still waits");
  group.nowMs += 100;
  group.tick(2);
  group.network = [];
  group.settle();
  assert.equal(group.leader().id, 2);
});

test("of two nominees in reach of each other not both lead one term", () => {
  const group = new Group(3, 1);
  group.nominate(3);
  group.nominate(2);
  group.settle();
  const leaders = [...group.nodes.values()].filter(({ state }) => state.role === "leader");
  assert(leaders.length <= 1, `${leaders.length} lead`);
  group.nominate(3);
  group.settle();
  assert.equal(group.leader().id, 3);
});

test("a leader that comes back gives up what another overruled, also what it committed", () => {
  const group = startGroup(3);
  isolate(group, 3);
  group.propose(3, "overruled", "too");
  group.settle();
  assert.equal(group.node(3).state.commitIndex, 3, "committed by itself");
  group.nowMs += 500;
  group.nominate(2);
  group.settle();
  group.propose(2, "kept");
  group.settle();
  group.blocked.clear();
  for (let i = 0; i < 4; i++) group.beat();
  assert.equal(group.leader().id, 2);
  checkLogsEqual(group);
  assert(has(group, 3, "kept") && !has(group, 3, "overruled"));
});

test("two leaders of one term live on until the fence decides, and then their logs meet", () => {
  const group = new Group(3, 1);
  for (const [one, other] of [[1, 2], [1, 3], [2, 3]] as const) part(group, one, other);
  for (const id of [2, 3]) group.nominate(id);
  group.settle();
  for (const id of [2, 3]) group.propose(id, `by ${id}`);
  group.settle();
  const terms = [2, 3].map((id) => group.node(id).state.term);
  assert.equal(terms[0], terms[1], "they lead the same term");
  group.blocked.clear();
  for (let i = 0; i < 3; i++) group.beat();
  for (const id of [2, 3]) assert.equal(group.node(id).state.role, "leader");
  group.input(group.node(2), { kind: "outranked", term: terms[0]! });
  for (let i = 0; i < 8; i++) group.beat();
  assert.equal(group.leader().id, 3);
  checkLogsEqual(group);
});

test("a replica that recovers has no say, and holds nobody up", () => {
  const group = startGroup(3);
  group.crash(3);
  group.crash(1);
  group.damage(1, 0);
  group.restart(1);
  group.nowMs += 500;
  group.nominate(2);
  group.settle();
  assert.equal(group.leader().id, 2);
});
