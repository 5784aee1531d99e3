/**
 * One list being put together, over as many turns of the event loop as it
 * takes: a text that is in no name is looked for in all names, and sales go on
 * in between.
 *
 *      after |  found: all that match, as they are visible now  |  not looked at yet
 *
 * What comes or goes between the turns in the part that has been looked at is
 * put in or taken out as it becomes visible. So a scan that is complete holds,
 * at that instant, what one made at that instant would find; what its products
 * cost, and how many there are, is read then.
 */
import type { ListQuery } from "../../shared/messages/messages.ts";
import type { ProductRecord, Products } from "./products.ts";
import { firstBehind, idOf, nameOf, put, take, type Key } from "./shelf.ts";

export class ListScan {
  readonly #state: { readonly products: Products };
  readonly #query: ListQuery;
  readonly #part: string | null;
  readonly #topic: string | null;
  readonly #keyOf: (record: ProductRecord) => Key;
  /** A checkpoint that is taken over puts others in their place: then all begins anew. */
  #products: Products | null = null;
  /** All up to this key has been looked at; null: nothing. */
  #at: Key | null = null;
  #isAtEnd = false;
  #found: ProductRecord[] = [];

  constructor(state: { readonly products: Products }, query: ListQuery) {
    this.#state = state;
    this.#query = query;
    this.#part = query.q?.toLowerCase() ?? null;
    this.#topic = query.topic?.toLowerCase() ?? null;
    this.#keyOf = query.by === "id" ? idOf : nameOf;
    this.#begin();
  }

  /** By now it holds all that belongs into it; before, there is something left to look at. */
  get isComplete(): boolean {
    if (this.#products !== this.#state.products) return false;
    return this.#isAtEnd || this.#found.length > this.#query.limit;
  }

  /** Rows that it looks at, at most. */
  get rowsMax(): number {
    return this.#records().length;
  }

  /** One page, and whether more follow it; of a scan that is complete. */
  get result(): { page: ProductRecord[]; more: boolean } {
    const { limit } = this.#query;
    return { page: this.#found.slice(0, limit), more: this.#found.length > limit };
  }

  /** Looks at so many rows at most. @returns how many it were */
  step(rowsMax: number): number {
    if (this.#products !== this.#state.products) this.#begin();
    const { limit } = this.#query;
    const records = this.#records();
    const first = this.#at === null ? 0 : firstBehind(records, this.#at, this.#keyOf);
    const end = Math.min(records.length, first + rowsMax);
    let at = first;
    for (; at < end && this.#found.length <= limit; at++) {
      const record = records[at]!;
      if (this.#isOfIt(record)) this.#found.push(record);
    }
    if (at > first) this.#at = this.#keyOf(records[at - 1]!);
    this.#isAtEnd = at === records.length;
    return at - first;
  }

  /** This one has come, gone or become another, visibly. */
  note(record: ProductRecord): void {
    const { after, by, limit } = this.#query;
    if (by === "id" && record.life.traits.id === undefined) return;
    const key = this.#keyOf(record);
    if (after !== null && key <= (by === "id" ? Number(after) : after)) return;
    if (!this.#isAtEnd && (this.#at === null || key > this.#at)) return;
    if (!this.#isOfIt(record)) return take(this.#found, record, this.#keyOf);
    put(this.#found, record, this.#keyOf);
    if (this.#found.length <= limit + 1) return;
    // What no longer has room is looked at again, should one before it go.
    this.#found.pop();
    this.#at = this.#keyOf(this.#found.at(-1)!);
    this.#isAtEnd = false;
  }

  /** It is told of no more changes. */
  close(): void {
    this.#products?.unwatch(this);
  }

  #begin(): void {
    const { after, by } = this.#query;
    this.#products = this.#state.products;
    this.#products.watch(this);
    this.#at = after !== null && by === "id" ? Number(after) : after;
    this.#isAtEnd = false;
    this.#found = [];
  }

  #records(): readonly ProductRecord[] {
    const shelf = this.#state.products.shelf(this.#topic);
    return this.#query.by === "id" ? shelf.byId : shelf.byName;
  }

  #isOfIt(record: ProductRecord): boolean {
    const { isHere, traits } = record.visibleLife;
    if (!isHere) return false;
    if (this.#topic !== null && traits.topic?.toLowerCase() !== this.#topic) return false;
    return this.#part === null || lowerName(record).includes(this.#part);
  }
}

/** Kept, as it takes longer to make than to look through. */
function lowerName(record: ProductRecord): string {
  return (record.lowerName ??= record.name.toLowerCase());
}
