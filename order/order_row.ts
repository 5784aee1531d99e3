/**
 * An order as a row of the order log. With the columns that every log has, the
 * file reads as a list of orders:
 *
 *   index,term,number,time,name,type,quantity,key,sale,checksum
 *   1,1,,2026-01-31T12:00:00.000Z,,,,,,5f3a90c2          a term's opening row
 *   2,1,1,2026-01-31T12:00:01.120Z,Tux,buy,1,~Jx3k,1,80b71d0e
 */
import { quoteField, splitRow } from "../shared/csv.ts";
import type { Order, OrderType, Purchase } from "../shared/wire.ts";

export const ORDER_COLUMNS = [
  "number",
  "time",
  "name",
  "type",
  "quantity",
  "key",
  "sale",
] as const;

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

/** The key alone, without reading the rest: it holds no comma, and one column follows. */
export function keyOf(payload: string): string {
  const end = payload.lastIndexOf(",");
  return payload.slice(payload.lastIndexOf(",", end - 1) + 1, end);
}
