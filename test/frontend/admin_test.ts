/** The admin's door: who gets in, what is asked of the catalog, and that nobody sees it shut. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { AdminAsk } from "../../frontend/owner_messages.ts";
import { EntityTags } from "../../frontend/api/entity_tag.ts";
import type { ProductPatch } from "../../shared/messages/admin.ts";
import { AppError } from "../../shared/errors.ts";
import { ADMIN_DEADLINE_MS } from "../../shared/limits.ts";
import { startPublicApi } from "./public_api.ts";

const TOKEN = "a-token-of-the-admin";
const AUTHORIZED = `Authorization: Bearer ${TOKEN}`;
const BOOK = { id: 7, name: "Leases", topic: "replication", price: 4.5, quantity: 12 };

async function startBooks(t: TestContext, adminToken: string | null = TOKEN) {
  const api = await startPublicApi(t, { store: "books", adminToken });
  api.owner.answers.admin = () => ({ product: BOOK, version: 9 });
  api.owner.answers.name = () => BOOK.name;
  return api;
}

test("a change goes to the catalog as it was asked, and its answer is the product", async (t) => {
  const { send, owner } = await startBooks(t);
  const answer = await send("PATCH /products/Leases", [AUTHORIZED], '{"price":4.5,"quantity":12}');
  assert.match(answer, /^HTTP\/1.1 200 OK\n/);
  assert.match(answer, new RegExp(`ETag: ${new EntityTags("b-1").of(9)}`));
  assert(answer.endsWith(JSON.stringify({ data: BOOK })), answer);
  assert.deepEqual(owner.latest<AdminAsk>(), {
    change: { kind: "patch", name: "Leases", price: 4.5, quantity: 12, versions: null },
    withinMs: ADMIN_DEADLINE_MS,
  });
  for (const [line, changes] of [
    ["POST /update_c/7/4.5", { price: 4.5 }], ["POST /update_q/7/3", { added: 3 }],
  ] as const) {
    assert.match(await send(line, [AUTHORIZED]), /^HTTP\/1.1 200 OK\n/);
    const { change, withinMs } = owner.latest<AdminAsk>();
    assert.deepEqual(change, { kind: "patch", name: "Leases", ...changes, versions: null });
    assert(withinMs > 0 && withinMs <= ADMIN_DEADLINE_MS);
  }
});

test("a new product has the store's columns, its id if it likes, and a path", async (t) => {
  const { send, owner } = await startBooks(t);
  const { id, ...fields } = BOOK;
  const answer = await send("POST /products", [AUTHORIZED], JSON.stringify(fields));
  assert.match(answer, /^HTTP\/1.1 201 Created\n/);
  assert.match(answer, /\nLocation: \/products\/Leases\n/);
  assert.match(answer, new RegExp(`ETag: ${new EntityTags("b-1").of(9)}`));
  assert(answer.endsWith(JSON.stringify({ data: BOOK })), answer);
  const { name, price, quantity, topic } = BOOK;
  const asked = { kind: "create", name, price, quantity };
  assert.deepEqual(owner.latest<AdminAsk>().change, { ...asked, traits: { topic } });
  await send("POST /products", [AUTHORIZED], JSON.stringify(BOOK));
  assert.deepEqual(owner.latest<AdminAsk>().change, { ...asked, traits: { id, topic } });
});

test("a removal says what is gone", async (t) => {
  const { send, owner } = await startBooks(t);
  const tag = new EntityTags("b-1").of(3);
  const answer = await send("DELETE /products/Leases", [AUTHORIZED, `If-Match: ${tag}`]);
  assert.match(answer, /^HTTP\/1.1 200 OK\n/);
  assert(answer.endsWith('\n\n{"data":{"name":"Leases"}}'), answer);
  const { change } = owner.latest<AdminAsk>();
  assert.deepEqual(change, { kind: "remove", name: "Leases", versions: [3] });
});

test("If-Match names versions of this store alone, and weak tags name none", async (t) => {
  const { send, owner } = await startBooks(t);
  const tags = new EntityTags("b-1");
  for (const [header, versions] of [
    ["*", null],
    [tags.of(3), [3]],
    [`${tags.of(3)}, ${tags.of(17)}`, [3, 17]],
    [`W/${tags.of(3)}`, []],
    [new EntityTags("another").of(3), []],
    ["3", []],
  ] as const) {
    await send("PATCH /products/Leases", [AUTHORIZED, `If-Match: ${header}`], '{"price":1}');
    const { change } = owner.latest<{ change: ProductPatch }>();
    assert.deepEqual(change.versions, versions, header);
  }
});

for (const [what, line, headers, body, status] of [
  ["no token", "PATCH /products/Leases", [], '{"price":1}', 401],
  ["another token", "PATCH /products/Leases", [`${AUTHORIZED}x`], '{"price":1}', 401],
  ["no token, no such id, no such path's form", "POST /update_c/x/y", [], "", 401],
  ["nothing to change", "PATCH /products/Leases", [AUTHORIZED], "{}", 400],
  ["another field", "PATCH /products/Leases", [AUTHORIZED], '{"name":"x"}', 400],
  ["a price below nothing", "PATCH /products/Leases", [AUTHORIZED], '{"price":-1}', 400],
  ["three decimals", "PATCH /products/Leases", [AUTHORIZED], '{"price":1.005}', 400],
  ["a price as text", "PATCH /products/Leases", [AUTHORIZED], '{"price":"1"}', 400],
  ["half a piece", "PATCH /products/Leases", [AUTHORIZED], '{"quantity":0.5}', 400],
  ["a query", "PATCH /products/Leases?force", [AUTHORIZED], '{"price":1}', 400],
  ["a body where none is", "POST /update_c/7/1", [AUTHORIZED], "{}", 400],
  ["a cost that is none", "POST /update_c/7/1e3", [AUTHORIZED], "", 400],
  ["an amount of nothing", "POST /update_q/7/0", [AUTHORIZED], "", 400],
  ["a new one without a topic", "POST /products", [AUTHORIZED],
    '{"name":"x","price":1,"quantity":1}', 400],
  ["a new one with a bound", "POST /products", [AUTHORIZED],
    '{"name":"x","price":1,"quantity":1,"topic":"y","max_volume":1}', 400],
  ["a new one that is a formula", "POST /products", [AUTHORIZED],
    '{"name":"=1","price":1,"quantity":1,"topic":"y"}', 400],
  ["a new one with id 0", "POST /products", [AUTHORIZED],
    '{"name":"x","price":1,"quantity":1,"topic":"y","id":0}', 400],
  ["a new one, without the token", "POST /products", [], JSON.stringify(BOOK), 401],
  ["a removal without the token", "DELETE /products/Leases", [], "", 401],
  ["a removal with a body", "DELETE /products/Leases", [AUTHORIZED], "{}", 400],
  ["another method", "GET /update_c/7/1", [], "", 405],
] as const) {
  test(`refused, and the catalog is not asked: ${what}`, async (t) => {
    const { send, owner } = await startBooks(t);
    const answer = await send(line, headers, body);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), answer);
    assert.equal(owner.asked.some(({ kind }) => kind === "admin"), false);
    if (status === 401) assert.match(answer, /\nWWW-Authenticate: Bearer\n/);
  });
}

for (const [reason, status] of [
  ["not_found", 404], ["conflict", 409], ["precondition_failed", 412], ["unknown", 503],
] as const) {
  test(`what the catalog refuses as ${reason} is ${status}`, async (t) => {
    const { send, owner } = await startBooks(t);
    owner.answers.admin = () => {
      throw new AppError(reason, "no");
    };
    const answer = await send("PATCH /products/Leases", [AUTHORIZED], '{"price":1}');
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
  });
}

test("without a token there is no admin, and nothing tells that there could be", async (t) => {
  const { send } = await startBooks(t, null);
  const nothing = await send("POST /nothing/there");
  for (const line of [
    "PATCH /products/Leases", "POST /products", "DELETE /products/Leases", "POST /update_c/7/1",
    "POST /update_q/7/1",
  ]) {
    assert.equal(await send(line, [AUTHORIZED]), nothing, line);
  }
  assert.equal((await send("GET /openapi.json")).includes("update_c"), false);
  assert.equal((await send("PUT /products/Leases")).includes("PATCH"), false);
  const { send: sendWith } = await startBooks(t);
  assert((await sendWith("GET /openapi.json")).includes("update_c"));
  assert.match(await sendWith("PUT /products/Leases"), /\nAllow: GET, HEAD, PATCH, DELETE\n/);
});
