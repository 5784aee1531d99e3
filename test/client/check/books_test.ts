/** What the audit says of a product's books: sums that differ, and bounds that are exceeded. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imbalanceOf, type ProductBooks } from "../../../client/check/books.ts";

const BOOKS: ProductBooks = {
  name: "FishCo", initial: 100, restocked: 0, soldBack: 4, added: 1, bought: 6, quantity: 99,
  maxVolume: 10, tradedBefore: 0,
};

test("books that balance within their bound are good", () => {
  assert.equal(imbalanceOf(BOOKS), null);
  assert.equal(imbalanceOf({ ...BOOKS, maxVolume: null }), null);
});

test("a sum that is not there and a bound that is exceeded are told apart", () => {
  const lost = imbalanceOf({ ...BOOKS, quantity: 98 });
  assert.equal(lost, "FishCo: 100 + 0 + 4 + 1 - 6 = 99, and the catalog has 98");
  const over = imbalanceOf({ ...BOOKS, maxVolume: 9 });
  assert.equal(over, "FishCo: 10 were traded, of at most 9");
  assert.equal(imbalanceOf({ ...BOOKS, maxVolume: 9, tradedBefore: 1 }), null);
});
