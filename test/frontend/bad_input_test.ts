/**
 * What a buyer can send that is no proper request of this store, row by row
 * of the list of bad inputs; what is wrong with any HTTP request is in
 * test/shared/http/bad_input_test.ts. Each is refused with an error of our
 * shape, nobody is asked for anything, and the front-end goes on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPublicApi } from "./public_api.ts";

type Body = string | Buffer;
type Case = [row: number | string, what: string, line: string, status: number, body?: Body];

function order(row: number, what: string, body: Body, status = 400): Case {
  return [row, what, "POST /orders", status, body];
}

function quantity(row: number, text: string, status = 400): Case {
  return order(row, `quantity ${text}`, `{"name":"Tux","quantity":${text}}`, status);
}

function named(row: number, what: string, name: string, status = 400): Case {
  return order(row, what, `{"name":${name},"quantity":1}`, status);
}

const ORDERS: Case[] = [
  order(2, "not JSON", "{name:Tux}"),
  order(2, "truncated JSON", '{"name":"Tux","quant'),
  order(4, "invalid UTF-8", Buffer.from('{"name":"T\xffx","quantity":1}', "latin1")),
  order(5, "an array", "[]"),
  order(5, "a string", '"Tux"'),
  order(5, "null", "null"),
  order(6, "no name", '{"quantity":1}'),
  order(6, "no quantity", '{"name":"Tux"}'),
  named(7, "a number for a name", "7"),
  named(7, "null for a name", "null"),
  named(7, "an empty name", '""'),
  named(7, "spaces for a name", '"   "'),
  named(7, "a name of 65 characters", JSON.stringify("x".repeat(65))),
  named(8, "a name with NUL", '"T\\u0000x"'),
  named(8, "a name with a line break", '"T\\nx"'),
  named(8, "a name with a bidirectional override", '"T\\u202ex"'),
  named(10, "a name that is a formula", '"=1+1"'),
  named(11, "half a character", '"\\ud800"'),
  order(14, "__proto__ as a field", '{"name":"Tux","quantity":1,"__proto__":{"quantity":5}}'),
  order(15, "an unknown field", '{"name":"Tux","quantity":1,"price":0}'),
  order(15, "a type in a store that only sells", '{"name":"Tux","quantity":1,"type":"buy"}'),
  quantity(17, "0"),
  quantity(17, "-1"),
  quantity(17, "-0"),
  quantity(18, "1.5"),
  quantity(18, '"1"'),
  quantity(18, "true"),
  quantity(18, "[1]"),
  quantity(18, "null"),
  quantity(19, "1e400"),
  quantity(20, "9007199254740993"),
  quantity(23, "1000001"),
  quantity(23, "1e21"),
  order(25, "deep nesting", `{"name":${"[".repeat(20_000)}${"]".repeat(20_000)},"quantity":1}`),
  order(26, "a body over the limit", " ".repeat(70_000), 413),
  [47, "a query", "POST /orders?dry=1", 400, '{"name":"Tux","quantity":1}'],
];

const PRODUCTS: Case[] = [
  [8, "a control character", "GET /products/T%0Ax", 400],
  [10, "a formula", "GET /products/=1", 400],
  [11, "half a character, encoded", "GET /products/%ED%A0%80", 400],
  [39, "no name", "GET /products/", 404],
  [39, "a slash at the end", "GET /products/Tux/", 404],
  [43, "a percent sign alone", "GET /products/%", 400],
  [43, "a broken encoding", "GET /products/%zz", 400],
  [43, "bytes that are no text", "GET /products/%ff", 400],
  [44, "NUL", "GET /products/%00", 400],
  [7, "a name of 65 characters", `GET /products/${"x".repeat(65)}`, 400],
  [47, "a query where none is taken", "GET /products/Tux?limit=1", 400],
  [47, "an unknown parameter", "GET /products?page=2", 400],
  [47, "a parameter twice", "GET /products?limit=1&limit=2", 400],
  [47, "a broken encoding in a query", "GET /products?q=%zz", 400],
  [47, "limit 0", "GET /products?limit=0", 400],
  [47, "limit 101", "GET /products?limit=101", 400],
  [47, "limit 1.5", "GET /products?limit=1.5", 400],
  [47, "no limit after its equals sign", "GET /products?limit=", 400],
  [47, "a long q", `GET /products?q=${"x".repeat(65)}`, 400],
  [34, "PUT", "PUT /products/Tux", 405],
  [34, "POST to a product", "POST /products/Tux", 405],
  ["admin", "a new product", "POST /products", 404, '{"name":"New","price":1,"quantity":1}'],
  ["admin", "a price", "PATCH /products/Tux", 404, '{"price":1}'],
  ["admin", "a removal", "DELETE /products/Tux", 404],
];

const NUMBERS = ["0", "-1", "01", "+1", "1.0", "1e3", "0x10", "%2012", "9".repeat(17), "%D9%A1"];

const OTHERS: Case[] = [
  ...NUMBERS.map((text): Case => [45, `order ${text}`, `GET /orders/${text}`, 400]),
  [45, "no order number", "GET /orders/", 404],
  [34, "GET of what is only posted to", "GET /orders", 405],
  [34, "PUT", "PUT /orders/7", 405],
  [39, "an unknown path", "GET /nothing", 404],
  ["index", "the page, for now", "GET /", 404],
  [85, "an internal call on the public port", "POST /invalidate", 404, "{}"],
  [85, "another internal call", "GET /health", 404],
];

const KEYS = ["", "a".repeat(256), "a b", '"quoted"', "a,b", "~mine", "-1", "k\u00e9y"];

for (const [row, what, line, status, body] of [...ORDERS, ...PRODUCTS, ...OTHERS]) {
  test(`row ${row}: ${what}`, async (t) => {
    const api = await startPublicApi(t);
    const answer = await api.send(line, [], body);
    checkRefused(answer, status);
    assert.deepEqual(api.owner.asked, []);
    const allow = /\nAllow: (.+)\n/.exec(answer)?.[1];
    if (status === 405) assert.match(allow!, /^(GET, HEAD|POST)$/);
    assert.match(await api.send("GET /livez"), /^HTTP\/1\.1 200 /);
  });
}

for (const key of KEYS) {
  test(`row 74: Idempotency-Key ${JSON.stringify(key.slice(0, 10))}`, async (t) => {
    const api = await startPublicApi(t);
    const headers = [`Idempotency-Key: ${key}`];
    checkRefused(await api.send("POST /orders", headers, '{"name":"Tux","quantity":1}'), 400);
    assert.deepEqual(api.owner.asked, []);
  });
}

test("row 75: two keys", async (t) => {
  const api = await startPublicApi(t);
  const headers = ["Idempotency-Key: a", "Idempotency-Key: b"];
  checkRefused(await api.send("POST /orders", headers, '{"name":"Tux","quantity":1}'), 400);
  assert.deepEqual(api.owner.asked, []);
});

test("a refused body is answered with the buyer's key, or one made here", async (t) => {
  const api = await startPublicApi(t);
  for (const [headers, key] of [[["Idempotency-Key: mine"], "mine"], [[], "~\\*"]] as const) {
    const answer = await api.send("POST /orders", headers, "{}");
    checkRefused(answer, 400);
    assert.match(answer, new RegExp(`\nIdempotency-Key: ${key}\n`));
  }
});

for (const [row, what, body] of [
  [16, "a field twice: the last counts", '{"name":"Fox","quantity":1,"name":"Tux"}'],
  [21, "an integer in another spelling", '{"name":"Tux","quantity":1e0}'],
  [29, "no content type", '{"quantity":1,"name":"Tux"}'],
] as const) {
  test(`row ${row} is taken: ${what}`, async (t) => {
    const api = await startPublicApi(t);
    assert.match(await api.send("POST /orders", [], body), /^HTTP\/1\.1 200 /);
    const { name, quantity: bought } = JSON.parse(api.owner.latest<string>());
    assert.deepEqual({ name, bought }, { name: "Tux", bought: 1 });
  });
}

function checkRefused(answer: string, status: number): void {
  const [head = "", body = ""] = answer.split("\n\n");
  assert.match(head, new RegExp(`^HTTP/1.1 ${status} `), answer.slice(0, 300));
  assert.match(head, /\nContent-Type: application\/json\n/);
  assert.match(head, /\nCache-Control: no-store\n/);
  const { error, ...rest } = JSON.parse(body);
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(error), ["code", "message"]);
  assert.equal(error.code, status);
  assert(error.message.length > 5);
}
