/** The log on disk: what a crash may leave is cut, anything else is damage. */
import { strict as assert } from "node:assert";
import {
  appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LogFile } from "../../../../shared/replication/storage/log_file.ts";
import { START } from "../../../../shared/replication/core/log_index.ts";
import { NodeDisk } from "../../../../shared/replication/storage/node_disk.ts";
import { HEADER, makeFolder, makeLog, makeRows, open } from "../stored_log.ts";

async function checkDamaged(folder: string, pattern: RegExp): Promise<void> {
  await assert.rejects(open(folder, true), (error: Error & { reason?: string }) => {
    assert.equal(error.reason, "damaged", error.stack);
    assert.match(error.message, pattern);
    return true;
  });
}

test("rows, term and vote are there after a restart", async (t) => {
  const { folder, rows } = await makeLog(t);
  const again = await open(folder);
  assert.deepEqual(
    again.rows,
    rows.map((row) => row.text),
  );
  assert.deepEqual([again.storage.term, again.storage.vote], [1, 3]);
  assert.deepEqual(again.storage.log.last, {
    index: 5,
    term: 1,
    checksum: rows[4]!.checksum,
  });
  assert.equal(again.storage.read(4), "value 4");
});

test("the file is a CSV with one header and nothing but the rows", async (t) => {
  const { folder, rows } = await makeLog(t);
  const text = readFileSync(join(folder, "log.csv"), "utf8");
  assert.equal(text, HEADER + rows.map((row) => row.text + "\n").join(""));
});

test("appends that queue up go to disk with one flush", async (t) => {
  const folder = makeFolder(t);
  const opened = await open(folder);
  const rows = makeRows(30);
  await Promise.all(rows.map((row) => opened.append(row)));
  assert.equal(opened.storage.counts.rows, 30);
  assert(opened.storage.counts.appends <= 3, `${opened.storage.counts.appends} appends`);
});

test("a page holds whole rows, about as many as fit, and at least one", async (t) => {
  const { folder, rows } = await makeLog(t);
  const { storage } = await open(folder);
  const line = rows[0]!.text.length + 1;
  const lines = (first: number, last: number) =>
    rows
      .slice(first - 1, last)
      .map((r) => r.text + "\n")
      .join("");
  assert.equal(storage.page({ prev: storage.log.at(1), through: 5 }, 2 * line + 1), lines(2, 3));
  assert.equal(storage.page({ prev: storage.log.at(1), through: 5 }, 1), lines(2, 2));
  assert.equal(storage.page({ prev: START, through: 5 }, 1_000_000), lines(1, 5));
});

test("a last row cut at any byte is a torn append: cut, kept aside, and said", async (t) => {
  const { folder, rows } = await makeLog(t);
  const path = join(folder, "log.csv");
  const whole = readFileSync(path);
  const last = Buffer.byteLength(rows[4]!.text) + 1;
  for (let missing = 1; missing < last; missing++) {
    writeFileSync(path, whole.subarray(0, whole.length - missing));
    const { rows: found, warnings } = await open(folder);
    assert.equal(found.length, 4, `${missing} bytes missing`);
    assert.match(warnings.join(""), /torn row/);
    assert.equal(readFileSync(path).length, whole.length - last);
    assert.equal(readFileSync(`${path}.torn`).length, last - missing);
  }
});

test("a torn append that kept later sectors is cut where an empty sector proves it", async (t) => {
  const { folder } = await makeLog(t);
  const path = join(folder, "log.csv");
  const length = readFileSync(path).length;
  const hole = Buffer.alloc(2048);
  appendFileSync(
    path,
    Buffer.concat([Buffer.from("6,1,val"), hole, Buffer.from("ue 9,0123abcd\n")]),
  );
  const { rows } = await open(folder);
  assert.equal(rows.length, 5);
  assert.equal(readFileSync(path).length, length);
});

/** An append of rows behind what makeLog wrote, with an empty sector in the middle of it. */
function withHole(whole: Buffer, from: number): Buffer {
  const sector = Math.ceil((from + 300) / 512) * 512;
  assert(sector + 512 < whole.length - 300, "good rows follow the hole");
  return Buffer.from(whole).fill(0, sector, sector + 512);
}

test("a torn append is cut from its hole on, good rows behind it or not", async (t) => {
  const { folder } = await makeLog(t);
  const path = join(folder, "log.csv");
  const { length } = readFileSync(path);
  const opened = await open(folder);
  await opened.append(...makeRows(120).slice(5));
  writeFileSync(path, withHole(readFileSync(path), length));
  const { rows } = await open(folder, true);
  assert(rows.length >= 5 && rows.length < 120, `${rows.length} rows`);
  assert.deepEqual(rows, makeRows(120).slice(0, rows.length).map(({ text }) => text));
});

test("a torn append is cut when only the rest of the sector it begins in is missing", async (t) => {
  const { folder } = await makeLog(t);
  const path = join(folder, "log.csv");
  const { length } = readFileSync(path);
  const opened = await open(folder);
  await opened.append(...makeRows(120).slice(5));
  const whole = readFileSync(path);
  const sector = Math.ceil(length / 512) * 512;
  assert(length % 512 !== 0 && sector + 512 < whole.length, "whole sectors follow it");
  writeFileSync(path, Buffer.from(whole).fill(0, length, sector - 1));
  await checkDamaged(folder, /line 7: /);
  writeFileSync(path, Buffer.from(whole).fill(0, length, sector));
  const { rows } = await open(folder, true);
  assert.equal(rows.length, 5);
  assert.equal(readFileSync(path).length, length);
});

