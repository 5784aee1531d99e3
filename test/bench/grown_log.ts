/**
 * The log of a store that has sold for long, written by the code that would
 * have written it order by order: the same rows, keys and checksums, on all
 * replicas alike. Only into folders of replicas that have been started once
 * and stopped. The catalog stays as it is: what it sold is not in its log,
 * and it counts its sales from one.
 */
import { closeSync, copyFileSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { formatOpening, formatOrder, ORDER_COLUMNS } from "../../order/order_row.ts";
import { makeKey } from "../../frontend/api/idempotency_key.ts";
import { timestamp } from "../../shared/clock.ts";
import { formatChecksum, formatRow } from "../../shared/replication/storage/row_format.ts";
import { LOG_NAME } from "../../shared/replication/storage/log_file.ts";
import { START } from "../../shared/replication/core/log_index.ts";
import { NodeDisk } from "../../shared/replication/storage/node_disk.ts";
import { readTermFile, writeTermFile } from "../../shared/replication/storage/term_file.ts";

const HEADER = `${["index", "term", ...ORDER_COLUMNS, "checksum"].join(",")}\n`;
const CHUNK_LENGTH = 1 << 20;
/** Lower than that of any replica that was started: its own rows follow it. */
const TERM = 1;

/** As term.json notes it. */
export interface Noted {
  length: number;
  checksum: string;
}
export interface GrownLog {
  file: string;
  /** Of the whole file, and of its first row alone. */
  whole: Noted;
  firstRow: Noted;
}

/** Writes the file, which belongs to nobody yet. */
export function makeLog(file: string, orders: number, names: readonly string[]): GrownLog {
  const time = timestamp();
  const opening = formatRow(1, TERM, formatOpening(time), START.checksum);
  let text = `${HEADER}${opening.text}\n`;
  let { checksum } = opening;
  const firstRow = { length: Buffer.byteLength(text), checksum: formatChecksum(checksum) };
  let length = 0;
  const descriptor = openSync(file, "w");
  const flush = () => {
    length += writeSync(descriptor, text);
    text = "";
  };
  for (let number = 1; number <= orders; number += 1) {
    const name = names[number % names.length] ?? "";
    const purchase = { key: makeKey(), name, type: "buy" as const, quantity: 1 };
    const payload = formatOrder(number, time, purchase, number);
    const row = formatRow(number + 1, TERM, payload, checksum);
    checksum = row.checksum;
    text += `${row.text}\n`;
    if (text.length >= CHUNK_LENGTH) flush();
  }
  flush();
  fsyncSync(descriptor);
  closeSync(descriptor);
  return { file, whole: { length, checksum: formatChecksum(checksum) }, firstRow };
}

/** Gives a replica all of it; on the disk, which else would be busy with it for half a minute. */
export async function giveLog(log: GrownLog, folder: string): Promise<void> {
  copyFileSync(log.file, join(folder, LOG_NAME));
  const file = new NodeDisk(folder).open(LOG_NAME, "r+");
  await file.flush();
  file.close();
  await note(folder, log.whole);
}

/** Leaves a replica as one that has been down since the first row. */
export async function forgetLog(log: GrownLog, folder: string): Promise<void> {
  const disk = new NodeDisk(folder);
  const file = disk.open(LOG_NAME, "r+");
  file.truncate(log.firstRow.length);
  await file.flush();
  file.close();
  await note(folder, log.firstRow);
}

/** Its promises stay what they were. */
async function note(folder: string, noted: Noted): Promise<void> {
  const disk = new NodeDisk(folder);
  const promised = await readTermFile(disk);
  if (promised === null) throw new Error(`${folder} is not that of a replica that ran`);
  await writeTermFile(disk, { ...promised, ...noted });
}
