/** A checkpoint takes old rows out of the log, whatever a crash leaves in between. */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Row } from "../../../shared/replication/core/messages.ts";
import { NodeDisk } from "../../../shared/replication/storage/node_disk.ts";
import { readTermFile, writeTermFile } from "../../../shared/replication/storage/term_file.ts";
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

test("another's checkpoint takes the place of the log, which goes on behind it", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  opened.storage.keepCheckpoint(rows[1]!, "state at 2");
  const [at, next] = makeRows(31).slice(29) as [Row, Row];
  await opened.install(at, "state at 30", 3);
  await opened.append(next);
  assert.equal(opened.storage.piece(6)?.text, "at 30");
  await opened.storage.close();
  const lines = (from: number) => rows.slice(from).map(({ text }) => `${text}\n`).join("");
  assert.equal(readFileSync(join(folder, "log.csv.cut"), "utf8"), lines(3), "rows 4 and 5");
  const again = await open(folder);
  assert.deepEqual(again.rows, ["checkpoint 30 state at 30", next.text]);
  assert.equal(again.storage.log.base.index, 30);
  assert(!again.storage.isRecovering);
});

test("an own checkpoint that waits gives way to a later one of another", async (t) => {
  const { folder } = await makeLog(t);
  const opened = await open(folder);
  opened.storage.keepCheckpoint(makeRows(7).at(-1)!, "state at 7");
  await opened.install(makeRows(30).at(-1)!, "state at 30", 5);
  await opened.storage.close();
  assert.deepEqual((await open(folder)).rows, ["checkpoint 30 state at 30"]);
});

test("a checkpoint waits while another row stands where its own is to be", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  const [at] = makeRows(1, rows[2], 2) as [Row];
  opened.storage.keepCheckpoint(at, "state at 4");
  assert(!existsSync(join(folder, "checkpoint.json")), "row 4 of term 1 is yet to be cut");
  await opened.cut(3);
  await opened.append(at);
  await opened.storage.close();
  assert.deepEqual((await open(folder)).rows, ["checkpoint 4 state at 4"]);
});

for (const [name, length] of [["shorter than", 5], ["longer than", 40]] as const) {
  test(`a crash between another's checkpoint and a log ${name} it loses nothing`, async (t) => {
    const { folder, rows } = await makeLog(t);
    const opened = await open(folder);
    if (length > 5) await opened.append(...makeRows(length - 5, rows[4]));
    await opened.save(2, 3);
    const path = join(folder, "log.csv");
    const before = readFileSync(path);
    await opened.install(makeRows(30, undefined, 2).at(-1)!, "state at 30", 0);
    await opened.storage.close();
    // The checkpoint is there, the log is the old one, nothing of it is noted.
    writeFileSync(path, before);
    const disk = new NodeDisk(folder);
    const promised = (await readTermFile(disk))!;
    await writeTermFile(disk, { ...promised, length: 0, checksum: "00000000" });
    for (let start = 1; start <= 2; start++) {
      const again = await open(folder);
      assert.deepEqual(again.rows, ["checkpoint 30 state at 30"], `start ${start}`);
      assert.deepEqual([again.storage.log.lastIndex, again.storage.isRecovering], [30, false]);
      assert.deepEqual([again.storage.term, again.storage.vote], [2, 3], "its promises stand");
    }
  });
}

test("a start knows of the term in which it was told that a checkpoint is final", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  const noted = readFileSync(join(folder, "term.json"));
  await opened.save(7, 2);
  opened.storage.keepCheckpoint(rows[3]!, "state at 4");
  await opened.storage.close();
  // The checkpoint was written first, and the promise never.
  writeFileSync(join(folder, "term.json"), noted);
  const { storage } = await open(folder);
  assert.deepEqual([storage.term, storage.vote], [7, null]);
});
