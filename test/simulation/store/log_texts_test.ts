/** What of the logs of a group has to be equal when all is quiet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint } from "../../../shared/replication/storage/checkpoint_file.ts";
import { comparable } from "./log_texts.ts";

/** Its rows follow from `base`, which a checkpoint holds. */
function log(base: number, ...rows: string[]) {
  const at = { index: base, term: 1, checksum: 0 };
  const checkpoint: Checkpoint = { at, base: at, baseBefore: at, text: "" };
  const text = ["index,term,value", ...rows, ""].join("\n");
  return { text, checkpoint: base > 0 ? checkpoint : null };
}

function compared(...logs: ReturnType<typeof log>[]): string[] {
  const named = logs.map((one, at) => ({ ...one, member: `order ${at + 1}` }));
  return [...comparable(named)].map(([member, text]) => `${member}: ${text}`);
}

test("whole logs are compared whole", () => {
  assert.deepEqual(compared(log(0, "1,1,a", "2,1,b"), log(0, "1,1,a"), log(0)), [
    "order 1: 2 rows\n1,1,a\n2,1,b", "order 2: 1 rows\n1,1,a", "order 3: 0 rows",
  ]);
});

test("rows that one has dropped are not looked at", () => {
  assert.deepEqual(compared(log(0, "1,1,a", "2,1,b", "3,1,c"), log(1, "2,1,b", "3,1,d")), [
    "order 1: 3 rows\n2,1,b\n3,1,c", "order 2: 3 rows\n2,1,b\n3,1,d",
  ]);
});

test("where all rows of one are in its checkpoint, the others end there too, or are behind", () => {
  assert.deepEqual(compared(log(2), log(0, "1,1,a", "2,1,b"), log(0, "1,1,a"), log(0)), [
    "order 1: 2 rows", "order 2: 2 rows", "order 3: 1 rows", "order 4: 0 rows",
  ]);
});
