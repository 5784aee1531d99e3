/**
 * The products of one store: a Map by name, and beside it their order by
 * name, so that a page of a list costs its own length and a binary search,
 * however many products there are; where they have ids, both again by id, and
 * where they have topics, the order of each topic's.
 *
 * Every number is held twice. The decided one counts each row of the own
 * log, and the next sale is judged by it; the visible one is what front-ends
 * are told, and follows once the row is committed and no cache holds the
 * older value (visibility.ts). Who moves them is catalog_state.ts.
 *
 * A product that the admin removed stays here, unseen: its books go on should
 * it come again, and its id is never another's.
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { quoteField } from "../../shared/csv.ts";
import type { Traits } from "../../shared/messages/messages.ts";
import type { ListScan } from "./list_scan.ts";
import { idOf, Shelf } from "./shelf.ts";

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
export const NEVER_LISTED: Life = { isHere: false, traits: NO_TRAITS, tradedBefore: 0 };

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
  /** Missing until it is searched for. */
  lowerName?: string | undefined;
}

export function initialRecord({ name, price, quantity, traits }: InitialProduct): ProductRecord {
  const life = traits === undefined ? PLAIN_LIFE : { ...PLAIN_LIFE, traits };
  return newRecord({ name, price, quantity, life });
}

/** Of a product whose first row is being taken. */
export function newListing(name: string): ProductRecord {
  return newRecord({ name, price: 0, quantity: 0, life: NEVER_LISTED });
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
    lowerName: undefined,
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

/** Of a topic that no product ever had. */
const EMPTY = new Shelf();

export class Products {
  readonly #byName = new Map<string, ProductRecord>();
  readonly #byId = new Map<number, ProductRecord>();
  readonly #all = new Shelf();
  /**
   * By topic in lower case: those that are of it, and those that were in a life before, or would
   * have been in one that was never committed.
   */
  readonly #topics = new Map<string, Shelf>();
  readonly #outOfStock = new Set<ProductRecord>();
  readonly #scans = new Set<ListScan>();
  #here = 0;

  constructor(records: readonly ProductRecord[]) {
    this.#all.fill(records);
    for (const record of this.#all.byName) this.#enter(record);
    for (const [topic, group] of groupByTopic(this.#all.byName)) this.#shelfOf(topic).fill(group);
  }

  /** Those that are here. */
  get size(): number {
    return this.#here;
  }

  /** They have ids: of all that were ever here, the highest; 0 in a store without. */
  get lastId(): number {
    const last = this.#all.byId.at(-1);
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
    return this.#all.byName;
  }

  /** All that may be of this topic, in lower case; null: all. */
  shelf(topic: string | null): Pick<Shelf, "byName" | "byId"> {
    return topic === null ? this.#all : this.#topics.get(topic) ?? EMPTY;
  }

  /** It is told of what comes and goes from now on. */
  watch(scan: ListScan): void {
    this.#scans.add(scan);
  }

  unwatch(scan: ListScan): void {
    this.#scans.delete(scan);
  }

  /** Those that are here and whose decided quantity is 0. */
  outOfStock(): ProductRecord[] {
    return [...this.#outOfStock];
  }

  /** One of a name, and an id, that never was here. */
  add(record: ProductRecord): void {
    this.#enter(record);
    this.#all.add(record);
    this.#shelve(record);
  }

  /** Undoes `add`: its first row was never committed. */
  drop(record: ProductRecord): void {
    this.setLife(record, { ...record.life, isHere: false });
    this.#byName.delete(record.name);
    this.#all.drop(record);
    const { id } = record.life.traits;
    if (id !== undefined) this.#byId.delete(id);
    const topic = topicOf(record);
    if (topic !== null) this.#shelfOf(topic).drop(record);
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
    this.#shelve(record);
    this.#noteStock(record);
  }

  /** Sets what it visibly is. */
  showLife(record: ProductRecord, life: Life): void {
    if (record.visibleLife === life) return;
    record.visibleLife = life;
    for (const scan of this.#scans) scan.note(record);
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

  #shelve(record: ProductRecord): void {
    const topic = topicOf(record);
    if (topic !== null) this.#shelfOf(topic).add(record);
  }

  #shelfOf(topic: string): Shelf {
    let shelf = this.#topics.get(topic);
    if (shelf === undefined) this.#topics.set(topic, shelf = new Shelf());
    return shelf;
  }

  #noteStock(record: ProductRecord): void {
    if (record.quantity === 0 && record.life.isHere) this.#outOfStock.add(record);
    else this.#outOfStock.delete(record);
  }
}

export function isBalanced(record: ProductRecord): boolean {
  const { initial, restocked, soldBack, added, bought, quantity } = record;
  return initial + restocked + soldBack + added - bought === quantity;
}

/** Fails when the books of this product do not balance. */
export function assertBalance(record: ProductRecord): void {
  if (isBalanced(record)) return;
  assert.fail(`the books of ${record.name} do not balance: ${JSON.stringify(record)}`);
}

function topicOf({ life }: ProductRecord): string | null {
  return life.traits.topic?.toLowerCase() ?? null;
}

function groupByTopic(records: readonly ProductRecord[]): Map<string, ProductRecord[]> {
  const groups = new Map<string, ProductRecord[]>();
  for (const record of records) {
    const topic = topicOf(record);
    if (topic === null) continue;
    const group = groups.get(topic);
    if (group === undefined) groups.set(topic, [record]);
    else group.push(record);
  }
  return groups;
}
