/**
 * The client against a store that can lie. Every lie has to end with exit
 * code 1 and a sentence that names it; what the contract allows has not to.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { send, startFakeStore, type Lie } from "../fake_store.ts";
import { buy, client, lieOnce } from "../run_client.ts";

test("an honest store: exit 0, every request counted, one connection", async (t) => {
  const { code, json, store } = await buy(t, {});
  assert.equal(code, 0);
  assert.equal(json.ok, true);
  assert.equal(json.types.lookup.count, 20);
  assert.equal(json.types.hit.count + json.types.miss.count, 20);
  assert(json.types.hit.count > 0 && json.types.miss.count > 0);
  assert.equal(json.types.order.count, 20);
  assert.equal(json.types.find.count, 20);
  assert.deepEqual(json.orders, {
    made: 20,
    same: 20,
    lost: 0,
    different: 0,
    not_compared: 0,
    doubled: 0,
  });
  assert.equal(store.orders.length, 20);
  // One lists the products, the other buys and compares.
  assert.equal(store.connections, 2);
});

test("p = 0 orders nothing, p = 0.5 about half", async (t) => {
  const store = await startFakeStore(t);
  const none = await client("0", "--url", store.url);
  assert.equal(none.code, 0);
  assert.match(none.out, /No order was made, so there was nothing to compare/);
  assert.equal(store.orders.length, 0);
  const half = await client("0.5", "--url", store.url, "--seed", "1", "--json");
  assert(half.json.orders.made > 30 && half.json.orders.made < 70);
});

test("the same seed makes the same choices, under other keys", async (t) => {
  const stock = { Tux: 1e6, Whale: 1e6, Fox: 1e6 };
  const runs = [await startFakeStore(t, { stock }), await startFakeStore(t, { stock })];
  for (const { url } of runs) await client("0.5", "--seed", "7", "--url", url);
  const [first, second] = runs.map((run) =>
    run.requests.map(({ method, path }) => `${method} ${path}`),
  );
  assert.deepEqual(first, second);
  const keys = runs.flatMap((run) => [...run.keys.keys()]);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) assert.match(key, /^[A-Za-z0-9_.:-]{1,255}$/);
});

test("what is not in stock is not ordered; a 409 in between is no error", async (t) => {
  const empty = await buy(t, { stock: { Tux: 0 } });
  assert.equal(empty.code, 0);
  assert.equal(empty.json.types.order.count + empty.json.types.sold_out.count, 0);

  const soldOut: Lie = (request, response) => {
    if (request.method !== "POST") return false;
    send(response, 409, { error: { code: 409, message: "sold out" } });
    return true;
  };
  const raced = await buy(t, { lie: soldOut });
  assert.equal(raced.code, 0);
  assert.equal(raced.json.types.sold_out.count, 20);
  assert.equal(raced.json.orders.made, 0);
});

test("names are asked for as they are, whatever they contain", async (t) => {
  const stock = { "a/b?c": 9e6, 'Käse "x"': 9e6, "100%": 9e6, ["__proto__"]: 9e6 };
  const { code, json } = await buy(t, { stock });
  assert.equal(json.errors, 0);
  assert.equal(code, 0);
});

test("all pages of the product list are read", async (t) => {
  const lie: Lie = ({ path }, response) => {
    if (!path.startsWith("/products?")) return false;
    const last = path.includes("after=Tux");
    if (!last) response.setHeader("Link", '</products?limit=100&after=Tux>; rel="next"');
    send(response, 200, { data: [{ name: last ? "Whale" : "Tux" }] });
    return true;
  };
  const { store } = await buy(t, { stock: { Tux: 1e6, Whale: 1e6 }, lie });
  assert.deepEqual(new Set(store.orders.map(({ name }) => name)), new Set(["Tux", "Whale"]));
});

test("a list of products that never ends is left at some page", async (t) => {
  const lie: Lie = ({ path }, response) => {
    if (!path.startsWith("/products?")) return false;
    response.setHeader("Link", '</products?limit=100>; rel="next"');
    send(response, 200, { data: [{ name: "Tux" }] });
    return true;
  };
  const { code, store } = await buy(t, { lie });
  assert.equal(code, 0);
  assert.equal(store.requests.filter(({ path }) => path === "/products?limit=100").length, 100);
});

test("an order that is lost is caught", async (t) => {
  const lie: Lie = ({ method }, _response, store) => {
    if (method === "GET" && store.orders[7])
      store.orders.splice(7, 1, { number: 0, name: "", quantity: 0 });
    return false;
  };
  const { code, json } = await buy(t, { lie });
  assert.equal(code, 1);
  assert.equal(json.orders.lost, 1);
  assert.match(
    json.problems[0] ?? "",
    /lost: \{"number":8,"name":"Tux","quantity":1\} was acknowledged/,
  );
});

for (const change of [{ name: "Whale" }, { quantity: 2 }, { number: 9_999 }]) {
  test(`an order that comes back with another ${Object.keys(change)[0]} is caught`, async (t) => {
    const lie = lieOnce("GET", /orders/, 3, (_request, response, store) => {
      send(response, 200, { data: { ...store.orders[2], ...change } });
      return true;
    });
    const { code, json } = await buy(t, { lie });
    assert.equal(code, 1);
    assert.deepEqual([json.orders.same, json.orders.different], [19, 1]);
    assert.match(json.verdict, /MISMATCH/);
  });
}

test("one number for two orders is caught, though the values are equal", async (t) => {
  const lie = lieOnce("POST", /orders/, 5, (_request, response) => {
    send(response, 200, { data: { order_number: 1 } });
    return true;
  });
  const { code, json } = await buy(t, { lie });
  assert.equal(code, 1);
  assert.equal(json.orders.doubled, 1);
  assert.match(json.problems[0] ?? "", /order number 1 was given to two purchases/);
});

const STRANGE: [
  name: string,
  status: number,
  body: unknown,
  path: RegExp,
  type: "lookup" | "order" | "find",
][] = [
  [
    "a 404 for a product that is listed",
    404,
    { error: { code: 404, message: "no" } },
    /products\//,
    "lookup",
  ],
  [
    "another product",
    200,
    { data: { name: "Whale", price: 1, quantity: 1 } },
    /products\//,
    "lookup",
  ],
  [
    "a negative quantity",
    200,
    { data: { name: "Tux", price: 1, quantity: -1 } },
    /products\//,
    "lookup",
  ],
  ["a 500", 500, { error: { code: 500, message: "bug" } }, /orders/, "order"],
  ["a 404 for an order", 404, { error: { code: 404, message: "no" } }, /orders$/, "order"],
  ["an order number in words", 200, { data: { order_number: "one" } }, /orders$/, "order"],
  ["a success without data", 200, {}, /orders$/, "order"],
  ["null", 200, null, /orders$/, "order"],
  ["an order without name", 200, { data: { number: 1, quantity: 1 } }, /orders\//, "find"],
];

for (const [name, status, body, path, type] of STRANGE) {
  test(`${name} is a failed request`, async (t) => {
    const method = type === "order" ? "POST" : "GET";
    const lie = lieOnce(method, path, 2, (_request, response) => {
      send(response, status, body as object);
      return true;
    });
    const { code, json } = await buy(t, { lie });
    assert.equal(code, 1);
    assert.equal(json.types[type].errors, 1);
    assert.equal(json.errors, 1);
    assert.match(json.problems[0] ?? "", new RegExp(`was answered ${status}`));
  });
}

test("an answer that is not JSON is a failed request", async (t) => {
  const lie = lieOnce("POST", /orders/, 2, (_request, response) => {
    response.end("<h1>It works!</h1>");
    return true;
  });
  const { code, json } = await buy(t, { lie });
  assert.equal(code, 1);
  assert.match(json.problems[0] ?? "", /It works/);
});
