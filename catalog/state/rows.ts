/**
 * The rows of the catalog's log: what happened, in one order, as CSV that a
 * spreadsheet opens. Every replica applies the same rows and so holds the
 * same products; nothing that matters later is left out of them, and nothing
 * is in them that only one replica knows.
 *
 *   time,kind,name,type,quantity,price,key,sale,settled,fence,initial,id,topic,max_volume
 *
 *   open     a term begins                    initial: checksum of the products at birth
 *   fence    an order leader takes over       fence: <term>.<leader>
 *   sale     a purchase or a sell-back        name, type, quantity, price, key, sale, settled
 *   restock  out of stock is set back         name, quantity: what was added
 *   price    the admin sets it                name, price
 *   stock    the admin adds or takes away     name, quantity: below 0 when taken
 *   product  the admin makes one              name, quantity, price, id, topic, max_volume
 *   remove   the admin takes it off           name, quantity: all that was left, below 0
 *
 * The price of a sale is what one piece cost: it is there to be read, no state
 * hangs on it.
 */
import { quoteField, splitRow } from "../../shared/csv.ts";
import { AppError } from "../../shared/errors.ts";
import { parseInternalKey, parseName } from "../../shared/messages/names.ts";
import { PRICE } from "../../shared/messages/parse.ts";
import type { OrderType, Traits } from "../../shared/messages/messages.ts";
import { formatTraits, NO_TRAITS } from "./products.ts";

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
  "id",
  "topic",
  "max_volume",
] as const;

const WHOLE = /^(?:0|-?[1-9][0-9]{0,15})$/;

/** Where each column stands in a row. */
const AT = Object.fromEntries(COLUMNS.map((column, at) => [column, at])) as Record<
  (typeof COLUMNS)[number],
  number
>;

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

export interface PriceRow {
  kind: "price";
  name: string;
  price: number;
}

export interface StockRow {
  kind: "stock";
  name: string;
  /** Pieces added; below 0: taken away. */
  quantity: number;
}

export interface NewProductRow {
  kind: "product";
  name: string;
  quantity: number;
  price: number;
  traits: Traits;
}

export interface RemoveRow {
  kind: "remove";
  name: string;
  /** As of a StockRow: nothing is left. */
  quantity: number;
}

/** What the admin does. */
export type AdminRow = PriceRow | StockRow | NewProductRow | RemoveRow;
export type Row = OpenRow | FenceRow | SaleRow | RestockRow | AdminRow;

/** @param time wall time of the row, for people, here and below */
export function openPayload(initial: string, time: string): string {
  return `${time},open,,,,,,,,,${initial},,,`;
}

export function fencePayload(row: FenceRow, time: string): string {
  return `${time},fence,,,,,,,,${row.term}.${row.leader},,,,`;
}

export function salePayload(row: SaleRow, price: number, time: string): string {
  const what = `${quoteField(row.name)},${row.type},${row.quantity},${price}`;
  return `${time},sale,${what},${row.key},${row.sale},${row.settled},,,,,`;
}

export function restockPayload(row: RestockRow, time: string): string {
  return `${time},restock,${quoteField(row.name)},,${row.quantity},,,,,,,,,`;
}

export function adminPayload(row: AdminRow, time: string): string {
  const before = `${time},${row.kind},${quoteField(row.name)},`;
  switch (row.kind) {
    case "price":
      return `${before},,${row.price},,,,,,,,`;
    case "stock":
    case "remove":
      return `${before},${row.quantity},,,,,,,,,`;
    case "product":
      return `${before},${row.quantity},${row.price},,,,,${formatTraits(row.traits)}`;
  }
}

/**
 * A row as it was written by one of the functions above.
 * @throws bad_request when it is none: a peer's that is wrong, or of a later version
 */
export function readRow(payload: string): Row {
  const fields = splitRow(payload);
  if (fields.length !== COLUMNS.length) throw noRow(`a row of other columns: ${payload}`);
  const name = fields[AT.name]!;
  switch (fields[AT.kind]) {
    case "sale":
      return {
        kind: "sale",
        name,
        type: readType(fields[AT.type]!),
        quantity: readCount(fields[AT.quantity]!, 1),
        key: parseInternalKey(fields[AT.key]),
        sale: readCount(fields[AT.sale]!, 1),
        settled: readCount(fields[AT.settled]!),
      };
    case "restock":
      return { kind: "restock", name, quantity: readCount(fields[AT.quantity]!) };
    case "price":
      return { kind: "price", name, price: readPrice(fields[AT.price]!) };
    case "stock":
      return { kind: "stock", name, quantity: readWhole(fields[AT.quantity]!) };
    case "product":
      return {
        kind: "product",
        name: parseName(name),
        quantity: readCount(fields[AT.quantity]!),
        price: readPrice(fields[AT.price]!),
        traits: readTraits(fields),
      };
    case "remove":
      return { kind: "remove", name, quantity: readWhole(fields[AT.quantity]!) };
    case "fence": {
      const [term, leader, ...more] = fields[AT.fence]!.split(".");
      if (leader === undefined || more.length > 0) throw noRow(`a fence: ${payload}`);
      // One out of bounds, from before terms had any, is a row all the same; it counts as none.
      return { kind: "fence", term: readCount(term!), leader: readCount(leader) };
    }
    case "open":
      return { kind: "open", initial: fields[AT.initial]! };
    default:
      throw noRow(`a row of an unknown kind: ${payload}`);
  }
}

function readTraits(fields: readonly string[]): Traits {
  const [id, topic, volume] = [fields[AT.id]!, fields[AT.topic]!, fields[AT.max_volume]!];
  if (id === "" && topic === "" && volume === "") return NO_TRAITS;
  return {
    ...(id === "" ? {} : { id: readCount(id, 1) }),
    ...(topic === "" ? {} : { topic: parseName(topic) }),
    ...(volume === "" ? {} : { max_volume: readCount(volume) }),
  };
}

function readType(text: string): OrderType {
  if (text === "buy" || text === "sell") return text;
  throw noRow(`a sale of an unknown type: ${text}`);
}

function readCount(text: string, min = 0): number {
  const count = readWhole(text);
  if (count >= min) return count;
  throw noRow(`a count in a row: ${text}`);
}

function readWhole(text: string): number {
  const number = Number(text);
  if (WHOLE.test(text) && Number.isSafeInteger(number)) return number;
  throw noRow(`a whole number in a row: ${text}`);
}

function readPrice(text: string): number {
  if (PRICE.test(text)) return Number(text);
  throw noRow(`a price in a row: ${text}`);
}

function noRow(what: string): AppError {
  return new AppError("bad_request", `Not in the catalog's log: ${what}`);
}
