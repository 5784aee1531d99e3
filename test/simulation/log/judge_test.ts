/**
 * The judge is fed: for each invariant one history, made by hand, that breaks
 * it and nothing else, and the same history without the wrong turn. A judge
 * that says nothing about them would say nothing about a real one.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { START, type Position } from "../../../shared/replication/core/log_index.ts";
import type { Row } from "../../../shared/replication/core/messages.ts";
import { INVARIANTS, Judge, Violation, type Fact, type Invariant } from "./judge.ts";
import { asViolation } from "./world.ts";
import { demandProgress } from "./progress.ts";
import { World, type Driver } from "./world.ts";

/** A replica as the judge sees it; its rows are terms and values, "1a 2b". */
interface Actor {
  id: number;
  alive: boolean;
  state: {
    term: number;
    commitIndex: number;
    leading: object | null;
    log: { base: Position; lastIndex: number; at: (index: number) => Row };
  };
  disk: { base: Position; rows: Row[]; isRecovering: boolean };
}

/** Equal rows after equal rows have equal checksums, as in a chained log. */
function rowsOf(text: string): Row[] {
  let checksum = 0;
  return text.split(" ").filter(Boolean).map((row, i) => {
    for (const letter of row) checksum = (Math.imul(checksum, 31) + letter.charCodeAt(0)) >>> 0;
    return { index: i + 1, term: Number.parseInt(row), checksum, text: row };
  });
}

function setLog(actor: Actor, text: string, onDisk = text): Row[] {
  const rows = rowsOf(text);
  actor.state.log = {
    base: START,
    lastIndex: rows.length,
    at: (index) => rows[index - 1]!,
  };
  actor.disk.rows = rowsOf(onDisk);
  return rows;
}

class Stage {
  readonly actors: Actor[];
  readonly judge: Judge;

  constructor(rows: string) {
    this.actors = [1, 2, 3].map((id) => {
      const log = { base: START, lastIndex: 0, at: () => null! };
      const state = { term: 1, commitIndex: 0, leading: null, log };
      const disk = { base: START, rows: [], isRecovering: false };
      const actor: Actor = { id, alive: true, state, disk };
      setLog(actor, rows);
      return actor;
    });
    this.judge = new Judge(this.actors, 2);
  }

  actor(id: number): Actor {
    return this.actors[id - 1]!;
  }

  see(id: number, fact: Fact): this {
    this.judge.see(this.actor(id), fact);
    return this;
  }

  win(id: number, term: number): this {
    Object.assign(this.actor(id).state, { term, leading: {} });
    return this.see(id, { kind: "won", term });
  }

  commit(id: number, from: number, to: number): this {
    this.actor(id).state.commitIndex = to;
    return this.see(id, { kind: "committed", from, to });
  }
}

/** Each: what is fine, and the turn for the worse. */
const BAD: Record<Exclude<Invariant, "progress" | "replicaAsserts">, (isBad: boolean) => void> = {
  oneLeader: (isBad) => {
    new Stage("1a").win(1, 2).win(2, isBad ? 2 : 3);
  },
  committedStays: (isBad) => {
    const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
    setLog(stage.actor(2), isBad ? "1a 1x" : "1a 1b");
    stage.commit(2, 0, 2);
  },
  checkpointIsTrue: (isBad) => {
    const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
    const [, row] = rowsOf(isBad ? "1a 1x" : "1a 1b");
    stage.see(2, { kind: "restored", from: 1, at: row!, isTrue: true });
  },
  logsMatch: (isBad) => {
    const stage = new Stage("1a");
    setLog(stage.actor(1), "1a 2b");
    const rows = setLog(stage.actor(2), isBad ? "1a 2x" : "1a 2b");
    stage.see(2, { kind: "appended", rows: rows.slice(1) });
  },
  termsRise: (isBad) => {
    const stage = new Stage("1a");
    stage.actor(2).state.term = 5;
    stage.see(2, { kind: "promised", term: 5 });
    stage.actor(2).state.term = isBad ? 4 : 5;
    stage.see(2, { kind: "restarted" });
  },
  oneVote: (isBad) => {
    const stage = new Stage("1a").see(2, { kind: "voted", term: 2, candidate: 1 });
    stage.see(2, { kind: "voted", term: 2, candidate: isBad ? 3 : 1 });
  },
  onQuorum: (isBad) => {
    const stage = new Stage("1a").win(1, 1);
    setLog(stage.actor(2), "1a", "");
    setLog(stage.actor(3), "1a", isBad ? "" : "1a");
    stage.commit(1, 0, 1);
  },
  leaderComplete: (isBad) => {
    const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
    setLog(stage.actor(3), isBad ? "1a" : "1a 1b");
    stage.win(3, 2);
  },
  freshReads: (isBad) => {
    const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
    stage.actor(2).state.commitIndex = isBad ? 1 : 2;
    stage.see(2, { kind: "confirmed", known: 2 });
  },
  followersWait: (isBad) => {
    const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, isBad ? 1 : 2);
    stage.commit(2, 0, 2);
  },
};

