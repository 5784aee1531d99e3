/**
 * Bugs that the simulator found, or a question that it raised: each as the few
 * moves that show it, so that it stays mended.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Group, type Packet } from "./group.ts";

function deliver(group: Group, kind: Packet["kind"], asks: string, from: number, to: number) {
  const at = group.network.findIndex(
    (packet) =>
      packet.kind === kind &&
      packet.question.kind === asks &&
      packet.from === from &&
      packet.to === to,
  );
  assert(at >= 0, `${asks} from ${from} to ${to} is under way`);
  group.deliver(at);
}

function flush(group: Group, ...ids: number[]): void {
  for (const id of ids) {
    while (group.node(id).pending.length > 0) group.flush(group.node(id));
  }
}

/** All that these replicas say to each other, and no vote, until they are quiet. */
function settleAmong(group: Group, ...ids: number[]): void {
  for (;;) {
    flush(group, ...ids);
    const at = group.network.findIndex(
      ({ from, to, question }) =>
        ids.includes(from) && ids.includes(to) && question.kind !== "vote",
    );
    if (at < 0) return;
    group.deliver(at);
  }
}

/** Seed 113577: the follower's assert ended its process. */
test("a restarted leader does not show its log as if it still led the term", () => {
  const group = new Group(3);
  group.nominate(3);
  group.settle();
  group.propose(3, "a");
  // On the disks of both followers, and committed; not on the leader's own.
  for (const id of [1, 2]) {
    deliver(group, "question", "replicate", 3, id);
    flush(group, id);
    deliver(group, "answer", "replicate", id, 3);
  }
  assert.equal(group.node(3).state.commitIndex, 2);
  for (const id of [1, 2]) {
    group.nowMs += 100;
    group.tick(3);
    deliver(group, "question", "replicate", 3, id);
  }
  assert.equal(group.node(1).state.commitIndex, 2);
  group.crash(3);
  group.restart(3);
  group.network = [];
  const after = group.node(1).state.log.last;
  group.world.ask(group.node(1), 3, { kind: "read_log", reader: 1, term: 1, after });
  group.deliver(0);
  const [answer] = group.network;
  assert(answer?.kind === "answer" && answer.answer?.kind === "log_page");
  assert.equal(answer.answer.result, "other_term", "no conflict: it does not know");
});

/** Of five; Michael et al. 2017 describe it for other protocols. */
test("a forgotten vote that a candidate still counts loses no committed row", () => {
  const group = new Group(5);
  group.nominate(1);
  group.settle();
  group.propose(1, "a");
  group.settle();
  group.beat();
  group.nowMs += 500;
  group.nominate(5);
  group.deliver(0);
  for (const id of [2, 3]) {
    deliver(group, "question", "vote", 5, id);
    deliver(group, "answer", "vote", id, 5);
  }
  // The dry run is over; what asked the fourth stays under way for ever.
  group.network = group.network.filter(({ question }) => !("ask" in question && question.ask));
  flush(group, 5);
  deliver(group, "question", "vote", 5, 2);
  flush(group, 2);
  deliver(group, "answer", "vote", 2, 5);
  assert.equal(group.node(5).state.role, "candidate", "two votes of five");

  group.crash(2);
  group.damage(2, 0);
  group.restart(2);
  const { leading } = group.node(1).state;
  assert(leading !== null);
  // No time has passed for the leader: its clock is its own.
  leading.confirmedAtMs = group.nowMs;
  for (let beats = 0; beats < 5; beats++) {
    group.nowMs += 10;
    group.tick(1);
    settleAmong(group, 1, 2, 3, 4);
  }
  assert(group.node(2).state.recovering !== null, "a candidate has not answered this leader");
  group.propose(1, "b");
  settleAmong(group, 1, 2, 3);

  group.nowMs += 500;
  deliver(group, "question", "vote", 5, 4);
  flush(group, 4);
  deliver(group, "answer", "vote", 4, 5);
  // The judge sees that it has every row that was committed.
  flush(group, 5);
  assert.equal(group.node(5).state.role, "leader");
});
