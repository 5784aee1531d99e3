/**
 * The order log of one replica as numbers, and what must hold of it alone:
 * orders count up from 1, no key and no sale has two. A key is remembered for
 * KEYS_MAX orders; the same one that long after is another order, as promised.
 */
import { KEYS_MAX } from "../../shared/limits.ts";
import type { ReadLog, Row } from "./log_reader.ts";
import { fingerprint, Numbers, type Names } from "./numbers.ts";

export const ORDER_COLUMNS = ["number", "time", "name", "type", "quantity", "key", "sale"] as const;

export class OrderRows {
  readonly #names: Names;
  /** 0: a term's opening row, which is no order. */
  readonly numbers = new Numbers("float64");
  readonly names = new Numbers("uint32");
  /** Negative: sold back. */
  readonly quantities = new Numbers("float64");
  readonly keys = new Numbers("float64");
  readonly sales = new Numbers("float64");
  orders = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  add({ fields }: Row): void {
    const [number, , name, type, quantity, key, sale] = fields;
    const isOrder = number !== "";
    if (isOrder) this.orders += 1;
    this.numbers.push(isOrder ? Number(number) : 0);
    this.names.push(this.#names.numberOf(name!));
    this.quantities.push(Number(quantity) * (type === "sell" ? -1 : 1));
    // Opening rows have neither: a number of their own, below every fingerprint and sale.
    const none = -1 - this.keys.length;
    this.keys.push(isOrder ? fingerprint(key!) : none);
    this.sales.push(isOrder ? Number(sale) : none);
  }
}

/** Something that may not be, by the row at which it shows. */
export interface RowFault {
  index: number;
  what: string;
}

export function numberFaults(log: ReadLog, rows: OrderRows): RowFault[] {
  const faults: RowFault[] = [];
  let before = 0;
  for (let at = 0; at < rows.numbers.length; at++) {
    const number = rows.numbers.at(at);
    if (number === 0) continue;
    if (number !== before + 1) {
      faults.push({ index: log.base + 1 + at, what: `order ${number} follows order ${before}` });
    }
    before = number;
  }
  return faults;
}

/**
 * Pairs of orders with one key.
 * @param keysOf the real keys of rows, by index: two keys may share a fingerprint
 */
export function keyFaults(
  log: ReadLog,
  rows: OrderRows,
  keysOf: (indexes: number[]) => Map<number, string>,
): RowFault[] {
  const first = log.base + 1;
  const repeated = [...rows.keys.repeated().values()];
  const keys = keysOf(repeated.flat().map((at) => first + at));
  return repeated.flatMap((places) => {
    const faults: RowFault[] = [];
    const latest = new Map<string, number>();
    for (const at of places) {
      const key = keys.get(first + at)!;
      const before = latest.get(key);
      latest.set(key, at);
      if (before === undefined || at - before > KEYS_MAX) continue;
      const numbers = `${rows.numbers.at(before)} and ${rows.numbers.at(at)}`;
      faults.push({ index: first + at, what: `orders ${numbers} have one key, ${key}` });
    }
    return faults;
  });
}

export function saleFaults(log: ReadLog, rows: OrderRows): RowFault[] {
  return [...rows.sales.repeated()].map(([sale, places]) => {
    const numbers = places.map((at) => rows.numbers.at(at)).join(" and ");
    const index = log.base + 1 + places.at(-1)!;
    return { index, what: `orders ${numbers} are of one sale, ${sale}` };
  });
}
