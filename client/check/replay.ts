/**
 * What the rows of the catalog's log come to, from the products that the
 * store was born with, or from a checkpoint: quantities, totals, fence. Each
 * row is held against the state before it, so that a sale of what was not
 * there shows at its own line.
 */
import { crc32 } from "node:zlib";
import { quoteField, splitRow } from "../../shared/csv.ts";
import { isTerm } from "../../shared/terms.ts";
import { formatChecksum } from "../../shared/replication/storage/row_format.ts";
import type { CatalogLog } from "./catalog_rows.ts";
import type { Names } from "./numbers.ts";

export interface Totals {
  initial: number;
  restocked: number;
  soldBack: number;
  added: number;
  bought: number;
}

export interface ProductState extends Totals {
  quantity: number;
  /** Index of the row that changed it last, 0 for as it was born. */
  version: number;
  /** It is not traded beyond that; null: there is no bound. */
  maxVolume: number | null;
  /** False: the admin removed it. */
  isHere: boolean;
  /** Pieces traded before it was removed and came again, which the bound does not count. */
  tradedBefore: number;
}

export interface CatalogState {
  /** The last row it counts. */
  index: number;
  products: Map<string, ProductState>;
  /** Term of the fence. */
  fence: number;
  settled: number;
  /** The number of the last sale. */
  sales: number;
}

const UNBORN: ProductState = {
  initial: 0,
  restocked: 0,
  soldBack: 0,
  added: 0,
  bought: 0,
  quantity: 0,
  version: 0,
  maxVolume: null,
  isHere: false,
  tradedBefore: 0,
};

/** As initial.csv says. */
export function bornState(products: readonly InitialProduct[]): CatalogState {
  const records = products.map(({ name, quantity, maxVolume }): [string, ProductState] =>
    [name, { ...UNBORN, initial: quantity, quantity, maxVolume, isHere: true }]);
  return { index: 0, products: new Map(records), fence: 0, settled: 0, sales: 0 };
}

/** The text of a checkpoint (catalog/state/state_checkpoint.ts writes it). */
export function checkpointState(text: string): CatalogState {
  const [head, ...lines] = text.trimEnd().split("\n");
  const { index, fence, settled, products: count, sales } = JSON.parse(head!);
  const products = lines.slice(0, count).map((line): [string, ProductState] => {
    const [name, , quantity, version, initial, restocked, soldBack, added, bought, life] =
      JSON.parse(line);
    const { isHere = true, traits = {}, tradedBefore = 0 } = life ?? {};
    const maxVolume = traits.max_volume ?? null;
    const totals = { initial, restocked, soldBack, added, bought, quantity };
    return [name, { ...totals, version, maxVolume, isHere, tradedBefore }];
  });
  const state = { index, fence: isTerm(fence[0]) ? fence[0] : 0, settled, sales: settled + sales };
  return { ...state, products: new Map(products) };
}

export interface InitialProduct {
  name: string;
  price: number;
  quantity: number;
  /** What its store tells of it besides: id, topic and max_volume as CSV; null without any. */
  traits: string | null;
  maxVolume: number | null;
}

const TRAITS = ["id", "topic", "max_volume"];

export function parseInitial(text: string): InitialProduct[] {
  const [header, ...lines] = text.trimEnd().split(/\r?\n/).map((line) => splitRow(line));
  const hasTraits = TRAITS.some((trait) => header!.includes(trait));
  return lines.map((fields) => {
    const cell = (column: string) => (fields[header!.indexOf(column)] ?? "").normalize("NFC");
    const traits = TRAITS.map((trait) => quoteField(cell(trait))).join(",");
    return {
      name: cell("name"),
      price: Number(cell("price")),
      quantity: Number(cell("quantity")),
      traits: hasTraits ? traits : null,
      maxVolume: cell("max_volume") === "" ? null : Number(cell("max_volume")),
    };
  });
}

/** As every opening row notes it. */
export function initialChecksum(products: readonly InitialProduct[]): number {
  let checksum = 0;
  for (const { name, price, quantity, traits } of products) {
    const line = [quoteField(name), price, quantity, ...(traits === null ? [] : [traits])].join();
    checksum = crc32(`${line}\n`, checksum);
  }
  return checksum;
}

