/** The public contract of the toy store, byte for byte. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LookupAsk } from "../../frontend/owner_messages.ts";
import { AppError } from "../../shared/errors.ts";
import type { PlaceResult } from "../../shared/messages/messages.ts";
import { startPublicApi } from "./public_api.ts";

const TUX_BODY = '{"data":{"name":"Tux","price":15.99,"quantity":100}}';
const BUY = '{"name":"Tux","quantity":1}';

function product(
  from: string,
  timing: string,
  { status = "200 OK", body = TUX_BODY } = {},
): string {
  return `HTTP/1.1 ${status}
Content-Type: application/json
Cache-Control: no-cache
ETag: "c5e69c89-3"
Cache-Status: frontend-1; ${from}
Server-Timing: ${timing}
Content-Length: 52

${body}`;
}

test("a product: a miss that is stored, then a hit", async (t) => {
  const api = await startPublicApi(t);
  const fetched = product("fwd=miss; stored", "catalog;dur=*");
  assert.equal(await api.send("GET /products/Tux"), fetched);
  assert.equal(await api.send("GET /products/Tux"), product("hit", "cache;desc=hit"));
  assert.deepEqual(api.owner.asked, [{ kind: "lookup", body: { name: "Tux", lease: 1 } }]);
  assert.deepEqual(api.counts, { hits: 1, misses: 1, evictions: 0, entries: 1 });
});

test("HEAD of a product has its length and no body", async (t) => {
  const api = await startPublicApi(t);
  await api.send("GET /products/Tux");
  const answer = await api.send("HEAD /products/Tux");
  assert.equal(answer, product("hit", "cache;desc=hit", { body: "" }));
});

test("an invalidated product is fetched again", async (t) => {
  const api = await startPublicApi(t);
  await api.send("GET /products/Tux");
  api.epochs.raise(["Tux"]);
  assert.match(await api.send("GET /products/Tux"), /fwd=miss; stored/);
});

test("what must not be kept is passed on and not stored", async (t) => {
  const api = await startPublicApi(t);
  const found = api.owner.answers["lookup"]!;
  api.owner.answers["lookup"] = (body) => ({ ...(found(body) as object), keep: false });
  for (let nth = 0; nth < 2; nth++) {
    assert.equal(await api.send("GET /products/Tux"), product("fwd=miss", "catalog;dur=*"));
  }
});

test("with the cache off, or without a lease, every look-up goes to the catalog", async (t) => {
  const off = await startPublicApi(t, { cacheSize: 0 });
  const unleased = await startPublicApi(t, { leased: false });
  for (let nth = 1; nth <= 2; nth++) {
    assert.equal(await off.send("GET /products/Tux"), product("fwd=bypass", "catalog;dur=*"));
    assert.equal(await unleased.send("GET /products/Tux"), product("fwd=miss", "catalog;dur=*"));
    assert.equal(off.owner.asked.length, nth);
    assert.equal(unleased.owner.asked.length, nth);
  }
});

test("If-None-Match: 304 with the headers of the 200, compared weakly, hit or miss", async (t) => {
  const api = await startPublicApi(t);
  for (const [tag, from, timing] of [
    ['"c5e69c89-3"', "fwd=miss; stored", "catalog;dur=*"],
    ['"x", W/"c5e69c89-3"', "hit", "cache;desc=hit"],
    ["*", "hit", "cache;desc=hit"],
  ] as const) {
    const answer = await api.send("GET /products/Tux", [`If-None-Match: ${tag}`]);
    assert.equal(answer, product(from, timing, { status: "304 Not Modified", body: "" }));
  }
  const other = await api.send("GET /products/Tux", ['If-None-Match: "c5e69c89-2"']);
  assert.equal(other, product("hit", "cache;desc=hit"));
});

test("a product that is not there, and one that nobody can look up", async (t) => {
  const api = await startPublicApi(t);
  assert.equal(await api.send("GET /products/Nobody"), `HTTP/1.1 404 Not Found
Content-Type: application/json
Cache-Control: no-store
Cache-Status: frontend-1; fwd=miss
Server-Timing: catalog;dur=*
Content-Length: 59

{"error":{"code":404,"message":"There is no such product"}}`);
  api.owner.answers["lookup"] = () => {
    throw new AppError("unavailable", "There is no leader at the moment");
  };
  assert.equal(await api.send("GET /products/Tux"), `HTTP/1.1 503 Service Unavailable
Content-Type: application/json
Cache-Control: no-store
Retry-After: 1
Server-Timing: catalog;dur=*
Content-Length: 67

{"error":{"code":503,"message":"There is no leader at the moment"}}`);
});

test("names: encoded, in another normal form, and of any object's properties", async (t) => {
  const api = await startPublicApi(t);
  for (const [path, name] of [
    ["Lego%20%22Brick%22%2C%202%2F3", 'Lego "Brick", 2/3'],
    ["B%C3%A4r", "Bär"],
    ["Ba%CC%88r", "Bär"],
    ["__proto__", "__proto__"],
  ]) {
    await api.send(`GET /products/${path}`);
    assert.equal(api.owner.latest<LookupAsk>().name, name);
  }
});

test("a list: its query, its order, the page after it, from memory the second time", async (t) => {
  const api = await startPublicApi(t);
  const fox = { name: "Fox", price: 17.25, quantity: 4 };
  const cube = { quantity: 9, price: 1, name: "Rubik cube" };
  api.owner.answers["list"] = () => {
    return { products: [fox, cube], more: true, version: 12, keep: true };
  };
  const list = (from: string, timing: string): string => `HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: no-cache
ETag: "c5e69c89-12"
Link: </products?q=%26u&limit=2&after=Rubik%20cube>; rel="next"
Cache-Status: frontend-1; ${from}
Server-Timing: ${timing}
Content-Length: 97

{"data":[{"name":"Fox","price":17.25,"quantity":4},{"name":"Rubik cube","price":1,"quantity":9}]}`;
  const request = "GET /products?limit=2&q=%26u&after=";
  assert.equal(await api.send(request), list("fwd=miss; stored", "catalog;dur=*"));
  assert.equal(await api.send(request), list("hit", "cache;desc=hit"));
  const query = { topic: null, q: "&u", limit: 2, after: null };
  assert.deepEqual(api.owner.asked, [{ kind: "list", body: { query, lease: 1 } }]);
  const known = await api.send(request, ['If-None-Match: W/"c5e69c89-12"']);
  assert.match(known, /^HTTP\/1\.1 304 /);
  api.epochs.raise(["Any other"]);
  assert.equal(await api.send(request), list("fwd=miss; stored", "catalog;dur=*"));
});

test("an order: placed under a key made here", async (t) => {
  const api = await startPublicApi(t);
  const answer = await api.send("POST /orders", ["Content-Type: application/json"], BUY);
  assert.equal(answer, `HTTP/1.1 200 OK
Idempotency-Key: ~*
Server-Timing: order;dur=*
Location: /orders/7
Content-Type: application/json
Cache-Control: no-store
Content-Length: 27

{"data":{"order_number":7}}`);
  const { key, ...purchase } = JSON.parse(api.owner.latest<string>());
  assert.match(key, /^~[A-Za-z0-9_-]{22}$/);
  assert.deepEqual(purchase, { name: "Tux", type: "buy", quantity: 1 });
  await api.send("POST /orders", [], BUY);
  assert.notEqual(JSON.parse(api.owner.latest<string>()).key, key);
});

test("an order under the buyer's key, replayed; a key made here comes back as one", async (t) => {
  const api = await startPublicApi(t);
  api.owner.answers["place"] = () => ({ code: "ordered", number: 7, replayed: true });
  for (const key of ["my.key:1_2-3", "a".repeat(255), "~AAAAAAAAAAAAAAAAAAAAAA"]) {
    const answer = await api.send("POST /orders", [`Idempotency-Key: ${key}`], BUY);
    assert.match(answer, /^HTTP\/1\.1 200 OK\nIdempotency-Key: /);
    assert.match(answer, /\nIdempotency-Replayed: true\n/);
    assert.equal(JSON.parse(api.owner.latest<string>()).key, key);
  }
});

const REFUSED: [result: PlaceResult, status: string, retry: boolean, message: string][] = [
  [{ code: "not_found" }, "404 Not Found", false, "There is no such product"],
  [{ code: "out_of_stock", left: 3 }, "409 Conflict", false, "Not enough stock: 3 left"],
  [
    { code: "key_reused" },
    "422 Unprocessable Entity",
    false,
    "This Idempotency-Key belongs to another order",
  ],
  [
    { code: "unavailable", message: "There is no order leader at the moment" },
    "503 Service Unavailable",
    true,
    "There is no order leader at the moment: try again with the same body",
  ],
  [
    { code: "unknown", message: "It is not known whether this order was placed" },
    "503 Service Unavailable",
    true,
    "It is not known whether this order was placed: " +
      "repeat it with the same body and the Idempotency-Key of this answer",
  ],
];

for (const [result, status, retry, message] of REFUSED) {
  test(`an order refused: ${result.code}`, async (t) => {
    const api = await startPublicApi(t);
    api.owner.answers["place"] = () => result;
    const body = JSON.stringify({ error: { code: Number(status.slice(0, 3)), message } });
    const expected = `HTTP/1.1 ${status}
Content-Type: application/json
Cache-Control: no-store
${retry ? "Retry-After: 1\n" : ""}Idempotency-Key: mine
Server-Timing: order;dur=*
Content-Length: ${body.length}

${body}`;
    assert.equal(await api.send("POST /orders", ["Idempotency-Key: mine"], BUY), expected);
  });
}

test("a found order is kept for ever, one that is not there is not", async (t) => {
  const api = await startPublicApi(t);
  assert.equal(await api.send("GET /orders/7"), `HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: public, max-age=31536000, immutable
Server-Timing: order;dur=*
Content-Length: 47

{"data":{"number":7,"name":"Tux","quantity":1}}`);
  const missing = `HTTP/1.1 404 Not Found
Content-Type: application/json
Cache-Control: no-store
Server-Timing: order;dur=*
Content-Length: 57

{"error":{"code":404,"message":"There is no such order"}}`;
  assert.equal(await api.send("GET /orders/8"), missing);
  assert.equal(await api.send("GET /orders/9999999999999999"), missing);
  assert.equal(api.owner.asked.length, 2, "no order has a number that is not exact");
});

test("the leader, and none", async (t) => {
  const api = await startPublicApi(t);
  assert.match(await api.send("GET /leader"), /\n\n\{"data":\{"id":3,"term":5\}\}$/);
  api.owner.answers["leader"] = () => null;
  const none = await api.send("GET /leader");
  assert.match(none, /^HTTP\/1\.1 503 /);
  assert.match(none, /\nRetry-After: 1\n/);
});

test("the status is the owner's", async (t) => {
  const api = await startPublicApi(t);
  assert.match(await api.send("GET /status"), /\n\n\{"data":\{"store":"toys","members":\[\]\}\}$/);
});

test("livez: alive unless the owner is stuck", async (t) => {
  const api = await startPublicApi(t);
  assert.match(await api.send("GET /livez"), /^HTTP\/1\.1 200 /);
  api.owner.isHealthy = false;
  assert.match(await api.send("GET /livez"), /^HTTP\/1\.1 503 /);
});

test("readyz: a leader, a catalog, and not stopping", async (t) => {
  const api = await startPublicApi(t);
  assert.match(await api.send("GET /readyz"), /\n\n\{"data":"ready"\}$/);
  const verbose = await api.send("GET /readyz?verbose");
  assert.match(verbose, /\{"data":\{"ready":true,"checks":\[\{"name":"owner","ok":true\},/);
  api.owner.answers["ready"] = () => ({ orderLeader: false, catalog: true });
  const notReady = await api.send("GET /readyz");
  assert.match(notReady, /^HTTP\/1\.1 503 /);
  assert.match(notReady, /"message":"Not ready: order leader failed"/);
  const all = await api.send("GET /readyz?verbose");
  assert.match(all, /: owner ok, order leader failed, catalog ok,/);
  api.owner.answers["ready"] = () => ({ orderLeader: true, catalog: true });
  api.owner.tell("stopping");
  assert.match(await api.send("GET /readyz"), /"message":"Not ready: not stopping failed"/);
});
