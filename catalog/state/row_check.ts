/**
 * Whether rows of another replica may follow those that are here: each is held
 * against the state that the rows before it make. catalog_state.ts asserts the same as
 * it applies them, as by then it would be a bug; here it is somebody's word,
 * and refused.
 *
 *      … after  |  own rows beyond, in whose place theirs are to come
 *         └────────▶ tried: checked and applied, one by one, and undone
 *
 * As a rule there are none beyond, and of one row alone none is applied.
 */
import { AppError } from "../../shared/errors.ts";
import { isTerm } from "../../shared/terms.ts";
import type { ProductRecord } from "./products.ts";
import type { NewProductRow, Row, SaleRow } from "./rows.ts";
import type { CatalogState } from "./catalog_state.ts";

/**
 * Leaves the state as it was.
 * @throws bad_request, conflict: one of them cannot follow
 */
export function checkRows(state: CatalogState, after: number, rows: readonly Row[]): void {
  const own: Row[] = [];
  for (let index = after + 1; index <= state.lastIndex; index++) own.push(state.rowAt(index));
  state.cut(after);
  try {
    for (let at = 0; at < rows.length; at++) {
      checkRow(state, rows[at]!);
      if (at < rows.length - 1) state.apply(after + 1 + at, rows[at]!);
    }
  } finally {
    state.cut(after);
    own.forEach((row, at) => state.apply(after + 1 + at, row));
  }
}

/** All replicas of a group begin with the same products. @throws conflict */
export function checkInitial({ initial: own }: CatalogState, index: number, initial: string): void {
  if (initial === own) return;
  const message =
    `Cannot take row ${index}: its store was born with other products (${initial}) ` +
    `than this replica (${own})`;
  throw new AppError("conflict", message);
}

function checkRow(state: CatalogState, row: Row): void {
  switch (row.kind) {
    case "open":
      return checkInitial(state, state.lastIndex + 1, row.initial);
    case "fence":
      // Out of bounds it counts as none: see catalog_state.ts.
      if (isTerm(row.term) && row.term <= state.ledger.fence.term) throw no(state, row, "a fence");
      return;
    case "sale":
      return checkSale(state, row);
    case "product":
      return checkNew(state, row);
    case "price":
      findHere(state, row);
      return;
    case "restock":
    case "stock":
      return checkMove(state, row, row.quantity);
    case "remove":
      if (findHere(state, row).quantity + row.quantity !== 0) throw no(state, row, "a rest");
  }
}

function checkSale(state: CatalogState, row: SaleRow): void {
  const { ledger } = state;
  const { sale, settled, key, type, quantity } = row;
  if (sale !== ledger.next) throw no(state, row, `sale ${sale} where ${ledger.next} is next`);
  if (settled < ledger.settled || settled >= ledger.next) throw no(state, row, "settled");
  if (ledger.numberOf(key) > settled) throw no(state, row, "a key that is known");
  checkMove(state, row, type === "buy" ? -quantity : quantity);
}

function checkNew({ products, lastIndex }: CatalogState, row: NewProductRow): void {
  const { name, traits: { id } } = row;
  const before = products.find(name);
  if (before?.life.isHere) throw no({ lastIndex }, row, "one that is here");
  const own = before?.life.traits.id;
  const isIdOfOther = id !== undefined && id !== own && products.findById(id) !== undefined;
  if (isIdOfOther || (before !== undefined && id !== own)) throw no({ lastIndex }, row, "its id");
}

function checkMove(state: CatalogState, row: NamedRow, pieces: number): void {
  const quantity = findHere(state, row).quantity + pieces;
  if (!(Number.isSafeInteger(quantity) && quantity >= 0)) {
    throw no(state, row, `it would be ${quantity} pieces`);
  }
}

function findHere(state: CatalogState, row: NamedRow): ProductRecord {
  const product = state.products.find(row.name);
  if (!product?.life.isHere) throw no(state, row, "of no product");
  return product;
}

type NamedRow = Extract<Row, { name: string }>;

function no({ lastIndex }: { lastIndex: number }, { kind }: Row, why: string): AppError {
  return new AppError("bad_request", `Row ${lastIndex + 1}, ${kind}, cannot follow: ${why}`);
}
