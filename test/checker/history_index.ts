/** A history arranged for the judge's rules: one pass, then look-ups. */
import {
  type AdminOperation, type History, type JournalRow, type ListOperation, type LoggedOrder,
  type Operation, type OrderOperation, outcomeOf, type ProductOperation,
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
  /** It can be bought, and is shown. */
  isHere: boolean;
  quantity: number;
  price: number;
  /** Pieces bought and sold back until then, since it was made. */
  traded: number;
  topic: string | null;
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
  readonly #byKind: Record<Operation["kind"], Operation[]> = {
    order: [], product: [], list: [], find: [], leader: [], admin: [],
  };
  #reads: ProductOperation[] | null = null;
  #lists: ListOperation[] | null = null;
  /** By product, what the admin set, made and removed. */
  readonly #adminRows = new Map<string, JournalRow[]>();
  /** Rows of removals that were answered. */
  readonly #removals: ReadonlySet<number>;
  /** The highest order number in the log. */
  readonly last: number;

  constructor(history: History) {
    this.history = history;
    for (const operation of history.operations) this.#byKind[operation.kind].push(operation);
    for (const operation of this.of("order")) this.#addAttempt(operation);
    this.orderByNumber = new Map(history.orders.map((order) => [order.number, order]));
    for (const order of history.orders) {
      if (!this.orderByKey.has(order.key)) this.orderByKey.set(order.key, order);
    }
    this.last = history.orders.reduce((most, { number }) => Math.max(most, number), 0);
    this.#removals = new Set(this.of("admin").flatMap(({ does, status, version }) =>
      does === "remove" && status === 200 ? version : []));
    this.#replay();
  }

  of<Kind extends Operation["kind"]>(kind: Kind): readonly (Operation & { kind: Kind })[] {
    return this.#byKind[kind] as (Operation & { kind: Kind })[];
  }

  /** Product look-ups that were answered. */
  get reads(): readonly ProductOperation[] {
    return (this.#reads ??= this.of("product").filter(({ status }) => status === 200));
  }

  /** Lists that were answered. */
  get lists(): readonly ListOperation[] {
    return (this.#lists ??= this.of("list").filter(({ status }) => status === 200));
  }

  /**
   * Rows of the admin's that may be this change: more than one, if it was made twice. One removal
   * is as another: of unknown outcome it may be any that was not answered.
   */
  rowsOf(operation: AdminOperation): JournalRow[] {
    const { does, name, version } = operation;
    const rows = this.adminRowsOf(name);
    if (does !== "remove") return rows.filter((row) => isRowOf(row, operation));
    const outcome = outcomeOf(operation);
    return rows.filter(({ kind, index }) => kind === "remove" &&
      (outcome === "unknown" ? !this.#removals.has(index) : index === version));
  }

  /** All rows by which the admin changed, made or removed this product. */
  adminRowsOf(name: string): readonly JournalRow[] {
    return this.#adminRows.get(name) ?? [];
  }

  /** Of the products of a topic, or of all, in any order, as the row of this index left them. */
  namesOf(topic: string | null, index: number): string[] {
    const wanted = topic?.toLowerCase() ?? null;
    return [...this.stocks.keys()].filter((name) => {
      const left = this.leftAt(name, index)!;
      return left.isHere && (wanted === null || left.topic?.toLowerCase() === wanted);
    });
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

  /** The first row from this one on after which the product was not there; null: there is none. */
  goneFrom(name: string, index: number): number | null {
    const stock = this.stocks.get(name) ?? [];
    let at = this.#placeAt(name, index);
    while (at < stock.length && stock[at]!.isHere) at++;
    return stock[at]?.index ?? null;
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
    for (const [name, { isHere, quantity, price, topic }] of this.history.initial) {
      this.stocks.set(name, [{ index: 0, isHere, quantity, price, traded: 0, topic }]);
    }
    for (const row of this.history.journal) {
      const stock = this.stocks.get(row.name);
      stock?.push(leftBy(row, stock.at(-1)!));
      if (row.kind === "sale" && !this.versionByKey.has(row.key)) {
        this.versionByKey.set(row.key, row.index);
      }
      if (row.kind === "sale" || row.kind === "restock") continue;
      this.#adminRows.set(row.name, [...this.#adminRows.get(row.name) ?? [], row]);
    }
  }
}

function isRowOf(row: JournalRow, { does, added, price }: AdminOperation): boolean {
  switch (row.kind) {
    case "price": return does === "change" && row.price === price;
    case "stock": return does === "change" && row.quantity === added;
    case "product": return does === "make" && row.quantity === added && row.price === price;
    default: return false;
  }
}

function leftBy(row: JournalRow, before: Left): Left {
  const { index, kind } = row;
  const left = { ...before, index };
  if (kind === "price") return { ...left, price: row.price };
  if (kind === "product") {
    const { quantity, price, topic = before.topic } = row;
    return { index, isHere: true, quantity, price, traded: 0, topic };
  }
  if (kind !== "sale") {
    const isHere = before.isHere && kind !== "remove";
    return { ...left, isHere, quantity: before.quantity + row.quantity };
  }
  const { type, quantity } = row;
  const moved = type === "buy" ? -quantity : quantity;
  return { ...left, quantity: before.quantity + moved, traded: before.traded + quantity };
}

/** What several rules want to know of a history is worked out once. */
export function once<T>(work: (evidence: Evidence) => T): (evidence: Evidence) => T {
  const known = new WeakMap<Evidence, { value: T }>();
  return (evidence) => {
    const { value } = known.get(evidence) ?? { value: work(evidence) };
    known.set(evidence, { value });
    return value;
  };
}
