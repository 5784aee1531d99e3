/** The catalog log of one replica as numbers, row by row; what they come to is in replay.ts. */
import type { ReadLog, Row } from "./log_reader.ts";
import { fingerprint, Numbers, type Names } from "./numbers.ts";

export const CATALOG_COLUMNS = [
  "time", "kind", "name", "type", "quantity", "price", "key", "sale", "settled", "fence", "initial",
  "id", "topic", "max_volume",
] as const;

export const KINDS = [
  "open", "fence", "sale", "restock", "price", "stock", "product", "remove",
] as const;
export type Kind = (typeof KINDS)[number] | "unknown";

export class CatalogRows {
  readonly #names: Names;
  readonly #kinds = new Numbers("uint32");
  readonly names = new Numbers("uint32");
  /** Of a sale: negative, sold back; of the admin: negative, taken away. */
  readonly quantities = new Numbers("float64");
  /** Fingerprint of a sale's key; a fence's term; an opening row's checksum of the products. */
  readonly marks = new Numbers("float64");
  readonly sales = new Numbers("float64");
  readonly settled = new Numbers("float64");
  /** Of a product that is made with a bound, by its place among the rows. */
  readonly maxVolumes = new Map<number, number>();

  constructor(names: Names) {
    this.#names = names;
  }

  get length(): number {
    return this.#kinds.length;
  }

  kindAt(at: number): Kind {
    return KINDS[this.#kinds.at(at)] ?? "unknown";
  }

  add({ fields }: Row): void {
    const [, kind, name, type, quantity, , key, sale, settled, fence, initial, , , maxVolume] =
      fields;
    if (maxVolume !== "") this.maxVolumes.set(this.length, Number(maxVolume));
    const code = KINDS.findIndex((known) => known === kind);
    this.#kinds.push(code === -1 ? KINDS.length : code);
    this.names.push(this.#names.numberOf(name!));
    this.quantities.push(Number(quantity) * (type === "sell" ? -1 : 1));
    this.sales.push(Number(sale));
    this.settled.push(Number(settled));
    if (kind === "sale") this.marks.push(fingerprint(key!));
    else if (kind === "fence") this.marks.push(Number.parseInt(fence!, 10));
    else this.marks.push(Number.parseInt(initial!, 16));
  }
}

/** Where each sale stands among the rows: sales are numbered in the order of the log. */
export class SaleIndex {
  readonly #places = new Numbers("uint32");
  /** The first sale in the file; those before it are in a checkpoint. */
  first = 1;

  constructor(rows: CatalogRows) {
    for (let at = 0; at < rows.length; at++) {
      if (rows.kindAt(at) !== "sale") continue;
      if (this.#places.length === 0) this.first = rows.sales.at(at);
      this.#places.push(at);
    }
  }

  get last(): number {
    return this.first + this.#places.length - 1;
  }

  /** NaN when it is not in the file. */
  placeOf(sale: number): number {
    return this.#places.at(sale - this.first);
  }
}

export interface CatalogLog {
  log: ReadLog;
  rows: CatalogRows;
}
