/** Rows of another replica's order log: what is none, or cannot follow, is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OrderIndex } from "../../order/order_index.ts";
import { formatOpening, formatOrder } from "../../order/order_row.ts";

const OPENING = formatOpening("t");

function order(number: number): string {
  return formatOrder(number, "t", { key: "k", name: "Tux", type: "buy", quantity: 1 }, number);
}

/** Behind an opening row, orders 1 and 2, and another opening row. */
function someIndex(): OrderIndex {
  const index = new OrderIndex(1);
  [OPENING, order(1), order(2), OPENING].forEach((row, at) => index.add(at + 1, row));
  return index;
}

const WRONG: Record<string, string[]> = {
  "nothing": [""],
  "too few columns": ["3,t,Tux,buy,1,k"],
  "too many columns": ["3,t,Tux,buy,1,k,3,"],
  "a quote that is not closed": ['3,t,"Tux,buy,1,k,3'],
  "an opening row with a key": [",t,,,,k,"],
  "a number again": [order(2)],
  "a number left out": [order(4)],
  "a number out of turn among others": [order(3), OPENING, order(3)],
  "a number that is none": ["x,t,Tux,buy,1,k,3"],
  "a number with a zero before it": ["03,t,Tux,buy,1,k,3"],
  "no name": ["3,t,,buy,1,k,3"],
  "an unknown type": ["3,t,Tux,give,1,k,3"],
  "a quantity of nothing": ["3,t,Tux,buy,0,k,3"],
  "a quantity that is none": ["3,t,Tux,buy,1e2,k,3"],
  "no key": ["3,t,Tux,buy,1,,3"],
  "a key that is none": ["3,t,Tux,buy,1,k k,3"],
  "no sale": ["3,t,Tux,buy,1,k,"],
};

for (const [what, rows] of Object.entries(WRONG)) {
  test(`refused: ${what}`, () => {
    const index = someIndex();
    assert.throws(() => index.check(4, rows), { name: "AppError", reason: "bad_request" });
    assert.equal(index.count, 2);
  });
}

test("what follows is let in, wherever in the log it is to stand", () => {
  const index = someIndex();
  index.check(4, [order(3), OPENING, order(4)]);
  index.check(3, [order(3)]);
  index.check(2, [OPENING, order(2)]);
  index.check(0, [order(1)]);
  assert.throws(() => index.check(2, [order(3)]), { reason: "bad_request" });
  assert.equal(index.count, 2);
});
