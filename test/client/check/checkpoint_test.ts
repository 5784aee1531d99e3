/**
 * Checkpoints: held against the rows they stand for while these are there,
 * and against the orders when they are gone, which is what `books` is for.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Position } from "../../../shared/replication/core/log_index.ts";
import { chain, failuresOf, goodPlan, type Plan, writeStore } from "./store_folder.ts";

const START: Position = { index: 0, term: 0, checksum: 0 };

/** After row 6 of the good plan: 2 and 3 Tux sold, 5 restocked, 1 Fox sold. */
const TUX = ["Tux", 15.99, 5, 6, 5, 5, 0, 0, 5];
const FOX = ["Fox", 9.5, 99, 4, 100, 0, 0, 0, 1];

function withCheckpoint(plan: Plan, options: { at?: number; base?: number; tux?: unknown[] } = {}) {
  const { at = 6, base = 0, tux = TUX } = options;
  const replica = plan.replicas["catalog-1"]!;
  const rows = chain(replica.rows);
  const head = {
    format: 2, index: 6, initial: "0", fence: [1, 3], settled: 2, products: 2, sales: 1,
  };
  const open = [3, "key-3", "Tux", "buy", 3];
  const text = [head, FOX, tux, open].map((line) => JSON.stringify(line)).join("\n");
  replica.checkpoint = {
    at: { ...positionOf(rows[5]!), index: at },
    base: base === 0 ? START : positionOf(rows[base - 1]!),
    baseBefore: START,
    text: `${text}\n`,
  };
  replica.dropped = base;
  return plan;
}

function positionOf({ index, term, checksum }: Position): Position {
  return { index, term, checksum };
}

test("a checkpoint that is what its rows come to passes", async (t) => {
  assert.deepEqual(await failuresOf(writeStore(t, withCheckpoint(goodPlan()))), new Map());
});

test("a checkpoint with another quantity than its rows: checkpoint fails", async (t) => {
  const tux = TUX.with(2, 4);
  const failures = await failuresOf(writeStore(t, withCheckpoint(goodPlan(), { tux })));
  assert.deepEqual([...failures.keys()], ["checkpoint"]);
  assert.match(failures.get("checkpoint")!.join(), /Tux has quantity 4, and the rows come to 5/);
});

test("a checkpoint of another row: checkpoint fails", async (t) => {
  const plan = withCheckpoint(goodPlan());
  Object.assign((plan.replicas["catalog-1"]!.checkpoint as { at: Position }).at, { checksum: 1 });
  const failures = await failuresOf(writeStore(t, plan));
  assert.deepEqual([...failures.keys()], ["checkpoint"]);
  assert.match(failures.get("checkpoint")!.join(), /row 6 has another checksum than it notes/);
});

test("a log that goes on from its checkpoint passes", async (t) => {
  for (const base of [4, 6]) {
    const dataDir = writeStore(t, withCheckpoint(goodPlan(), { base }));
    assert.deepEqual(await failuresOf(dataDir), new Map(), `from row ${base}`);
  }
});

test("a checkpoint that lost a sale whose row is gone: books fail", async (t) => {
  const tux = TUX.with(2, 7).with(8, 3);
  const plan = withCheckpoint(goodPlan(), { base: 6, tux });
  const failures = await failuresOf(writeStore(t, plan));
  assert.deepEqual([...failures.keys()], ["books"]);
  assert.match(failures.get("books")!.join(), /Tux: 5 \+ 5 \+ 0 \+ 0 - 6 = 4, and .* has 6/);
});
