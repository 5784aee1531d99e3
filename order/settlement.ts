/**
 * Which of the catalog's sales are known to have a committed order. The
 * catalog may forget a sale, and its key, once every sale up to it is settled;
 * so the leader tells it the highest such number with each batch.
 *
 *   settled     waiting for an order, or for its commit
 *      │      ┌────────┴────────┐
 *   … 7     8 ✓  9 ·  10 ✓  11 ·        settled = 8 once 8 is committed;
 *                                        9 holds back 10
 */
import { strict as assert } from "node:assert";

export class Settlement {
  #settled = 0;
  /** Sales above `settled` with a row: true when the row is committed. */
  #rows = new Map<number, boolean>();

  get settled(): number {
    return this.#settled;
  }

  /** The catalog's own word at the start of a session; what is known here stays. */
  start(settled: number, next: number): void {
    assert(settled < next, "what is settled has been sold");
    if (settled <= this.#settled) return;
    this.#settled = settled;
    for (const sale of this.#rows.keys()) if (sale <= settled) this.#rows.delete(sale);
    this.#advance();
  }

  /** True when the sale has a row, or had one. */
  isKnown(sale: number): boolean {
    return sale <= this.#settled || this.#rows.has(sale);
  }

  /** One of the sales up to this one has a row that is not committed yet. */
  waitsFor(settled: number): boolean {
    for (const [sale, isCommitted] of this.#rows) if (sale <= settled && !isCommitted) return true;
    return false;
  }

  propose(sale: number): void {
    assert(!this.isKnown(sale), `sale ${sale} gets one order, not two`);
    this.#rows.set(sale, false);
  }

  commit(sale: number): void {
    assert(this.#rows.get(sale) === false, `sale ${sale} has a row that waits`);
    this.#rows.set(sale, true);
    this.#advance();
  }

  #advance(): void {
    while (this.#rows.get(this.#settled + 1) === true) this.#rows.delete(++this.#settled);
  }
}
