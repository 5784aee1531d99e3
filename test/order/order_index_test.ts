/** Orders found by number across opening rows, and back when rows are cut. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { OrderIndex } from "../../order/order_index.ts";
import { formatOpening, formatOrder, keyOf, parseOrder } from "../../order/order_row.ts";

const TIME = "2026-01-31T12:00:00.000Z";

function order(number: number, key: string): string {
  return formatOrder(number, TIME, { key, name: "Tux", type: "buy", quantity: 2 }, number);
}

test("an order reads back as it was written, whatever its name", () => {
  for (const name of ["Tux", 'A "big", red ball', "__proto__", "Käse", ",", '"']) {
    const purchase = { key: "a:b_c.d-e", name, type: "buy", quantity: 3 } as const;
    const row = formatOrder(7, TIME, purchase, 9);
    assert.deepEqual(parseOrder(row), { number: 7, time: TIME, ...purchase, sale: 9 });
    assert.equal(keyOf(row), "a:b_c.d-e");
  }
});

test("orders are found by number across the rows that open terms", () => {
  const index = new OrderIndex(5);
  const rows: (number | null)[] = [null, 1, 2, null, null, 3, null, 4, 5];
  rows.forEach((number, at) => {
    index.add(at + 1, number === null ? formatOpening(TIME) : order(number, `k${number}`));
  });
  assert.equal(index.count, 5);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((number) => index.indexOf(number)),
    [2, 3, 6, 8, 9],
  );
  assert.throws(() => index.indexOf(6));
});

test("rows that are cut take their numbers and keys with them", () => {
  const index = new OrderIndex(5);
  index.add(1, formatOpening(TIME));
  index.add(2, order(1, "a"));
  index.add(3, formatOpening(TIME));
  index.add(4, order(2, "b"));
  index.cut(2);
  assert.equal(index.count, 1);
  assert.deepEqual(index.candidates("b"), []);
  index.add(3, order(2, "c"));
  assert.equal(index.indexOf(2), 3);
  assert.deepEqual(index.candidates("c"), [2]);
});

test("a row with a number out of turn is a bug", () => {
  const index = new OrderIndex(5);
  index.add(1, formatOpening(TIME));
  assert.throws(() => index.add(2, order(2, "a")), /order 1/);
  assert.throws(() => new OrderIndex(5).add(2, formatOpening(TIME)), /in order/);
});
