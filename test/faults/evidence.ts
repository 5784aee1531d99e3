/** A history arranged for the judge's rules: one pass, then look-ups. */
import {
  type History, type ListOperation, type LoggedOrder, type Operation, type OrderOperation,
  outcomeOf, type ProductOperation,
} from "./history.ts";

/** All attempts under one key. */
export interface Purchase {
  key: string;
  name: string;
  quantity: number;
  /** When the first attempt was sent that may have come true, whatever its body. */
  invokedMs: number;
  /** When it was first known to have happened; Infinity when it never was. */
  knownMs: number;
  client: number;
  attempts: OrderOperation[];
}

/** What a row of the journal left of a product. */
export interface Left {
  index: number;
  quantity: number;
}

export class Evidence {
  readonly history: History;
  readonly purchases = new Map<string, Purchase>();
  readonly orderByNumber: Map<number, LoggedOrder>;
  /** The first one, should there be two. */
  readonly orderByKey = new Map<string, LoggedOrder>();
  /** Index of the catalog's row that sold under a key. */
  readonly versionByKey = new Map<string, number>();
  /** By product, in the order of the rows: what each left, and what was there at first. */
  readonly stocks = new Map<string, Left[]>();
  /** The highest order number in the log. */
  readonly last: number;

  constructor(history: History) {
    this.history = history;
    for (const operation of this.of("order")) this.#addAttempt(operation);
    this.orderByNumber = new Map(history.orders.map((order) => [order.number, order]));
    for (const order of history.orders) {
      if (!this.orderByKey.has(order.key)) this.orderByKey.set(order.key, order);
    }
    this.last = history.orders.reduce((most, { number }) => Math.max(most, number), 0);
    this.#replay();
  }

  of<Kind extends Operation["kind"]>(kind: Kind): (Operation & { kind: Kind })[] {
    return this.history.operations.filter(
      (operation): operation is Operation & { kind: Kind } => operation.kind === kind);
  }

  /** Product look-ups that were answered. */
  reads(): ProductOperation[] {
    return this.of("product").filter(({ status }) => status === 200);
  }

  /** Lists that were answered. */
  lists(): ListOperation[] {
    return this.of("list").filter(({ status }) => status === 200);
  }

  /** What was left of a product once this row was there; undefined: there is no such product. */
  leftAt(name: string, index: number): Left | undefined {
    return this.stocks.get(name)?.[this.#placeAt(name, index)];
  }

  /** What was left of a product at some moment between these two rows. */
  leftBetween(name: string, first: number, last: number): Left[] {
    const stock = this.stocks.get(name) ?? [];
    return stock.slice(this.#placeAt(name, first), this.#placeAt(name, last) + 1);
  }

  /** Of the last row that changed this product and is not behind the index. */
  #placeAt(name: string, index: number): number {
    const stock = this.stocks.get(name) ?? [];
    let low = 0;
    let high = stock.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (stock[middle]!.index <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #addAttempt(operation: OrderOperation): void {
    const { key, name, quantity, invokedMs, returnedMs, client } = operation;
    let purchase = this.purchases.get(key);
    if (purchase === undefined) {
      const never = { invokedMs: Number.POSITIVE_INFINITY, knownMs: Number.POSITIVE_INFINITY };
      purchase = { key, name, quantity, ...never, client, attempts: [] };
      this.purchases.set(key, purchase);
    }
    purchase.attempts.push(operation);
    const outcome = outcomeOf(operation);
    if (outcome !== "failed") purchase.invokedMs = Math.min(purchase.invokedMs, invokedMs);
    if (outcome === "ok") purchase.knownMs = Math.min(purchase.knownMs, returnedMs);
  }

  #replay(): void {
    for (const [name, quantity] of this.history.initial) {
      this.stocks.set(name, [{ index: 0, quantity }]);
    }
    const left = new Map(this.history.initial);
    for (const { index, kind, name, quantity, key } of this.history.journal) {
      const after = (left.get(name) ?? 0) + (kind === "sale" ? -quantity : quantity);
      left.set(name, after);
      this.stocks.get(name)?.push({ index, quantity: after });
      if (kind === "sale" && !this.versionByKey.has(key)) this.versionByKey.set(key, index);
    }
  }
}