test("a hole in what was noted is damage, and so is a bad row in front of a hole", async (t) => {
  const { folder } = await makeLog(t);
  const path = join(folder, "log.csv");
  const { length } = readFileSync(path);
  const opened = await open(folder);
  await opened.append(...makeRows(120).slice(5));
  const holed = withHole(readFileSync(path), length);
  const flipped = Buffer.from(holed);
  flipped[length + 3]! ^= 1;
  writeFileSync(path, flipped);
  await checkDamaged(folder, /line 7: /);
  await opened.save(2, 1);
  writeFileSync(path, holed);
  await checkDamaged(folder, /does not follow/);
});

test("a terminated bad row at the end is damage, not a crash", async (t) => {
  const { folder } = await makeLog(t);
  appendFileSync(join(folder, "log.csv"), "6,1,value 6,00000000\n");
  await checkDamaged(folder, /log\.csv line 7: /);
});

test("any changed byte of a row that another follows is damage", async (t) => {
  const { folder, rows } = await makeLog(t);
  const path = join(folder, "log.csv");
  const whole = readFileSync(path);
  const start = HEADER.length + rows[0]!.text.length + 1;
  for (let at = start; at < start + rows[1]!.text.length; at++) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    writeFileSync(path, changed);
    await checkDamaged(folder, /log\.csv line 3: /);
  }
});

test("swapped, doubled and missing rows are damage", async (t) => {
  const { folder, rows } = await makeLog(t);
  const path = join(folder, "log.csv");
  const [a, b, c, d, e] = rows.map((row) => row.text + "\n");
  for (const lines of [
    [a, c, b, d, e],
    [a, b, b, c, d, e],
    [a, b, d, e],
  ]) {
    writeFileSync(path, HEADER + lines.join(""));
    await checkDamaged(folder, /does not follow/);
  }
});

test("a log shorter than noted has lost rows that were on disk", async (t) => {
  const { folder } = await makeLog(t, { clean: true });
  const path = join(folder, "log.csv");
  truncateSync(path, readFileSync(path).length - 20);
  await checkDamaged(folder, /were known to be on disk/);
});

test("other rows of the noted length are damage", async (t) => {
  const { folder } = await makeLog(t, { clean: true });
  const other = makeRows(5, START, 2)
    .map((row) => row.text + "\n")
    .join("");
  writeFileSync(join(folder, "log.csv"), HEADER + other);
  await checkDamaged(folder, /were others/);
});

test("one of the two files missing is damage; both missing is a new folder", async (t) => {
  const { folder } = await makeLog(t);
  rmSync(join(folder, "term.json"));
  await checkDamaged(folder, /term\.json line 1: it is missing/);
  const other = await makeLog(t);
  rmSync(join(other.folder, "log.csv"));
  await checkDamaged(other.folder, /log\.csv line 1: the file is missing/);
  const { rows, storage } = await open(makeFolder(t));
  assert.deepEqual([rows.length, storage.term, storage.vote], [0, 0, null]);
});

test("a crash while the files were made leaves a new folder", async (t) => {
  for (const written of ["", "index,te", HEADER]) {
    const folder = makeFolder(t);
    writeFileSync(join(folder, "log.csv"), written);
    const { rows } = await open(folder);
    assert.equal(rows.length, 0);
  }
});

test("a log that is moved away while it is open takes no more rows", async (t) => {
  const folder = makeFolder(t);
  const path = join(folder, "log.csv");
  writeFileSync(path, HEADER);
  const file = new LogFile(new NodeDisk(folder), HEADER);
  const [first, second] = makeRows(2);
  await file.append([first!]);
  renameSync(path, `${path}.1`);
  await assert.rejects(file.append([second!]), /deleted, moved or replaced/);
  assert.equal(readFileSync(`${path}.1`, "utf8"), `${HEADER}${first!.text}\n`);
});

test("a log that another file replaces while the old one lives takes no more rows", async (t) => {
  const folder = makeFolder(t);
  const path = join(folder, "log.csv");
  writeFileSync(path, HEADER);
  const file = new LogFile(new NodeDisk(folder), HEADER);
  const [first, second] = makeRows(2);
  await file.append([first!]);
  renameSync(path, `${path}.1`);
  copyFileSync(`${path}.1`, path);
  await assert.rejects(file.append([second!]), /deleted, moved or replaced/);
  await assert.rejects(file.cut(0), /deleted, moved or replaced/);
  assert.equal(readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8"));
});

test("a cut lowers the note, shortens the file and keeps what it took", async (t) => {
  const { folder, rows } = await makeLog(t);
  const opened = await open(folder);
  await opened.save(2, 1);
  await opened.cut(3);
  const [other] = makeRows(1, rows[2]!, 2);
  await opened.append(other!);
  const again = await open(folder);
  assert.deepEqual(
    again.rows,
    [...rows.slice(0, 3), other!].map((row) => row.text),
  );
  const kept = readFileSync(join(folder, "log.csv.cut"), "utf8");
  assert.equal(
    kept,
    rows
      .slice(3)
      .map((row) => row.text + "\n")
      .join(""),
  );
});
