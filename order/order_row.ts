/**
 * An order as a row of the order log. With the columns that every log has, the
 * file reads as a list of orders:
 *
 *   index,term,number,time,name,type,quantity,key,sale,checksum
 *   1,1,,2026-01-31T12:00:00.000Z,,,,,,5f3a90c2          a term's opening row
 *   2,1,1,2026-01-31T12:00:01.120Z,Tux,buy,1,~Jx3k,1,80b71d0e
 */
import { quoteField, splitRow } from "../shared/csv.ts";
import { AppError } from "../shared/errors.ts";
import type { Order, OrderType, Purchase } from "../shared/messages/messages.ts";

export const ORDER_COLUMNS = [
  "number",
  "time",
  "name",
  "type",
  "quantity",
  "key",
  "sale",
] as const;

const OPENING = /^,[^",]*,,,,,$/;
/** Of as many digits as are exact. The key is as between members (names.ts). */
const ORDER = new RegExp(
  "^[1-9][0-9]{0,14},[^\",]*,(?:[^\",]+|\"(?:[^\"]|\"\")+\"),(?:buy|sell)," +
    "[1-9][0-9]{0,14},~?[A-Za-z0-9_.:-]{1,255},[1-9][0-9]{0,14}$",
);

export interface OrderRow extends Order {
  time: string;
  key: string;
  /** The catalog's sale that this order completes. */
  sale: number;
}

export function formatOpening(time: string): string {
  return `,${time},,,,,`;
}

export function formatOrder(
  number: number,
  time: string,
  purchase: Purchase,
  sale: number,
): string {
  const { name, type, quantity, key } = purchase;
  return `${number},${time},${quoteField(name)},${type},${quantity},${key},${sale}`;
}

export function isOpening(payload: string): boolean {
  return payload.startsWith(",");
}

/** Read from a log whose checksums held: the values are what was written. */
export function parseOrder(payload: string): OrderRow {
  const [number, time, name, type, quantity, key, sale] = splitRow(payload);
  return {
    number: Number(number),
    time: time!,
    name: name!,
    type: type as OrderType,
    quantity: Number(quantity),
    key: key!,
    sale: Number(sale),
  };
}

/**
 * Of another replica: an opening row, or the order of this number. Thousands come every second,
 * and need not be taken apart.
 * @throws bad_request when it is neither
 */
export function checkRow(payload: string, number: number): void {
  if (OPENING.test(payload)) return;
  if (ORDER.test(payload) && payload.startsWith(`${number},`)) return;
  throw new AppError("bad_request", `Not the row of order ${number}, nor of a term: ${payload}`);
}

/** The key alone, without reading the rest: it holds no comma, and one column follows. */
export function keyOf(payload: string): string {
  const end = payload.lastIndexOf(",");
  return payload.slice(payload.lastIndexOf(",", end - 1) + 1, end);
}
