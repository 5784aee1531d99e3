/** Operations and rows for histories that are made by hand: Tux bought, looked up, found. */
import type {
  AdminOperation, FindOperation, Initial, JournalRow, LeaderOperation, ListOperation, LoggedOrder,
  Operation, OrderOperation, ProductOperation, Shown,
} from "./history.ts";

export const OK = { client: 1, frontend: 1, status: 200, isOwnError: false, hasRetryAfter: false };

const PRICE = 5;

/** So much there at first, and no bound to trade. */
export function initially(quantity: number, more: Partial<Initial> = {}): Initial {
  return { isHere: true, quantity, price: PRICE, maxVolume: null, id: null, topic: null, ...more };
}

export function shown(quantity: number, more: Partial<Shown> = {}): Shown {
  return { name: "Tux", price: PRICE, quantity, volume: null, ...more };
}

export function buy(number: number, key: string, atMs: number, more: Partial<OrderOperation> = {}) {
  const operation: OrderOperation = {
    ...OK, kind: "order", key, name: "Tux", type: "buy", quantity: 1, number, replayed: false,
    invokedMs: atMs, returnedMs: atMs + 5, ...more,
  };
  return operation;
}

export function look(
  quantity: number, version: number, atMs: number, more: Partial<Operation> = {},
) {
  return {
    ...OK, ...shown(quantity), client: 9, kind: "product", id: null, version,
    invokedMs: atMs, returnedMs: atMs + 5, ...more,
  } as ProductOperation;
}

/** Of Tux alone, the only product there is. */
export function list(
  quantity: number, version: number, atMs: number, more: Partial<ListOperation> = {},
) {
  const operation: ListOperation = {
    ...OK, client: 9, kind: "list", topic: null, byId: false, products: [shown(quantity)], version,
    invokedMs: atMs, returnedMs: atMs + 5, ...more,
  };
  return operation;
}

export function find(
  number: number, atMs: number, more: Partial<FindOperation> = {},
): FindOperation {
  const found = { number, name: "Tux", type: "buy", quantity: 1 } as const;
  return { ...OK, kind: "find", number, found, invokedMs: atMs, returnedMs: atMs + 5, ...more };
}

export function added(
  pieces: number | null, version: number, atMs: number, more: Partial<AdminOperation> = {},
): AdminOperation {
  const what = { does: "change", name: "Tux", added: pieces, price: null } as const;
  const times = { invokedMs: atMs, returnedMs: atMs + 5 };
  return { ...OK, kind: "admin", ...what, version, ...times, ...more };
}

export function priced(price: number, version: number, atMs: number): AdminOperation {
  return added(null, version, atMs, { price });
}

/** By the admin, with so many pieces at a price. */
export function made(
  pieces: number, price: number, version: number, atMs: number, more: Partial<AdminOperation> = {},
): AdminOperation {
  return added(pieces, version, atMs, { does: "make", price, ...more });
}

/** By the admin. */
export function removed(
  version: number, atMs: number, more: Partial<AdminOperation> = {},
): AdminOperation {
  return added(null, version, atMs, { does: "remove", ...more });
}

export function leader(id: number, term: number, atMs: number): LeaderOperation {
  return { ...OK, kind: "leader", id, term, invokedMs: atMs, returnedMs: atMs + 5 };
}

export function logged(number: number, key: string, more: Partial<LoggedOrder> = {}): LoggedOrder {
  return { number, key, name: "Tux", type: "buy", quantity: 1, sale: number, ...more };
}

export function sold(
  index: number, key: string, quantity = 1, type: "buy" | "sell" = "buy",
): JournalRow {
  return { index, kind: "sale", name: "Tux", type, quantity, key };
}

/** Pieces that came, or were taken away by the admin. */
export function stocked(
  index: number, quantity: number, kind: "restock" | "stock" = "stock",
): JournalRow {
  return { index, kind, name: "Tux", quantity };
}

export function repriced(index: number, price: number): JournalRow {
  return { index, kind: "price", name: "Tux", price };
}

/** Pieces that a new product begins with. */
export function come(index: number, quantity: number, price: number, name = "Tux"): JournalRow {
  return { index, kind: "product", name, quantity, price };
}

/** With all pieces that were left, below 0. */
export function gone(index: number, quantity: number, name = "Tux"): JournalRow {
  return { index, kind: "remove", name, quantity };
}

/** There is no such product. */
export const MISSED = { status: 404, isOwnError: true } as const;
export const REFUSED = { status: 409, number: null, isOwnError: true, lacked: "stock" } as const;
export const UNTRIED = { ...REFUSED, status: 503, hasRetryAfter: true, isUntried: true };
export const REUSED = { ...REFUSED, status: 422 };
export const SILENT = { status: 0, number: null };
