/** A store's words come from its table alone: a store that also buys back is one more table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Vocabulary } from "../../../frontend/api/store_format.ts";
import type { Store } from "../../../shared/stores/store.ts";
import { toys } from "../../../shared/stores/toys.ts";

const exchange: Store = {
  ...toys,
  name: "exchange",
  productFields: ["name", "price", "quantity", "volume"],
  orderTypes: ["buy", "sell"],
  orderNumberField: "transaction_number",
};
const ORDER = { quantity: 2, type: "sell", name: "GameStart", number: 4 } as const;

test("fields are shown in the store's order, and no others", () => {
  const product = { volume: 7, quantity: 100, topic: "none", price: 15.99, name: 'Tu"x' };
  assert.equal(
    new Vocabulary(toys).showProduct(product),
    '{"data":{"name":"Tu\\"x","price":15.99,"quantity":100}}',
  );
  assert.equal(
    new Vocabulary(exchange).showProducts([product]),
    '{"data":[{"name":"Tu\\"x","price":15.99,"quantity":100,"volume":7}]}',
  );
  assert.equal(new Vocabulary(toys).showProducts([]), '{"data":[]}');
});

test("an order shows its type only where there is more than one", () => {
  assert.equal(
    new Vocabulary(toys).showOrder(ORDER),
    '{"data":{"number":4,"name":"GameStart","quantity":2}}',
  );
  assert.equal(
    new Vocabulary(exchange).showOrder(ORDER),
    '{"data":{"number":4,"name":"GameStart","type":"sell","quantity":2}}',
  );
  assert.equal(new Vocabulary(exchange).showOrdered(4), '{"data":{"transaction_number":4}}');
});

test("an order may say its type only where there is more than one", () => {
  const sell = { name: "GameStart", quantity: 2, type: "sell" };
  assert.deepEqual(new Vocabulary(exchange).parseOrder(sell), sell);
  const refused = { name: "AppError", reason: "bad_request" };
  assert.throws(() => new Vocabulary(toys).parseOrder({ ...sell, type: "buy" }), refused);
  assert.throws(() => new Vocabulary(exchange).parseOrder({ ...sell, type: "lend" }), refused);
  const { type } = new Vocabulary(exchange).parseOrder({ name: "GameStart", quantity: 2 });
  assert.equal(type, "buy");
});
