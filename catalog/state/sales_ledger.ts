/**
 * Who may sell, and what was sold but may not yet have an order: the fence,
 * the sales in their numbering, and the keys they went under. All of it is
 * state of the log, so that it is the same on every replica and outlives a
 * crash. A sale is forgotten once the order leader says that it is settled.
 *
 *      1 … settled  |  settled+1 … next-1   |  next …
 *      forgotten    |  kept, with their key |  not yet sold
 */
import assert from "node:assert/strict";
import type { Sale } from "../../shared/messages/messages.ts";

/** The order leader that may sell; term 0 is before the first. */
export interface Fence {
  readonly term: number;
  readonly leader: number;
}

export const NO_FENCE: Fence = { term: 0, leader: 0 };

export class Ledger {
  fence: Fence = NO_FENCE;
  /** Every sale up to this one has a committed order. Invariant: settled < next. */
  settled = 0;
  /** The number that the next sale gets. */
  next = 1;
  /** The last sale that is visible: of later ones nobody has been told. Invariant: shown < next. */
  shown = 0;
  /** Sales above #forgotten, by number. Those up to `settled` linger until that is committed. */
  readonly #sales = new Map<number, Sale>();
  readonly #saleByKey = new Map<string, number>();
  /** Invariant: #forgotten <= settled. */
  #forgotten = 0;

  get unsettled(): number {
    return this.next - 1 - this.settled;
  }

  /** Sales in memory: those not settled, and those whose settling is not yet committed. */
  get kept(): number {
    return this.#sales.size;
  }

  /** The sale that this key went under and that is not settled yet. */
  findByKey(key: string): Sale | undefined {
    const number = this.#saleByKey.get(key);
    return number === undefined || number <= this.settled ? undefined : this.#sales.get(number);
  }

  /** The last sale that this key went under, as far as it is remembered; 0 for none. */
  numberOf(key: string): number {
    return this.#saleByKey.get(key) ?? 0;
  }

  /** @returns the number that the key stood for until now, for takeBack */
  add(sale: Sale): number | undefined {
    assert.equal(sale.sale, this.next, "sales are numbered without gaps");
    const before = this.#saleByKey.get(sale.key);
    assert(before === undefined || before <= this.settled, "one key, one sale");
    this.#sales.set(sale.sale, sale);
    this.#saleByKey.set(sale.key, sale.sale);
    this.next += 1;
    return before;
  }

  /** Undoes the last add: its row was never committed. */
  takeBack(number: number, before: number | undefined): void {
    assert.equal(number, this.next - 1, "only the last sale can be taken back");
    const sale = this.#sales.get(number);
    assert(sale !== undefined, "an uncommitted sale is never forgotten");
    this.#sales.delete(number);
    if (before === undefined || before <= this.#forgotten) this.#saleByKey.delete(sale.key);
    else this.#saleByKey.set(sale.key, before);
    this.next -= 1;
  }

  /** A sale becomes visible, and what is settled is let go: that stands in a committed row. */
  show({ sale, settled }: { sale: number; settled: number }): void {
    assert(settled <= this.settled, "only what is settled is forgotten");
    assert.equal(sale, this.shown + 1, "sales become visible in their order");
    this.shown = sale;
    while (this.#forgotten < settled) {
      this.#forgotten += 1;
      const sale = this.#sales.get(this.#forgotten);
      if (sale === undefined) continue;
      this.#sales.delete(sale.sale);
      if (this.#saleByKey.get(sale.key) === sale.sale) this.#saleByKey.delete(sale.key);
    }
  }

  /** The sales that may not have an order yet, by number. */
  unsettledSales(): Sale[] {
    const sales: Sale[] = [];
    for (let number = this.settled + 1; number < this.next; number++) {
      const sale = this.#sales.get(number);
      if (sale === undefined) assert.fail(`sale ${number} is not settled and yet forgotten`);
      sales.push(sale);
    }
    return sales;
  }

  /** Starts from a checkpoint. */
  restore(from: { fence: Fence; settled: number; sales: readonly Sale[] }): void {
    assert.equal(this.next, 1, "a checkpoint comes before the first row");
    this.fence = from.fence;
    this.settled = from.settled;
    this.#forgotten = from.settled;
    this.next = from.settled + 1;
    for (const sale of from.sales) this.add(sale);
    this.shown = this.next - 1;
  }
}
