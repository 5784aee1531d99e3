/**
 * The rows of the catalog's log: what happened, in one order, as CSV that a
 * spreadsheet opens. Every replica applies the same rows and so holds the
 * same products; nothing that matters later is left out of them, and nothing
 * is in them that only one replica knows.
 *
 *   time,kind,name,type,quantity,price,key,sale,settled,fence,initial
 *
 *   open     a term begins                    initial: checksum of the products at birth
 *   fence    an order leader takes over       fence: <term>.<leader>
 *   sale     a purchase or a sell-back        name, type, quantity, price, key, sale, settled
 *   restock  out of stock is set back         name, quantity: what was added
 *
 * `price` is what one piece cost when it was sold: it is there to be read,
 * no state hangs on it.
 */
import assert from "node:assert/strict";
import { quoteField, splitRow } from "../shared/csv.ts";
import { timestamp } from "../shared/clock.ts";
import type { OrderType } from "../shared/wire.ts";

export const COLUMNS = [
  "time",
  "kind",
  "name",
  "type",
  "quantity",
  "price",
  "key",
  "sale",
  "settled",
  "fence",
  "initial",
] as const;

export interface OpenRow {
  kind: "open";
  /** Checksum of the products that this store was born with. */
  initial: string;
}

export interface FenceRow {
  kind: "fence";
  term: number;
  leader: number;
}

export interface SaleRow {
  kind: "sale";
  name: string;
  type: OrderType;
  quantity: number;
  key: string;
  sale: number;
  /** Every sale up to this one has a committed order. */
  settled: number;
}

export interface RestockRow {
  kind: "restock";
  name: string;
  /** Pieces added. */
  quantity: number;
}

export type Row = OpenRow | FenceRow | SaleRow | RestockRow;

export function openPayload(initial: string): string {
  return `${timestamp()},open,,,,,,,,,${initial}`;
}

export function fencePayload(row: FenceRow): string {
  return `${timestamp()},fence,,,,,,,,${row.term}.${row.leader},`;
}

export function salePayload(row: SaleRow, price: number): string {
  const what = `${quoteField(row.name)},${row.type},${row.quantity},${price}`;
  return `${timestamp()},sale,${what},${row.key},${row.sale},${row.settled},,`;
}

export function restockPayload(row: RestockRow): string {
  return `${timestamp()},restock,${quoteField(row.name)},,${row.quantity},,,,,,`;
}

/**
 * A row as it was written by one of the functions above. Checksums stand
 * before it, so that anything else is a bug, or a log of a later version.
 */
export function readRow(payload: string): Row {
  const fields = splitRow(payload);
  assert.equal(fields.length, COLUMNS.length, `a row of the catalog's log: ${payload}`);
  const [, kind, name, type, quantity, , key, sale, settled, fence, initial] = fields as string[];
  switch (kind) {
    case "sale":
      return {
        kind,
        name: name!,
        type: readType(type!),
        quantity: readCount(quantity!),
        key: key!,
        sale: readCount(sale!),
        settled: readCount(settled!),
      };
    case "restock":
      return { kind, name: name!, quantity: readCount(quantity!) };
    case "fence": {
      const [term, leader] = fence!.split(".");
      return { kind, term: readCount(term!), leader: readCount(leader!) };
    }
    case "open":
      return { kind, initial: initial! };
    default:
      throw new assert.AssertionError({ message: `a row of an unknown kind: ${payload}` });
  }
}

function readType(text: string): OrderType {
  assert(text === "buy" || text === "sell", `a sale of an unknown type: ${text}`);
  return text;
}

function readCount(text: string): number {
  const count = Number(text);
  assert(text !== "" && Number.isSafeInteger(count) && count >= 0, `a count in a row: ${text}`);
  return count;
}
