/** Operations and rows for histories that are made by hand: Tux bought, looked up, found. */
import type {
  AdminOperation, FindOperation, JournalRow, LeaderOperation, ListOperation, LoggedOrder, Operation,
  OrderOperation, ProductOperation,
} from "./history.ts";

export const OK = { client: 1, frontend: 1, status: 200, isOwnError: false, hasRetryAfter: false };

export function buy(number: number, key: string, atMs: number, more: Partial<OrderOperation> = {}) {
  const operation: OrderOperation = {
    ...OK, kind: "order", key, name: "Tux", quantity: 1, number, replayed: false,
    invokedMs: atMs, returnedMs: atMs + 5, ...more,
  };
  return operation;
}

export function look(
  quantity: number, version: number, atMs: number, more: Partial<Operation> = {},
) {
  return {
    ...OK, client: 9, kind: "product", name: "Tux", quantity, version,
    invokedMs: atMs, returnedMs: atMs + 5, ...more,
  } as ProductOperation;
}

/** Of Tux alone, the only product there is. */
export function list(
  quantity: number, version: number, atMs: number, more: Partial<ListOperation> = {},
) {
  const operation: ListOperation = {
    ...OK, client: 9, kind: "list", products: [{ name: "Tux", quantity }], version,
    invokedMs: atMs, returnedMs: atMs + 5, ...more,
  };
  return operation;
}

export function find(
  number: number, atMs: number, more: Partial<FindOperation> = {},
): FindOperation {
  const found = { number, name: "Tux", quantity: 1 };
  return { ...OK, kind: "find", number, found, invokedMs: atMs, returnedMs: atMs + 5, ...more };
}

export function added(
  pieces: number, version: number, atMs: number, more: Partial<AdminOperation> = {},
): AdminOperation {
  const times = { invokedMs: atMs, returnedMs: atMs + 5 };
  return { ...OK, kind: "admin", name: "Tux", added: pieces, version, ...times, ...more };
}

export function leader(id: number, term: number, atMs: number): LeaderOperation {
  return { ...OK, kind: "leader", id, term, invokedMs: atMs, returnedMs: atMs + 5 };
}

export function logged(number: number, key: string, more: Partial<LoggedOrder> = {}): LoggedOrder {
  return { number, key, name: "Tux", quantity: 1, sale: number, ...more };
}

export function sold(index: number, key: string, quantity = 1): JournalRow {
  return { index, kind: "sale", name: "Tux", quantity, key };
}

export const REFUSED = { status: 409, number: null, isOwnError: true };
export const UNTRIED = { ...REFUSED, status: 503, hasRetryAfter: true, isUntried: true };
export const REUSED = { ...REFUSED, status: 422 };
export const SILENT = { status: 0, number: null };