for (const [name, play] of Object.entries(BAD)) {
  test(`the judge sees: ${INVARIANTS[name as Invariant]}`, () => {
    play(false);
    assert.throws(
      () => play(true),
      (error) => error instanceof Violation && error.invariant === name,
    );
  });
}

test("the judge sees committed rows that leave a quorum of disks", () => {
  const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
  setLog(stage.actor(3), "1a");
  stage.see(3, { kind: "shrunk", after: 1 });
  setLog(stage.actor(2), "1a");
  assert.throws(() => stage.see(2, { kind: "shrunk", after: 1 }), { invariant: "onQuorum" });
});

test("the judge sees checkpoints that are not whole, and those that go back", () => {
  const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
  const [first, second] = rowsOf("1a 1b");
  const whole = { kind: "restored", from: 0, at: first!, isTrue: true } as const;
  stage.see(2, whole).see(2, { ...whole, from: 1, at: second! });
  assert.throws(() => stage.see(2, { ...whole, isTrue: false }), { invariant: "checkpointIsTrue" });
  assert.throws(() => stage.see(2, { ...whole, from: 1 }), { invariant: "committedStays" });
});

test("a checkpoint is a copy of the rows before it, and of no other", () => {
  const stage = new Stage("1a 1b").win(1, 1).commit(1, 0, 2);
  setLog(stage.actor(3), "1a");
  const [first, second] = rowsOf("1a 1b");
  Object.assign(stage.actor(2).disk, { base: second, rows: [] });
  stage.see(2, { kind: "shrunk", after: 2 });
  Object.assign(stage.actor(2).disk, { base: first });
  assert.throws(() => stage.see(2, { kind: "shrunk", after: 1 }), { invariant: "onQuorum" });
});

test("a late leader of an older term need not have what a later one committed", () => {
  const stage = new Stage("1a");
  setLog(stage.actor(1), "1a 3b");
  setLog(stage.actor(2), "1a 3b");
  stage.win(1, 3).commit(1, 0, 2).win(3, 2);
});

test("a damaged disk is not held to its promises, but what it helped to commit is", () => {
  const stage = new Stage("1a").see(3, { kind: "promised", term: 1 }).win(1, 1);
  setLog(stage.actor(2), "1a", "");
  stage.commit(1, 0, 1);
  const wiped = stage.actor(3);
  Object.assign(wiped.disk, { rows: [], isRecovering: true });
  wiped.state.term = 0;
  stage.see(3, { kind: "damaged" }).see(3, { kind: "restarted" });
  wiped.disk.isRecovering = false;
  assert.throws(() => stage.see(3, { kind: "recovered" }), { invariant: "onQuorum" });
});

test("an assert of the replica counts as a broken promise", () => {
  assert.equal(asViolation(new Error("a log has no gaps")).invariant, "replicaAsserts");
});

test("a group that nobody can lead does not go on", () => {
  const nothing = () => {};
  const driver: Driver = {
    onAsk: nothing, onReply: nothing, onLed: nothing, onWork: nothing, onReset: nothing,
    onConfirmed: nothing, onCrash: nothing,
  };
  const world = new World({ size: 3, leaderLeaseMs: 400, driver });
  const runFor = (ms: number) => {
    world.nowMs += ms;
  };
  assert.throws(() => demandProgress({ world, do: nothing, runFor }), { invariant: "progress" });
});
