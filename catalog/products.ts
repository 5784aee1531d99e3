/**
 * The products of one store: a Map by name, and beside it their order by
 * name, so that a page of a list costs its own length and a binary search,
 * however many products there are; where they have ids, both again by id.
 *
 * Every number is held twice. The decided one counts each row of the own
 * log, and the next sale is judged by it; the visible one is what front-ends
 * are told, and follows once the row is committed and no cache holds the
 * older value (visibility.ts). Who moves them is state.ts.
 *
 * A product that the admin removed stays here, unseen: its books go on should
 * it come again, and its id is never another's.
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
  /** Pieces at the store's birth; 0 of what came later. */
  initial: number;
  restocked: number;
  soldBack: number;
  /** By the admin; what goes with a removal counts as taken away. */
  added: number;
  bought: number;
}

/** What a product is from when it is made until it is removed; shared, never changed. */
export interface Life {
  readonly isHere: boolean;
  readonly traits: Traits;
  /** Pieces that had been traded under its name in lives before. */
  readonly tradedBefore: number;
}

/** Of most products in most stores. */
export const PLAIN_LIFE: Life = { isHere: true, traits: NO_TRAITS, tradedBefore: 0 };
/** Its first row is under way. */
export const NOT_BORN: Life = { isHere: false, traits: NO_TRAITS, tradedBefore: 0 };

export interface ProductRecord extends ProductTotals {
  readonly name: string;
  /** Decided. */
  price: number;
  /** Decided. */
  life: Life;
  /** Decided pieces in stock; 0 when it is not here. */
  quantity: number;
  /** Index of the last row that changed it, 0 for as it was loaded. */
  version: number;
  visiblePrice: number;
  visibleLife: Life;
  visibleQuantity: number;
  /** As `tradedOf`. */
  visibleTraded: number;
  /** Invariant: visibleVersion <= version, and equal only when no change is on its way. */
  visibleVersion: number;
}

export function initialRecord({ name, price, quantity, traits }: InitialProduct): ProductRecord {
  const life = traits === undefined ? PLAIN_LIFE : { ...PLAIN_LIFE, traits };
  return newRecord({ name, price, quantity, life });
}

/** Of a product whose first row is being taken. */
export function unbornRecord(name: string): ProductRecord {
  return newRecord({ name, price: 0, quantity: 0, life: NOT_BORN });
}

function newRecord(
  { name, price, quantity, life }: Pick<ProductRecord, "name" | "price" | "quantity" | "life">,
): ProductRecord {
  return {
    name,
    price,
    life,
    quantity,
    version: 0,
    visiblePrice: price,
    visibleLife: life,
    visibleQuantity: quantity,
    visibleTraded: 0,
    visibleVersion: 0,
    initial: quantity,
    restocked: 0,
    soldBack: 0,
    added: 0,
    bought: 0,
  };
}

const CHUNK_LENGTH = 64 * 1024;

/** Decided pieces that have changed hands in this life, either way. */
export function tradedOf({ bought, soldBack, life }: ProductRecord): number {
  return bought + soldBack - life.tradedBefore;
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

/** As the last columns of a row, each with the comma before it. */
export function formatTraits({ id, topic = "", max_volume }: Traits): string {
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
  #here = 0;

  constructor(records: readonly ProductRecord[]) {
    this.#ordered = [...records].sort(byName);
    for (const record of this.#ordered) this.#enter(record);
    this.#orderedById = [...this.#byId.values()].sort((one, other) => idOf(one) - idOf(other));
  }

  /** Those that are here. */
  get size(): number {
    return this.#here;
  }

  /** They have ids: of all that were ever here, the highest; 0 in a store without. */
  get lastId(): number {
    const last = this.#orderedById.at(-1);
    return last === undefined ? 0 : idOf(last);
  }

  /** Also one that is gone. */
  find(name: string): ProductRecord | undefined {
    return this.#byName.get(name);
  }

  /** Also one that is gone. */
  findById(id: number): ProductRecord | undefined {
    return this.#byId.get(id);
  }

  /** By name, in code unit order; also those that are gone. */
  ordered(): readonly ProductRecord[] {
    return this.#ordered;
  }

  /** Those that are here and whose decided quantity is 0. */
  outOfStock(): ProductRecord[] {
    return [...this.#outOfStock];
  }

  /** One of a name, and an id, that never was here. */
  add(record: ProductRecord): void {
    this.#enter(record);
    this.#ordered.splice(firstWhere(this.#ordered, ({ name }) => name > record.name), 0, record);
    const { id } = record.life.traits;
    if (id === undefined) return;
    this.#orderedById.splice(firstWhere(this.#orderedById, (one) => idOf(one) > id), 0, record);
  }

  /** Undoes `add`: its first row was never committed. */
  drop(record: ProductRecord): void {
    this.setLife(record, { ...record.life, isHere: false });
    this.#byName.delete(record.name);
    this.#ordered.splice(this.#ordered.indexOf(record), 1);
    const { id } = record.life.traits;
    if (id === undefined) return;
    this.#byId.delete(id);
    this.#orderedById.splice(this.#orderedById.indexOf(record), 1);
  }

  /** Sets the decided quantity, and which row it is by now the work of. */
  setQuantity(record: ProductRecord, quantity: number, version: number): void {
    if (quantity < 0) assert.fail(`${record.name} would be ${quantity} pieces in stock`);
    record.quantity = quantity;
    record.version = version;
    this.#noteStock(record);
  }

  /** Sets what it decidedly is; a life keeps the id of the one before. */
  setLife(record: ProductRecord, life: Life): void {
    this.#here += Number(life.isHere) - Number(record.life.isHere);
    record.life = life;
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
      const { isHere, traits } = record.visibleLife;
      if (!isHere) continue;
      if (part !== null && !record.name.toLowerCase().includes(part)) continue;
      if (topic !== null && traits.topic?.toLowerCase() !== topic) continue;
      if (page.length === limit) return { page, more: true };
      page.push(record);
    }
    return { page, more: false };
  }

  #enter(record: ProductRecord): void {
    const { name, life } = record;
    if (this.#byName.has(name)) assert.fail(`two products named ${name}`);
    this.#byName.set(name, record);
    if (life.isHere) this.#here += 1;
    this.#noteStock(record);
    const { id } = life.traits;
    if (id === undefined) return;
    if (this.#byId.has(id)) assert.fail(`two products with id ${id}`);
    this.#byId.set(id, record);
  }

  #noteStock(record: ProductRecord): void {
    if (record.quantity === 0 && record.life.isHere) this.#outOfStock.add(record);
    else this.#outOfStock.delete(record);
  }
}

/** Fails when the books of this product do not balance. */
export function assertBalance(record: ProductRecord): void {
  const { initial, restocked, soldBack, added, bought, quantity } = record;
  if (initial + restocked + soldBack + added - bought === quantity) return;
  assert.fail(`the books of ${record.name} do not balance: ${JSON.stringify(record)}`);
}

function idOf({ life }: ProductRecord): number {
  assert(life.traits.id !== undefined, "who is found by an id has one");
  return life.traits.id;
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
