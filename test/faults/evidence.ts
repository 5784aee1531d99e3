/** A history arranged for the judge's rules: one pass, then look-ups. */
import {
  type History, type LoggedOrder, type Operation, type OrderOperation, outcomeOf,
  type ProductOperation,
} from "./history.ts";

/** All attempts under one key. */
export interface Purchase {
  key: string;
  name: string;
  quantity: number;
  /** When the first attempt was sent, whatever its body. */
  invokedMs: number;
  /** When it was first known to have happened; Infinity when it never was. */
  knownMs: number;
  client: number;
  attempts: OrderOperation[];
}

export class Evidence {
  readonly history: History;
  readonly purchases = new Map<string, Purchase>();
  readonly orderByNumber: Map<number, LoggedOrder>;
  /** The first one, should there be two. */
  readonly orderByKey = new Map<string, LoggedOrder>();
  /** Index of the catalog's row that sold under a key. */
  readonly versionByKey = new Map<string, number>();
  /** By product, then by version: what that row left. */
  readonly quantities = new Map<string, Map<number, number>>();
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

  #addAttempt(operation: OrderOperation): void {
    const { key, name, quantity, invokedMs, returnedMs, client } = operation;
    let purchase = this.purchases.get(key);
    if (purchase === undefined) {
      const knownMs = Number.POSITIVE_INFINITY;
      purchase = { key, name, quantity, invokedMs, knownMs, client, attempts: [] };
      this.purchases.set(key, purchase);
    }
    purchase.attempts.push(operation);
    purchase.invokedMs = Math.min(purchase.invokedMs, invokedMs);
    if (outcomeOf(operation) === "ok") purchase.knownMs = Math.min(purchase.knownMs, returnedMs);
  }

  #replay(): void {
    for (const [name, quantity] of this.history.initial) {
      this.quantities.set(name, new Map([[0, quantity]]));
    }
    const left = new Map(this.history.initial);
    for (const { index, kind, name, quantity, key } of this.history.journal) {
      const after = (left.get(name) ?? 0) + (kind === "sale" ? -quantity : quantity);
      left.set(name, after);
      this.quantities.get(name)?.set(index, after);
      if (kind === "sale" && !this.versionByKey.has(key)) this.versionByKey.set(key, index);
    }
  }
}
