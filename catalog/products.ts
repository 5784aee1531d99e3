/**
 * The products of one store: a Map by name, and beside it their order by
 * name, so that a page of a list costs its own length and a binary search,
 * however many products there are; where they have ids, both again by id.
 *
 * Every number is held twice. The decided one counts each row of the own
 * log, and the next sale is judged by it; the visible one is what front-ends
 * are told, and follows once the row is committed and no cache holds the
 * older value (visibility.ts). Who moves them is state.ts.
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { quoteField } from "../shared/csv.ts";
import type { ListQuery, Traits } from "../shared/wire.ts";

/** A product as the store's CSV file has it. */
export interface InitialProduct {
  name: string;
  price: number;
  quantity: number;
  /** Missing in a store whose products have none. */
  traits?: Traits;
}

export const NO_TRAITS: Traits = {};

/** Invariant: initial + restocked + soldBack + added - bought = quantity >= 0. */
export interface ProductTotals {
  initial: number;
  restocked: number;
  soldBack: number;
  /** By the admin. */
  added: number;
  bought: number;
}

export interface ProductRecord extends ProductTotals {
  readonly name: string;
  /** Decided. */
  price: number;
  readonly traits: Traits;
  /** Decided pieces in stock. */
  quantity: number;
  /** Index of the last row that changed it, 0 for as it was loaded. */
  version: number;
  visiblePrice: number;
  visibleQuantity: number;
  /** As `tradedOf`. */
  visibleTraded: number;
  /** Invariant: visibleVersion <= version, and equal only when no change is on its way. */
  visibleVersion: number;
}

export function initialRecord(product: InitialProduct): ProductRecord {
  return {
    name: product.name,
    price: product.price,
    traits: product.traits ?? NO_TRAITS,
    quantity: product.quantity,
    version: 0,
    visiblePrice: product.price,
    visibleQuantity: product.quantity,
    visibleTraded: 0,
    visibleVersion: 0,
    initial: product.quantity,
    restocked: 0,
    soldBack: 0,
    added: 0,
    bought: 0,
  };
}

const CHUNK_LENGTH = 64 * 1024;

/** Decided pieces that have changed hands, either way. */
export function tradedOf({ bought, soldBack }: ProductTotals): number {
  return bought + soldBack;
}

/** What all replicas of a store must agree on before the first row: 8 hex digits. */
export function initialChecksum(products: readonly InitialProduct[]): string {
  let checksum = 0;
  let text = "";
  for (const { name, price, quantity, traits } of products) {
    text += `${quoteField(name)},${price},${quantity}${traits ? formatTraits(traits) : ""}\n`;
    if (text.length < CHUNK_LENGTH) continue;
    checksum = crc32(text, checksum);
    text = "";
  }
  return crc32(text, checksum).toString(16).padStart(8, "0");
}

function formatTraits({ id, topic = "", max_volume }: Traits): string {
  return `,${id ?? ""},${quoteField(topic)},${max_volume ?? ""}`;
}

export class Products {
  readonly #byName = new Map<string, ProductRecord>();
  /** By name, in code unit order. */
  readonly #ordered: ProductRecord[];
  /** Those with an id, and by it. */
  readonly #byId = new Map<number, ProductRecord>();
  readonly #orderedById: ProductRecord[];
  readonly #outOfStock = new Set<ProductRecord>();

  constructor(records: readonly ProductRecord[]) {
    this.#ordered = [...records].sort(byName);
    for (const record of this.#ordered) {
      if (this.#byName.has(record.name)) assert.fail(`two products named ${record.name}`);
      this.#byName.set(record.name, record);
      if (record.quantity === 0) this.#outOfStock.add(record);
      if (record.traits.id !== undefined) this.#byId.set(record.traits.id, record);
    }
    this.#orderedById = [...this.#byId.values()].sort((one, other) => idOf(one) - idOf(other));
  }

  get size(): number {
    return this.#ordered.length;
  }

  find(name: string): ProductRecord | undefined {
    return this.#byName.get(name);
  }

  findById(id: number): ProductRecord | undefined {
    return this.#byId.get(id);
  }

  /** By name, in code unit order. */
  ordered(): readonly ProductRecord[] {
    return this.#ordered;
  }

  /** Those whose decided quantity is 0. */
  outOfStock(): ProductRecord[] {
    return [...this.#outOfStock];
  }

  /** Sets the decided quantity, and which row it is by now the work of. */
  setQuantity(record: ProductRecord, quantity: number, version: number): void {
    if (quantity < 0) assert.fail(`${record.name} would be ${quantity} pieces in stock`);
    record.quantity = quantity;
    record.version = version;
    this.#noteStock(record);
  }

  /** One page, and whether more follow it. */
  list(query: ListQuery): { page: ProductRecord[]; more: boolean } {
    const { after, by, limit } = query;
    const records = by === "id" ? this.#orderedById : this.#ordered;
    const part = query.q?.toLowerCase() ?? null;
    const topic = query.topic?.toLowerCase() ?? null;
    const page: ProductRecord[] = [];
    let at = 0;
    if (after !== null && by === "id") at = firstWhere(records, (one) => idOf(one) > Number(after));
    else if (after !== null) at = firstWhere(records, ({ name }) => name > after);
    for (; at < records.length; at++) {
      const record = records[at]!;
      if (part !== null && !record.name.toLowerCase().includes(part)) continue;
      if (topic !== null && record.traits.topic?.toLowerCase() !== topic) continue;
      if (page.length === limit) return { page, more: true };
      page.push(record);
    }
    return { page, more: false };
  }

  #noteStock(record: ProductRecord): void {
    if (record.quantity === 0) this.#outOfStock.add(record);
    else this.#outOfStock.delete(record);
  }
}

/** Fails when the books of this product do not balance. */
export function assertBalance(record: ProductRecord): void {
  const { initial, restocked, soldBack, added, bought, quantity } = record;
  if (initial + restocked + soldBack + added - bought === quantity) return;
  assert.fail(`the books of ${record.name} do not balance: ${JSON.stringify(record)}`);
}

function idOf({ traits }: ProductRecord): number {
  assert(traits.id !== undefined, "who is found by an id has one");
  return traits.id;
}

/** Index of the first record for which this holds, as it does for all behind it. */
function firstWhere(
  records: readonly ProductRecord[],
  isBehind: (record: ProductRecord) => boolean,
): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(records[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
