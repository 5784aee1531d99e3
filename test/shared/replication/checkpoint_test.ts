/** A checkpoint takes old rows out of the log, whatever a crash leaves in between. */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Row } from "../../../shared/replication/messages.ts";
import { makeLog, makeRows, open } from "./stored_log.ts";

test("a checkpoint takes the rows before the one before it out of the file", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  opened.storage.keepCheckpoint(rows[1]!, "state at 2");
  await opened.storage.close();
  const second = await open(folder);
  assert.deepEqual(second.rows, [
    "checkpoint 2 state at 2",
    ...rows.slice(2).map((row) => row.text),
  ]);
  second.storage.keepCheckpoint(rows[3]!, "state at 4");
  await second.append(...makeRows(1, rows[4]!));
  await second.storage.close();
  assert(!readFileSync(join(folder, "log.csv"), "utf8").includes("value 2"));
  const third = await open(folder);
  assert.deepEqual(third.rows, [
    "checkpoint 4 state at 4",
    rows[4]!.text,
    makeRows(1, rows[4]!)[0]!.text,
  ]);
  assert.deepEqual(third.storage.log.base.index, 2);
  assert.equal(third.storage.read(5), "value 5");
});

test("a crash between a checkpoint and the shorter log loses nothing", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  opened.storage.keepCheckpoint(rows[1]!, "state at 2");
  await opened.storage.close();
  const before = readFileSync(join(folder, "log.csv"));
  const noted = readFileSync(join(folder, "term.json"));
  const second = await open(folder);
  second.storage.keepCheckpoint(rows[3]!, "state at 4");
  await second.storage.close();
  writeFileSync(join(folder, "log.csv"), before);
  writeFileSync(join(folder, "term.json"), noted);
  const third = await open(folder);
  assert.deepEqual(third.rows, ["checkpoint 4 state at 4", rows[4]!.text]);
  assert(existsSync(join(folder, "checkpoint.json")));
});

test("a checkpoint does not wait for a moment without appends", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  const path = join(folder, "checkpoint.json");
  let last = rows[4]!;
  let appends = 0;
  // While one writes, the other queues: there is always work.
  const write = async (): Promise<void> => {
    while (!existsSync(path) && appends < 100) {
      appends++;
      [last] = makeRows(1, last) as [Row];
      await opened.append(last);
    }
  };
  const writing = [write(), write()];
  opened.storage.keepCheckpoint(rows[1]!, "state at 2");
  await Promise.all(writing);
  assert(appends < 100, "it was written between two appends");
  await opened.storage.close();
  assert.equal((await open(folder)).rows[0], "checkpoint 2 state at 2");
});
