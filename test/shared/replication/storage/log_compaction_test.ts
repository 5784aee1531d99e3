/** The log is copied without its oldest rows while it grows, is cut, or is given up. */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { formatRow, joinRows } from "../../../../shared/replication/storage/row_format.ts";
import type { DiskFile } from "../../../../shared/replication/storage/disk.ts";
import { LogFile } from "../../../../shared/replication/storage/log_file.ts";
import { START, type Position } from "../../../../shared/replication/core/log_index.ts";
import type { Row } from "../../../../shared/replication/core/messages.ts";
import { NodeDisk } from "../../../../shared/replication/storage/node_disk.ts";
import { ShorterLog } from "../../../../shared/replication/storage/log_compaction.ts";
import { HEADER, makeFolder, makeLog, makeRows, open } from "../stored_log.ts";

/** Some of them fill more than one piece. */
const LONG_VALUE = "x".repeat(200_000);

async function makeFile(t: TestContext, rows: readonly Row[]) {
  const folder = makeFolder(t);
  const disk = new NodeDisk(folder);
  writeFileSync(join(folder, "log.csv"), HEADER);
  const file = new LogFile(disk, HEADER);
  await file.append(rows);
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  return { folder, disk, file, text };
}

function makeLongRows(count: number, after: Position): Row[] {
  const rows: Row[] = [];
  let before = after;
  for (let nth = 1; nth <= count; nth++) {
    const row = formatRow(before.index + 1, 1, `${nth} ${LONG_VALUE}`, before.checksum);
    rows.push(row);
    before = row;
  }
  return rows;
}

test("rows that come while it is copied are in it, and go on being appended", async (t) => {
  const rows = makeRows(5);
  const { disk, file, text } = await makeFile(t, rows);
  const shorter = new ShorterLog(disk, file, rows[1]!);
  const copying = shorter.copy();
  const added = makeRows(2, rows[4]!);
  await file.append(added);
  assert.equal(text("log.csv"), HEADER + joinRows([...rows, ...added]), "it is as it was");
  await copying;
  await shorter.takeOver();
  const more = makeRows(1, added[1]!);
  await file.append(more);
  assert.equal(text("log.csv"), HEADER + joinRows([...rows.slice(2), ...added, ...more]));
  assert.equal(file.lastIndex, 8);
  assert.equal(file.read(3), "value 3");
  assert.equal(file.page(7, 8, 1_000), joinRows([added[1]!, ...more]));
});

test("rows that are cut while it is copied are not in it, others in their place are", async (t) => {
  const rows = makeRows(5);
  const { disk, file, text } = await makeFile(t, rows);
  const shorter = new ShorterLog(disk, file, rows[0]!);
  const copying = shorter.copy();
  await file.cut(2);
  shorter.cut();
  const others = makeRows(4, rows[1]!, 2);
  await file.append(others);
  await copying;
  await shorter.takeOver();
  assert.equal(text("log.csv"), HEADER + joinRows([rows[1]!, ...others]));
});

test("what is cut when all is copied leaves no end behind", async (t) => {
  const rows = makeRows(5);
  const { disk, file, text } = await makeFile(t, rows);
  const shorter = new ShorterLog(disk, file, rows[0]!);
  await shorter.copy();
  await file.cut(2);
  shorter.cut();
  await shorter.takeOver();
  assert.equal(text("log.csv"), HEADER + joinRows([rows[1]!]));
});

test("it goes over in pieces, and is copied when hardly anything is left", async (t) => {
  const first = makeRows(2);
  const rows = [...first, ...makeLongRows(20, first[1]!)];
  const { disk, file, text } = await makeFile(t, rows);
  const shorter = new ShorterLog(disk, file, rows[0]!);
  const copying = shorter.copy();
  assert(!shorter.isCopied, "one piece of four is written");
  const added = makeLongRows(8, rows.at(-1)!);
  await file.append(added);
  await copying;
  assert(shorter.isCopied);
  await shorter.takeOver();
  assert.equal(text("log.csv"), HEADER + joinRows([...rows.slice(1), ...added]));
});

test("given up, it touches neither its file nor the log any more", async (t) => {
  const rows = makeLongRows(20, START);
  const { disk, file, folder, text } = await makeFile(t, rows);
  const copying = new ShorterLog(disk, file, rows[0]!);
  const copied = new ShorterLog(disk, file, rows[0]!);
  await copied.copy();
  copied.abandon();
  const over = copying.copy();
  copying.abandon();
  writeFileSync(join(folder, "log.csv.next"), "another's");
  await over;
  assert(!copying.isCopied);
  assert.equal(text("log.csv.next"), "another's");
  assert.equal(text("log.csv"), HEADER + joinRows(rows));
});

/** Flushes of the copy end when they are let. */
class SlowCopyDisk extends NodeDisk {
  letGo: () => void = () => {};
  readonly #held = new Promise<void>((resolve) => (this.letGo = resolve));

  override open(name: string, flags: "r+" | "w"): DiskFile {
    const file = super.open(name, flags);
    if (name !== "log.csv.next") return file;
    const flush = file.flush.bind(file);
    file.flush = () => this.#held.then(flush);
    return file;
  }
}

test("a leader's rows take the place of others while a checkpoint is kept", async (t) => {
  const { folder, rows } = await makeLog(t);
  const disk = new SlowCopyDisk(folder);
  const opened = await open(folder, false, disk);
  opened.storage.keepCheckpoint(rows[1]!, "state at 2");
  opened.storage.keepCheckpoint(rows[2]!, "state at 3");
  await opened.append(...makeRows(1, rows[4]!));
  await opened.cut(3);
  const others = makeRows(4, rows[2]!, 2);
  await opened.append(...others);
  disk.letGo();
  await opened.storage.close();
  const again = await open(folder);
  assert.deepEqual(again.warnings, [], "nothing is torn or damaged");
  assert.deepEqual(again.rows, ["checkpoint 3 state at 3", ...others.map((row) => row.text)]);
  assert.equal(again.storage.log.base.index, 2);
});

test("a start removes a copy that a crash broke off", async (t) => {
  const { folder } = await makeLog(t);
  writeFileSync(join(folder, "log.csv.next"), "a part of it");
  await (await open(folder)).storage.close();
  assert(!existsSync(join(folder, "log.csv.next")));
});
