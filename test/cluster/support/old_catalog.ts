/**
 * Makes an old catalog of a young one: the rows of its log get indices just below that of the
 * next checkpoint, as if all the others had been forgotten long ago. So a test meets a checkpoint
 * after a few rows instead of a hundred thousand.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as states from "../../../catalog/state/state_checkpoint.ts";
import { loadInitialProducts } from "../../../catalog/seed/seed_file.ts";
import { readRow } from "../../../catalog/state/rows.ts";
import { CatalogState } from "../../../catalog/state/catalog_state.ts";
import { CHECKPOINT_EVERY_ROWS } from "../../../shared/limits.ts";
import {
  findBase, readCheckpoint, writeCheckpoint, type Checkpoint,
} from "../../../shared/replication/storage/checkpoint_file.ts";
import {
  formatChecksum, formatRow, joinRows, payloadOf,
} from "../../../shared/replication/storage/row_format.ts";
import type { Position } from "../../../shared/replication/core/log_index.ts";
import type { Row } from "../../../shared/replication/core/messages.ts";
import { NodeDisk } from "../../../shared/replication/storage/node_disk.ts";
import { readTermFile, writeTermFile } from "../../../shared/replication/storage/term_file.ts";
import { STORES } from "../../../shared/stores/stores.ts";

const DATA_FOLDER = fileURLToPath(new URL("../../../catalog/data", import.meta.url));

interface Files {
  header: string;
  /** Index, term and checksum before the first row. */
  base: Position;
  rows: { index: number; term: number; payload: string }[];
  checkpoint: Checkpoint | null;
}

/**
 * @param folder of a catalog that does not run
 * @param rowsLeft rows until the next checkpoint, that one included
 * @param last index of the row after which they are counted; the same for a whole group
 */
export async function makeOld(folder: string, rowsLeft: number, last?: number): Promise<void> {
  const files = await readFiles(folder);
  await makeOlder(folder, files, rowsLeft, last ?? files.rows.at(-1)!.index);
}

/** Index of the last row in a catalog's log. */
export async function lastOf(folder: string): Promise<number> {
  return (await readFiles(folder)).rows.at(-1)!.index;
}

async function makeOlder(
  folder: string,
  files: Files,
  rowsLeft: number,
  last: number,
): Promise<void> {
  const disk = new NodeDisk(folder);
  const next = CHECKPOINT_EVERY_ROWS * Math.ceil((last + rowsLeft) / CHECKPOINT_EVERY_ROWS);
  const base = { ...files.base, index: files.base.index + next - rowsLeft - last };
  const rows: Row[] = [];
  let at: Position = base;
  for (const { term, payload } of files.rows) {
    const row = formatRow(at.index + 1, term, payload, at.checksum);
    rows.push(row);
    at = { index: row.index, term, checksum: row.checksum };
  }
  const state = states.readCheckpoint(stateOf(folder, files));
  const text = states.writeCheckpoint({ ...state, index: at.index });
  const log = files.header + joinRows(rows);
  const promised = (await readTermFile(disk))!;
  const note = { length: Buffer.byteLength(log), checksum: formatChecksum(at.checksum) };
  writeFileSync(join(folder, "log.csv"), log);
  await writeCheckpoint(disk, { at, base, baseBefore: base, text });
  await writeTermFile(disk, { ...promised, ...note });
}

/** Index of the last checkpoint, and of the row before the first in the log. */
export async function agesOf(folder: string): Promise<{ checkpoint: number; base: number }> {
  const { checkpoint, base } = await readFiles(folder);
  return { checkpoint: checkpoint?.at.index ?? 0, base: base.index };
}

async function readFiles(folder: string): Promise<Files> {
  const log = readFileSync(join(folder, "log.csv"), "utf8");
  const [first, ...lines] = log.trimEnd().split("\n");
  const header = `${first}\n`;
  const rows = lines.map((line) => {
    const [index, term] = line.split(",", 2).map(Number);
    return { index: index!, term: term!, payload: payloadOf(line) };
  });
  const checkpoint = await readCheckpoint(new NodeDisk(folder));
  return { header, base: findBase(log, header, checkpoint), rows, checkpoint };
}

/** After the last row, as a checkpoint has it. */
function stateOf(folder: string, { rows, checkpoint }: Files): string {
  const log = { warn: () => {} };
  const store = STORES.get("toys")!;
  const products = loadInitialProducts({ store, dataFolder: DATA_FOLDER, folder, log });
  const state = new CatalogState(products);
  if (checkpoint !== null) state.restore(states.readCheckpoint(checkpoint.text));
  for (const { index, payload } of rows) {
    if (index > state.lastIndex) state.apply(index, readRow(payload));
  }
  return state.snapshot();
}
