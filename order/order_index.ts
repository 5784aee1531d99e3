/**
 * Finds orders in the log by number and by key, in a few bytes an order: the
 * rows stay on disk. Follows the log row by row, also back when rows are cut.
 *
 * Every row of the log is an order but for the row that opens each term, so
 * order n stands n rows after as many opening rows as come before it.
 */
import { strict as assert } from "node:assert";
import { KEYS_MAX } from "../shared/limits.ts";
import { checkRow, isOpening, keyOf } from "./order_row.ts";
import { KeyIndex } from "./key_index.ts";

export class OrderIndex {
  #keys: KeyIndex;
  /** Indexes of the rows that open a term, ascending. */
  #openings: number[] = [];
  #lastIndex = 0;

  constructor(seed: number, keysMax = KEYS_MAX) {
    this.#keys = new KeyIndex(keysMax, seed);
  }

  /** Orders in the log, committed or not; the next one gets the number after. */
  get count(): number {
    return this.#lastIndex - this.#openings.length;
  }

  /** @throws bad_request when these cannot stand behind this row; see ReplicatedService */
  check(after: number, payloads: readonly string[]): void {
    let openings = this.#openings.length;
    while (openings > 0 && this.#openings[openings - 1]! > after) openings--;
    let number = after - openings + 1;
    for (const payload of payloads) {
      checkRow(payload, number);
      if (!isOpening(payload)) number++;
    }
  }

  add(index: number, payload: string): void {
    assert.equal(index, this.#lastIndex + 1, "rows come in order");
    this.#lastIndex = index;
    if (isOpening(payload)) {
      this.#openings.push(index);
      return;
    }
    assert(payload.startsWith(`${this.count},`), `row ${index} is order ${this.count}`);
    this.#keys.add(this.count, keyOf(payload));
  }

  cut(after: number): void {
    while (this.#lastIndex > after) {
      if (this.#openings.at(-1) === this.#lastIndex) this.#openings.pop();
      else this.#keys.removeLatest();
      this.#lastIndex--;
    }
  }

  /** Where in the log order `number` stands; it is one of `count`. */
  indexOf(number: number): number {
    assert(number >= 1 && number <= this.count, `order ${number} is in the log`);
    let low = 0;
    let high = this.#openings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      // Orders before this opening row are those rows before it that open no term.
      if (this.#openings[middle]! - 1 - middle < number) low = middle + 1;
      else high = middle;
    }
    return number + low;
  }

  /** Numbers of orders that may carry this key: the row tells. */
  candidates(key: string): number[] {
    return this.#keys.candidates(key);
  }
}
