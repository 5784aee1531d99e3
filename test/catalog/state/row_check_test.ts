/** Rows of another replica held against the state: what cannot follow is refused, untaken. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRows } from "../../../catalog/state/row_check.ts";
import type { Row, SaleRow } from "../../../catalog/state/rows.ts";
import { CatalogState } from "../../../catalog/state/catalog_state.ts";

const TOYS = [
  { name: "Tux", price: 15.99, quantity: 10, traits: { id: 1 } },
  { name: "Whale", price: 34.99, quantity: 1, traits: { id: 2 } },
];
const SALE: SaleRow = {
  kind: "sale", name: "Tux", type: "buy", quantity: 2, key: "c", sale: 3, settled: 0,
};

/** Two sales, of which the first is visible; sale 3 is next, in row 5. */
function someState(): CatalogState {
  const state = new CatalogState(TOYS);
  state.apply(1, { kind: "open", initial: state.initial });
  state.apply(2, { kind: "fence", term: 4, leader: 1 });
  state.apply(3, { ...SALE, key: "a", sale: 1 });
  state.reveal(3);
  state.apply(4, { ...SALE, key: "b", sale: 2 });
  return state;
}

const product = (name: string, id: number): Row =>
  ({ kind: "product", name, quantity: 1, price: 1, traits: { id } });

const WRONG: Record<string, Row[]> = {
  "of a store with other products": [{ kind: "open", initial: "0badcafe" }],
  "a fence that does not rise": [{ kind: "fence", term: 4, leader: 2 }],
  "a sale with a number left out": [{ ...SALE, sale: 4 }],
  "a sale with a number again": [{ ...SALE, sale: 2 }],
  "a sale of no product": [{ ...SALE, name: "Lego" }],
  "a sale of more than there is": [{ ...SALE, quantity: 7 }],
  "a sell of more than can be counted": [{ ...SALE, type: "sell", quantity: 2 ** 53 - 1 }],
  "a sale under a known key": [{ ...SALE, key: "b" }],
  "a sale that settles what is not sold": [{ ...SALE, settled: 3 }],
  "a sale that unsettles": [{ ...SALE, settled: 2 }, { ...SALE, key: "d", sale: 4, settled: 1 }],
  "two sales that are too much together": [
    { ...SALE, quantity: 4 }, { ...SALE, key: "d", sale: 4, quantity: 4 },
  ],
  "a restock of no product": [{ kind: "restock", name: "Lego", quantity: 1 }],
  "a price of no product": [{ kind: "price", name: "Lego", price: 1 }],
  "a stock below nothing": [{ kind: "stock", name: "Tux", quantity: -7 }],
  "a removal that leaves something": [{ kind: "remove", name: "Tux", quantity: -5 }],
  "a new product that is here": [product("Tux", 1)],
  "a new product with the id of another": [product("Lego", 2)],
  "a product that comes again under another id": [
    { kind: "remove", name: "Whale", quantity: -1 }, product("Whale", 3),
  ],
  "a sale of what is removed": [
    { kind: "remove", name: "Tux", quantity: -6 }, { ...SALE, quantity: 1 },
  ],
};

for (const [what, rows] of Object.entries(WRONG)) {
  test(`refused: ${what}`, () => {
    const state = someState();
    const before = state.snapshot();
    assert.throws(() => checkRows(state, 4, rows), {
      name: "AppError", reason: /^bad_request$|^conflict$/,
    });
    assert.equal(state.snapshot(), before);
    assert.equal(state.lastIndex, 4);
  });
}

test("what follows is let in, and in the place of own rows that are to be cut", () => {
  const state = someState();
  const before = state.snapshot();
  const rows: Row[] = [
    { kind: "open", initial: state.initial }, { kind: "fence", term: 9, leader: 2 },
    { ...SALE, key: "b", sale: 2, quantity: 8 }, { ...SALE, type: "sell", settled: 2, key: "a" },
    { kind: "remove", name: "Whale", quantity: -1 }, product("Whale", 2), product("Lego", 3),
    { kind: "fence", term: 2 ** 53 - 1, leader: 2 }, { kind: "fence", term: 1, leader: 2 },
    { kind: "restock", name: "Tux", quantity: 5 }, { kind: "price", name: "Tux", price: 2 },
  ];
  checkRows(state, 3, rows);
  assert.equal(state.snapshot(), before);
  assert.throws(() => checkRows(state, 4, rows), { reason: "bad_request" });
  assert.equal(state.snapshot(), before);
  assert.equal(state.visibleIndex, 3);
  state.cut(3);
  rows.forEach((row, at) => state.apply(4 + at, row));
});
