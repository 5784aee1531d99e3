/**
 * What the rows above the visible index did, each with what undoes it: a
 * queue by index without gaps. At its front rows become visible, at its back
 * uncommitted ones are cut; both cost a step per row and never a copy.
 */
import assert from "node:assert/strict";
import type { Fence } from "./sales_ledger.ts";
import type { Life, ProductRecord } from "./products.ts";
import type { Row } from "./rows.ts";

export interface Change {
  row: Row;
  /** The product that it changed. */
  product: ProductRecord | null;
  /** By so many pieces. */
  moved: number;
  /** Of that product, decided, after it. */
  quantity: number;
  traded: number;
  price: number;
  life: Life;
  priceBefore: number;
  lifeBefore: Life;
  versionBefore: number;
  settledBefore: number;
  fenceBefore: Fence;
  /** The number that a sale's key stood for before. */
  keyBefore: number | undefined;
}

const COMPACT_AT = 1_024;

export class UndoLog {
  /** From #head on: the changes of rows firstIndex, firstIndex + 1, … */
  #changes: (Change | undefined)[] = [];
  #head = 0;
  /** Index of the row at the front, or of the next one when there is none. */
  #firstIndex = 1;
  /** Of these changes, those that changed a product. */
  products = 0;

  get firstIndex(): number {
    return this.#firstIndex;
  }

  get lastIndex(): number {
    return this.#firstIndex + this.#changes.length - this.#head - 1;
  }

  /** Nothing is held any more; the next row is this one. */
  startAt(index: number): void {
    assert(index >= this.#firstIndex, "what was visible stays so");
    this.#changes = [];
    this.#head = 0;
    this.#firstIndex = index;
    this.products = 0;
  }

  push(change: Change): void {
    this.#changes.push(change);
    if (change.product !== null) this.products += 1;
  }

  at(index: number): Change {
    const change = this.#changes[this.#head + index - this.#firstIndex];
    if (change === undefined) assert.fail(`no change is held for row ${index}`);
    return change;
  }

  /** The last row is cut. */
  pop(): Change {
    const change = this.at(this.lastIndex);
    this.#changes.pop();
    if (change.product !== null) this.products -= 1;
    return change;
  }

  /** The first row becomes visible. */
  shift(): Change {
    const change = this.at(this.#firstIndex);
    this.#changes[this.#head] = undefined;
    this.#head += 1;
    this.#firstIndex += 1;
    if (change.product !== null) this.products -= 1;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#changes.length) this.#compact();
    return change;
  }

  #compact(): void {
    this.#changes = this.#changes.slice(this.#head);
    this.#head = 0;
  }
}
