/**
 * What the end of a log means is one rule, and the audit and a member that
 * starts must say the same of it: an append that a crash interrupted, or
 * damage. Each ending goes through both.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { audit } from "../../../client/check/main.ts";
import { ORDER_COLUMNS } from "../../../client/check/order_rows.ts";
import { createLog } from "../../../shared/logging.ts";
import { joinRows } from "../../../shared/replication/storage/row_format.ts";
import { NodeDisk } from "../../../shared/replication/storage/node_disk.ts";
import { Storage } from "../../../shared/replication/storage/storage.ts";
import { chain, goodPlan, order, writeStore } from "./store_folder.ts";

const LABEL = "order-2";
const SECTOR_BYTES = 512;
/** Of the append that ends the log; each of its rows is longer than half a sector. */
const APPENDED_ROWS = 12;

type Verdict = "sound" | "torn" | "damaged";

interface Ending {
  what: string;
  verdict: Verdict;
  /** What is on disk of the append that begins at byte `start` of the log. */
  edit: (log: Buffer, start: number) => Buffer;
}

/** The first byte of a sector at or behind this one. */
const sectorFrom = (at: number): number => Math.ceil(at / SECTOR_BYTES) * SECTOR_BYTES;
const lastLine = (log: Buffer): number => log.lastIndexOf("\n", log.length - 2) + 1;

const ENDINGS: readonly Ending[] = [
  { what: "all is there", verdict: "sound", edit: (log) => log },
  { what: "nothing is there", verdict: "sound", edit: (log, start) => log.subarray(0, start) },
  { what: "half a line", verdict: "torn", edit: (log, start) => log.subarray(0, start + 100) },
  {
    what: "all but the last line break",
    verdict: "torn",
    edit: (log) => log.subarray(0, log.length - 1),
  },
  {
    what: "a sector is missing, good rows behind it",
    verdict: "torn",
    edit: (log, start) => {
      const hole = sectorFrom(start + 700);
      return log.fill(0, hole, hole + SECTOR_BYTES);
    },
  },
  {
    what: "the rest of the first sector is zero, good rows behind it",
    verdict: "torn",
    edit: (log, start) => log.fill(0, start, sectorFrom(start)),
  },
  {
    what: "the rest of the first sector is zero, no good row behind it",
    verdict: "torn",
    edit: (log, start) => {
      const hole = log.fill(0, start, sectorFrom(start));
      return hole.subarray(0, hole.indexOf("\n", sectorFrom(start)) + 60);
    },
  },
  {
    what: "a flipped bit, zeros only in a later row",
    verdict: "damaged",
    edit: (log, start) => {
      let line = start;
      for (let nth = 0; nth < 4; nth++) {
        log[line + 20]! ^= 1;
        line = log.indexOf("\n", line) + 1;
      }
      return log.fill(0, sectorFrom(start + 400));
    },
  },
  {
    what: "a flipped bit, good rows behind it",
    verdict: "damaged",
    edit: (log, start) => {
      log[start + 20]! ^= 1;
      return log;
    },
  },
  {
    what: "a flipped bit in the last row",
    verdict: "damaged",
    edit: (log) => {
      log[lastLine(log) + 20]! ^= 1;
      return log;
    },
  },
  {
    what: "zeros that are no whole sector",
    verdict: "damaged",
    edit: (log, start) => log.fill(0, sectorFrom(start), sectorFrom(start) + SECTOR_BYTES - 1),
  },
  {
    what: "a row of before the append is not what was noted",
    verdict: "damaged",
    edit: (log, start) => {
      log[start - 20]! ^= 1;
      return log;
    },
  },
  {
    what: "it is shorter than what was noted",
    verdict: "damaged",
    edit: (log, start) => log.subarray(0, start - 10),
  },
];

for (const { what, verdict, edit } of ENDINGS) {
  test(`a log whose append ends so is ${verdict} to both: ${what}`, async (t) => {
    const dataDir = writeEnding(t, edit);
    const shown = await audit({ dataDir, isNamed: true, url: null });
    const failed = shown.verdict.results.filter(({ ok }) => !ok).map(({ name }) => name);
    const isDamaged = failed.includes("rows") || failed.includes("notes");
    const notes = JSON.stringify(shown.verdict.results);
    const audited = isDamaged ? "damaged" : notes.includes("that a crash") ? "torn" : "sound";
    const opened = await openAsMember(join(dataDir, LABEL));
    assert.deepEqual({ audited, opened }, { audited: verdict, opened: verdict });
  });
}

/** A store one of whose logs has grown by one append since its length was noted. */
function writeEnding(t: TestContext, edit: Ending["edit"]): string {
  const plan = goodPlan();
  const replica = plan.replicas[LABEL]!;
  const before = replica.rows.length;
  const appended = Array.from({ length: APPENDED_ROWS }, (_, at) =>
    order(7 + at, "Fox", 1, { key: `${at}-`.padEnd(250, "k") }));
  const tail = joinRows(chain([...replica.rows, ...appended]).slice(before));
  replica.tail = tail;
  const dataDir = writeStore(t, plan);
  const path = join(dataDir, LABEL, "log.csv");
  const log = readFileSync(path);
  writeFileSync(path, edit(log, log.length - Buffer.byteLength(tail)));
  return dataDir;
}

/** How a member of a group of three takes its folder at the start. */
async function openAsMember(folder: string): Promise<Verdict> {
  const said: string[] = [];
  const storage = await Storage.open({
    disk: new NodeDisk(folder),
    columns: ORDER_COLUMNS,
    log: createLog({ member: LABEL, level: "warn", write: (line) => said.push(line) }),
    canRecover: true,
    restore: () => {},
    onRow: () => {},
  });
  await storage.close();
  const text = said.join("");
  return text.includes("damaged") ? "damaged" : text.includes("torn row") ? "torn" : "sound";
}
