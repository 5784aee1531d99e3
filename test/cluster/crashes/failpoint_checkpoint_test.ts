/**
 * The catalog dies while it takes a checkpoint, in the middle of a purchase: between the
 * checkpoint and the shorter log, after both, and of a disk that fails there. Row 12 of the list
 * of faults.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memberFolder } from "../../../client/launcher/layout.ts";
import {
  checkDiesAt, play, startArmed, untilAtRest, type Row, type Scene,
} from "../support/failpoints.ts";
import { catalog } from "../support/harness.ts";
import { agesOf, makeOld } from "../support/old_catalog.ts";

/** The row that opens its term, and two sales: of three toys, bought in two batches or three. */
const ROWS_LEFT = 3;

const WHOLE_LOG: Row[] = [
  ["checkpoint.written:exit", "the log still has the rows that it makes needless"],
  ["checkpoint.written:error", "and the disk does not take the shorter log"],
];
const SHORTER_LOG: Row[] = [
  ["checkpoint.shortened:exit", "the log is shorter, nothing of it is noted"],
];

function diesAtCheckpoint({ isShorter }: { isShorter: boolean }) {
  return async ({ store, crowd }: Scene, failpoint: string): Promise<void> => {
    await store.stop(catalog());
    const folder = memberFolder(store.running.dataDir, catalog());
    await makeOld(folder, ROWS_LEFT);
    const before = await agesOf(folder);
    await startArmed(store, catalog(), failpoint);
    await untilAtRest(store);
    await crowd.checkShown();
    const buying = crowd.buy();
    await checkDiesAt(store, catalog(), failpoint);
    const after = await agesOf(folder);
    assert.equal(after.checkpoint, before.checkpoint + ROWS_LEFT);
    assert.equal(after.base, isShorter ? before.checkpoint : before.base);
    await store.restart(catalog());
    await buying;
  };
}

test("the catalog dies as it takes a checkpoint", (t) => play(t, { orders: 1 }, [
  ["the catalog dies", WHOLE_LOG, diesAtCheckpoint({ isShorter: false })],
  ["the catalog dies", SHORTER_LOG, diesAtCheckpoint({ isShorter: true })],
]));
