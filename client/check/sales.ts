/**
 * Sales against orders, number by number: each order is of a sale of just
 * these goods under just this key, and each sale has its order. A sale whose
 * order is not written yet can only be one that the order leader has not
 * settled: it died between the two, or they are a moment apart. It is named;
 * the next leader writes its order, and does so before any order of its own:
 * so behind the fence of the latest order no sale is without one.
 */
import type { CatalogLog, SaleIndex } from "./catalog_rows.ts";
import type { ReadLog } from "./log_reader.ts";
import type { Names } from "./numbers.ts";
import type { OrderRows } from "./order_rows.ts";

export interface SalesOptions {
  orders: { log: ReadLog; rows: OrderRows };
  catalog: CatalogLog;
  index: SaleIndex;
  names: Names;
  /** Every sale up to this one must have its order. */
  settled: number;
  /** False: rows may be missing there, so what is not found proves nothing. */
  isCatalogWhole: boolean;
  areOrdersWhole: boolean;
  /** `log` says in whose file the line is. */
  fault: (log: ReadLog, index: number, what: string) => void;
}

export interface SalesOutcome {
  /** Orders whose sale is there, by their sale's place among the catalog's rows. */
  matched: number;
  /** Sales without an order that may be so, first and last; null when there are none. */
  open: { first: number; last: number; count: number } | null;
  /** By name: what the orders come to, one for each sale, and what open sales come to. */
  bought: Map<string, number>;
  soldBack: Map<string, number>;
  openBought: Map<string, number>;
  openSoldBack: Map<string, number>;
}

export function joinSales(options: SalesOptions): SalesOutcome {
  const { index } = options;
  const outcome: SalesOutcome = {
    matched: 0,
    open: null,
    bought: new Map(),
    soldBack: new Map(),
    openBought: new Map(),
    openSoldBack: new Map(),
  };
  const hasOrder = new Uint8Array(Math.max(0, index.last - index.first + 1));
  const { rows } = options.orders;
  for (let at = 0; at < rows.sales.length; at++) {
    if (rows.numbers.at(at) !== 0) joinOrder(at, hasOrder, { ...options, outcome });
  }
  const completed = lastCompleted(options, hasOrder);
  for (let sale = index.first; sale <= index.last; sale++) {
    if (hasOrder[sale - index.first] === 0) noteOpen(sale, completed, { ...options, outcome });
  }
  return outcome;
}

/** The last sale before the fence of the leader that wrote the latest order. */
function lastCompleted({ catalog: { rows }, index }: SalesOptions, hasOrder: Uint8Array): number {
  const latest = hasOrder.lastIndexOf(1);
  if (latest < 0) return 0;
  let at = index.placeOf(index.first + latest);
  while (at >= 0 && rows.kindAt(at) !== "fence") at -= 1;
  while (at >= 0 && rows.kindAt(at) !== "sale") at -= 1;
  return at < 0 ? 0 : rows.sales.at(at);
}

type Joining = SalesOptions & { outcome: SalesOutcome };

function joinOrder(at: number, hasOrder: Uint8Array, joining: Joining): void {
  const { orders, catalog, index, names, isCatalogWhole, fault, outcome } = joining;
  const { rows, log } = orders;
  const sale = rows.sales.at(at);
  const number = rows.numbers.at(at);
  const name = names.textOf(rows.names.at(at));
  if (sale < index.first) return count(outcome, name, rows.quantities.at(at));
  const place = index.placeOf(sale);
  if (Number.isNaN(place)) {
    if (!isCatalogWhole) return;
    const what = `order ${number} is of sale ${sale}, which the catalog does not have`;
    return fault(log, log.base + 1 + at, what);
  }
  // A second order of a sale is told where orders are looked at alone.
  if (hasOrder[sale - index.first] === 1) return;
  hasOrder[sale - index.first] = 1;
  outcome.matched += 1;
  const sold = catalog.rows;
  const isSame = sold.names.at(place) === rows.names.at(at) &&
    sold.quantities.at(place) === rows.quantities.at(at) &&
    sold.marks.at(place) === rows.keys.at(at);
  const soldName = names.textOf(sold.names.at(place));
  if (!isSame) {
    const ordered = describe(rows.quantities.at(at), name);
    const what = `order ${number} is of ${ordered}, and its sale ${sale}, row ` +
      `${catalog.log.base + 1 + place} of the catalog, of ` +
      `${describe(sold.quantities.at(place), soldName)}` +
      (sold.marks.at(place) === rows.keys.at(at) ? "" : ", under another key");
    fault(log, log.base + 1 + at, what);
  }
  count(outcome, soldName, sold.quantities.at(place));
}

function noteOpen(sale: number, completed: number, joining: Joining): void {
  const { catalog, index, names, settled, areOrdersWhole, fault, outcome } = joining;
  const place = index.placeOf(sale);
  const name = names.textOf(catalog.rows.names.at(place));
  const quantity = catalog.rows.quantities.at(place);
  if (quantity < 0) add(outcome.openSoldBack, name, -quantity);
  else add(outcome.openBought, name, quantity);
  if (sale <= Math.max(settled, completed)) {
    const why = sale <= settled ? "is settled" : "is behind a later leader's orders";
    const what = `sale ${sale}, ${describe(quantity, name)}, ${why} and has no order`;
    if (areOrdersWhole) fault(catalog.log, catalog.log.base + 1 + place, what);
    return;
  }
  const open = outcome.open ?? { first: sale, last: sale, count: 0 };
  outcome.open = { first: open.first, last: sale, count: open.count + 1 };
}

function count(outcome: SalesOutcome, name: string, quantity: number): void {
  if (quantity < 0) add(outcome.soldBack, name, -quantity);
  else add(outcome.bought, name, quantity);
}

function add(sums: Map<string, number>, name: string, quantity: number): void {
  sums.set(name, (sums.get(name) ?? 0) + quantity);
}

function describe(quantity: number, name: string): string {
  return quantity < 0 ? `${-quantity} ${name} sold back` : `${quantity} ${name}`;
}
