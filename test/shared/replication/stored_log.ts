/**
 * A replica's folder for tests: opened, written to and left as a crash or a clean stop
 * leaves it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createLog } from "../../../shared/logging.ts";
import { formatRow } from "../../../shared/replication/storage/row_format.ts";
import { START, type Position } from "../../../shared/replication/core/log_index.ts";
import type { Row } from "../../../shared/replication/core/messages.ts";
import { NodeDisk } from "../../../shared/replication/storage/node_disk.ts";
import { Storage } from "../../../shared/replication/storage/storage.ts";

export const COLUMNS = ["value"];
export const HEADER = "index,term,value,checksum\n";

export interface Opened {
  storage: Storage;
  rows: string[];
  warnings: string[];
  /** Carries out an effect and waits for its report. */
  append(...rows: Row[]): Promise<void>;
  cut(after: number): Promise<void>;
  save(term: number, vote: number): Promise<void>;
  recovered(): Promise<void>;
  install(at: Position, text: string, committed: number): Promise<void>;
}

export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "storage-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param alone the only replica: nobody to recover from */
export async function open(
  folder: string,
  alone = false,
  disk = new NodeDisk(folder),
): Promise<Opened> {
  const rows: string[] = [];
  const warnings: string[] = [];
  const log = createLog({
    member: "order-1",
    level: "warn",
    write: (line) => warnings.push(line),
  });
  const storage = await Storage.open({
    disk,
    columns: COLUMNS,
    log,
    canRecover: !alone,
    restore: (text, index) => rows.splice(0, rows.length, `checkpoint ${index} ${text}`),
    onRow: (row) => rows.push(row.text),
  });
  let op = 0;
  const waiting = new Map<number, () => void>();
  storage.start({
    onWritten: (done) => {
      for (const [at, resolve] of waiting) if (at <= done) resolve();
    },
    onCompacted: (index) => storage.log.dropThrough(index),
    fail: (error) => {
      throw error;
    },
  });
  const report = (at: number) => new Promise<void>((resolve) => waiting.set(at, resolve));
  return {
    storage,
    rows,
    warnings,
    append(...added) {
      for (const row of added) storage.log.append(row.term, row.checksum);
      const written = report(++op);
      storage.carryOut({ kind: "append", op, rows: added });
      return written;
    },
    cut(after) {
      storage.log.cut(after);
      const written = report(++op);
      storage.carryOut({ kind: "cut", op, after });
      return written;
    },
    recovered() {
      const written = report(++op);
      storage.carryOut({ kind: "recovered", op });
      return written;
    },
    install(at, text, committed) {
      storage.log.startAfter(at);
      const written = report(++op);
      storage.carryOut({ kind: "install", op, at, text, committed });
      return written;
    },
    save(term, vote) {
      const written = report(++op);
      storage.carryOut({ kind: "save", op, term, vote });
      return written;
    },
  };
}

export function makeRows(count: number, after: Position = START, term = 1): Row[] {
  const rows: Row[] = [];
  let before = after;
  for (let i = 1; i <= count; i++) {
    const row = formatRow(before.index + 1, term, `value ${before.index + 1}`, before.checksum);
    rows.push(row);
    before = row;
  }
  return rows;
}

/** A folder with five rows, closed cleanly or left as a kill leaves it. */
export async function makeLog(
  t: TestContext,
  { clean = false } = {},
): Promise<{ folder: string; rows: Row[] }> {
  const folder = makeFolder(t);
  const opened = await open(folder);
  await opened.save(1, 3);
  const rows = makeRows(5);
  await opened.append(...rows.slice(0, 2));
  await opened.append(...rows.slice(2));
  if (clean) await opened.storage.close();
  return { folder, rows };
}