export interface ReplayOptions {
  catalog: CatalogLog;
  names: Names;
  /** The products at birth have this checksum; null when nobody knows. */
  initial: number | null;
  fault: (index: number, what: string) => void;
  /** Called with the state after each row that changed a product, and that product. */
  onChange?: (index: number, name: string, product: ProductState) => void;
}

/** Takes a state through the rows after it, up to `last`; changes it. */
export function replay(state: CatalogState, last: number, options: ReplayOptions): void {
  const { log } = options.catalog;
  while (state.index < last) {
    state.index += 1;
    applyRow(state, state.index - log.base - 1, options);
  }
}

function applyRow(state: CatalogState, at: number, options: ReplayOptions): void {
  const { catalog, initial } = options;
  const fault = (what: string) => options.fault(state.index, what);
  const { rows } = catalog;
  const mark = rows.marks.at(at);
  switch (rows.kindAt(at)) {
    case "open":
      if (initial !== null && mark !== initial) {
        const [noted, real] = [formatChecksum(mark), formatChecksum(initial)];
        fault(`this log began with products ${noted}, and initial.csv comes to ${real}`);
      }
      return;
    case "fence":
      if (!isTerm(mark)) {
        fault("a fence with a term out of bounds: no order leader was above it");
        state.fence = 0;
        return;
      }
      if (!(mark > state.fence)) fault(`a fence of term ${mark} follows one of ${state.fence}`);
      state.fence = mark;
      return;
    case "sale":
      checkSale(state, at, { rows, fault });
      return move(state, at, options);
    case "restock":
    case "price":
    case "stock":
    case "product":
    case "remove":
      return move(state, at, options);
    case "unknown":
      return fault("a row of a kind that this version does not know");
  }
}

function checkSale(
  state: CatalogState,
  at: number,
  { rows, fault }: { rows: CatalogLog["rows"]; fault: (what: string) => void },
): void {
  const [sale, settled] = [rows.sales.at(at), rows.settled.at(at)];
  if (state.fence === 0) fault("a sale before the first fence");
  if (sale !== state.sales + 1) fault(`sale ${sale} follows sale ${state.sales}`);
  if (settled < state.settled) fault(`settled falls from ${state.settled} to ${settled}`);
  if (settled >= sale) fault(`sale ${sale} is settled before it was made`);
  state.sales = sale;
  state.settled = settled;
}

function move(state: CatalogState, at: number, options: ReplayOptions): void {
  const { rows } = options.catalog;
  const name = options.names.textOf(rows.names.at(at));
  const quantity = rows.quantities.at(at);
  const kind = rows.kindAt(at);
  const fault = (what: string) => options.fault(state.index, what);
  let product = state.products.get(name);
  if (product === undefined && kind === "product") {
    product = { ...UNBORN };
    state.products.set(name, product);
  }
  if (product === undefined) return fault(`there is no product ${name}`);
  if (product.isHere === (kind === "product")) {
    fault(product.isHere ? `${name} is made, and was there` : `${name} had been removed`);
  }
  const left = product.quantity;
  switch (kind) {
    case "price":
      break;
    case "product":
      product.isHere = true;
      product.maxVolume = rows.maxVolumes.get(at) ?? null;
      product.tradedBefore = product.bought + product.soldBack;
      give(product, "added", quantity);
      break;
    case "stock":
      if (left + quantity < 0) fault(`${-quantity} ${name} taken of ${left}`);
      give(product, "added", quantity);
      break;
    case "remove":
      if (left + quantity !== 0) fault(`${-quantity} ${name} removed of ${left}`);
      product.isHere = false;
      give(product, "added", quantity);
      break;
    case "restock":
      if (left !== 0) fault(`${name} is restocked, and ${left} were left`);
      give(product, "restocked", quantity);
      break;
    default:
      if (quantity > left) fault(`${quantity} ${name} sold, and ${left} were left`);
      if (quantity < 0) product.soldBack -= quantity;
      else product.bought += quantity;
      product.quantity -= quantity;
  }
  product.version = state.index;
  options.onChange?.(state.index, name, product);
}

function give(product: ProductState, as: "added" | "restocked", quantity: number): void {
  product[as] += quantity;
  product.quantity += quantity;
}
