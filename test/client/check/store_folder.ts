/**
 * A store's folder as its members leave it, made by hand: 2 toys, 6 sales, 3
 * order replicas. A test changes one thing of the plan, or of the files, and
 * the audit must find just that.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { CATALOG_COLUMNS } from "../../../client/check/catalog_rows.ts";
import { audit } from "../../../client/check/main.ts";
import { ORDER_COLUMNS } from "../../../client/check/order_rows.ts";
import { initialChecksum, parseInitial } from "../../../client/check/replay.ts";
import { DEFAULT_SETTINGS } from "../../../client/launcher/settings.ts";
import {
  formatChecksum, formatRow, joinRows,
} from "../../../shared/replication/storage/row_format.ts";
import type { Row } from "../../../shared/replication/core/messages.ts";

const TIME = "2026-01-31T12:00:00.000Z";
const INITIAL = "name,price,quantity\nTux,15.99,5\nFox,9.5,100\n";

export interface PlannedRow {
  term: number;
  payload: string;
}

export interface PlannedReplica {
  birth: object;
  rows: PlannedRow[];
  /** Appended behind the rows as it is. */
  tail: string;
  /** Added to what term.json notes; null: there is no term.json. */
  noted: { bytes: number; term: number } | null;
  checkpoint: object | null;
  /** Rows, the first ones, that a checkpoint stands for and that have left the file. */
  dropped: number;
}

export interface Plan {
  initial: string;
  /** By folder: `catalog-1`, `order-1` to `order-3`. */
  replicas: Record<string, PlannedReplica>;
  settings: object;
}

export function sale(
  number: number,
  name: string,
  quantity: number,
  { key = `key-${number}`, settled = number - 1, type = "buy" } = {},
): PlannedRow {
  return row(1, `${TIME},sale,${name},${type},${quantity},9.5,${key},${number},${settled},,,,,`);
}

export function restock(name: string, quantity: number): PlannedRow {
  return row(1, `${TIME},restock,${name},,${quantity},,,,,,,,,`);
}

export function made(name: string, quantity: number, maxVolume = ""): PlannedRow {
  return row(1, `${TIME},product,${name},,${quantity},1.5,,,,,,,,${maxVolume}`);
}

export function removed(name: string, quantity: number): PlannedRow {
  return row(1, `${TIME},remove,${name},,${-quantity},,,,,,,,,`);
}

export function order(
  number: number,
  name: string,
  quantity: number,
  { key = `key-${number}`, sale: ofSale = number, type = "buy", term = 1 } = {},
): PlannedRow {
  return row(term, `${number},${TIME},${name},${type},${quantity},${key},${ofSale}`);
}

/** A term's first row of the order log. */
export function opening(term: number): PlannedRow {
  return row(term, `,${TIME},,,,,`);
}

export function row(term: number, payload: string): PlannedRow {
  return { term, payload };
}

/** A store that sold 2, 3 and 1 Tux with a restock between, and 3 times a Fox. */
export function goodPlan(): Plan {
  const initial = formatChecksum(initialChecksum(parseInitial(INITIAL)));
  const sales = [
    row(1, `${TIME},open,,,,,,,,,${initial},,,`),
    row(1, `${TIME},fence,,,,,,,,1.3,,,,`),
    sale(1, "Tux", 2), sale(2, "Fox", 1), sale(3, "Tux", 3), restock("Tux", 5),
    sale(4, "Tux", 1), sale(5, "Fox", 1), sale(6, "Fox", 2, { type: "sell" }),
  ];
  const orders = [
    opening(1), order(1, "Tux", 2), order(2, "Fox", 1), order(3, "Tux", 3), order(4, "Tux", 1),
    order(5, "Fox", 1), order(6, "Fox", 2, { type: "sell" }),
  ];
  const replicas: Plan["replicas"] = { "catalog-1": replicaOf(sales) };
  for (const id of [1, 2, 3]) replicas[`order-${id}`] = replicaOf(orders);
  return { initial: INITIAL, replicas, settings: { ...DEFAULT_SETTINGS, store: "toys" } };
}

function replicaOf(rows: PlannedRow[]): PlannedReplica {
  const birth = { id: "0123456789abcdef", store: "toys", catalogs: 1, orders: 3, format: 2 };
  const noted = { bytes: 0, term: 0 };
  return { birth, rows: [...rows], tail: "", noted, checkpoint: null, dropped: 0 };
}

export function orderReplicas(plan: Plan): PlannedReplica[] {
  return [1, 2, 3].map((id) => plan.replicas[`order-${id}`]!);
}

/** Writes the folder; the test's end removes it. */
export function writeStore(t: TestContext, plan: Plan): string {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), "check-")));
  t.after(() => rmSync(dataDir, { recursive: true }));
  mkdirSync(join(dataDir, "run"));
  writeFileSync(join(dataDir, "run", "settings.json"), JSON.stringify(plan.settings));
  for (const [label, replica] of Object.entries(plan.replicas)) {
    const folder = join(dataDir, label);
    mkdirSync(folder);
    if (label.startsWith("catalog")) writeFileSync(join(folder, "initial.csv"), plan.initial);
    writeReplica(folder, replica);
  }
  return dataDir;
}

function writeReplica(folder: string, replica: PlannedReplica): void {
  const { birth, rows, tail, noted, checkpoint, dropped } = replica;
  const isOrder = folder.includes("order-");
  const columns = isOrder ? ORDER_COLUMNS : CATALOG_COLUMNS;
  const header = ["index", "term", ...columns, "checksum"].join();
  const chained = chain(rows);
  const text = `${header}\n${joinRows(chained.slice(dropped))}`;
  writeFileSync(join(folder, "birth"), JSON.stringify(birth));
  writeFileSync(join(folder, "log.csv"), text + tail);
  if (checkpoint !== null) {
    writeFileSync(join(folder, "checkpoint.json"), JSON.stringify(checkpoint));
  }
  if (noted === null) return;
  const last = chained.at(-1);
  writeFileSync(join(folder, "term.json"), JSON.stringify({
    term: (last?.term ?? 0) + noted.term,
    vote: null,
    length: Buffer.byteLength(text) + noted.bytes,
    checksum: formatChecksum(last?.checksum ?? 0),
  }));
}

export function chain(rows: readonly PlannedRow[]): Row[] {
  let checksum = 0;
  return rows.map(({ term, payload }, at) => {
    const made = formatRow(at + 1, term, payload, checksum);
    checksum = made.checksum;
    return made;
  });
}

/** The checks that fail, each with what was found. */
export async function failuresOf(dataDir: string): Promise<Map<string, string[]>> {
  const { verdict } = await audit({ dataDir, isNamed: true, url: null });
  return new Map(verdict.results.filter(({ ok }) => !ok).map(({ name, findings }) =>
    [name, findings]));
}
