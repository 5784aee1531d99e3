/** The OpenAPI document says what the front-end does: real answers are held against it. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { answersIn, sendRaw } from "../../shared/http/raw_client.ts";
import { checkSchema, type Schema } from "../json_schema.ts";
import { startPublicApi, TUX, type PublicApi, type PublicApiOptions } from "../public_api.ts";

interface Body {
  content: { "application/json": { schema: Schema } };
}

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { in: string; name: string }[];
  responses: Record<string, Body & { headers?: object }>;
}

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

async function documentOf(
  t: TestContext,
  options: PublicApiOptions = {},
): Promise<{ api: PublicApi; document: OpenApi }> {
  const api = await startPublicApi(t, options);
  const text = await api.send("GET /openapi.json");
  return { api, document: JSON.parse(text.slice(text.indexOf("\n\n") + 2)) };
}

test("it is OpenAPI 3.1 and has every public path and method", async (t) => {
  const { document } = await documentOf(t);
  assert.equal(document.openapi, "3.1.0");
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`));
  assert.deepEqual(operations.sort(), [
    "get /leader",
    "get /livez",
    "get /openapi.json",
    "get /orders/{number}",
    "get /products",
    "get /products/{name}",
    "get /readyz",
    "get /status",
    "post /orders",
  ]);
});

test("every operation has its own id, a summary, described parameters and a refusal", async (t) => {
  const { document } = await documentOf(t);
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      assert(!ids.has(operation.operationId));
      ids.add(operation.operationId);
      assert(operation.summary.length > 5);
      const refusal = operation.responses["default"]!.content["application/json"].schema;
      assert.equal(refusal.$ref, "#/components/schemas/Error");
      const named = (operation.parameters ?? []).filter((one) => one.in === "path");
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(named.map(({ name }) => name), inPath);
    }
  }
});

test("the document is made once, and sent again only to those who have another one", async (t) => {
  const { api } = await documentOf(t);
  let made = 0;
  const stringify = t.mock.method(JSON, "stringify");
  const first = await api.send("GET /openapi.json");
  for (const { arguments: [value] } of stringify.mock.calls) {
    if (typeof value === "object" && value !== null && "openapi" in value) made++;
  }
  assert.equal(made, 0, "the first request made it");
  const tag = /\nETag: ("[^"]+")\n/.exec(first)![1]!;
  assert.match(first, /\nCache-Control: no-cache\n/);
  const known = await api.send("GET /openapi.json", [`If-None-Match: ${tag}`]);
  assert.match(known, /^HTTP\/1\.1 304 /);
  assert(!known.includes('"openapi"'));
  assert.match(known, new RegExp(`\nETag: ${tag}\n`));
  const other = await api.send("GET /openapi.json", ['If-None-Match: "of-another"']);
  assert.match(other, /^HTTP\/1\.1 200 /);
});

/** What makes it look as if a page of another site had asked, or for another host. */
const ASKED_FROM_ELSEWHERE = [
  [403, "Host: x\r\nOrigin: https://elsewhere.example"],
  [403, "Host: x\r\nSec-Fetch-Site: cross-site"],
  [421, "Host: elsewhere.example"],
] as const;

for (const store of ["toys", "stocks", "books"]) {
  test(`${store}: what changes anything says that it refuses strangers' pages`, async (t) => {
    const { api, document } = await documentOf(t, { store, adminToken: "t".repeat(16) });
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => ({ path, method, responses })));
    const changes = operations.filter(({ method }) => method !== "get");
    assert(changes.length > 3);
    for (const { path, method, responses } of operations) {
      const described = Object.keys(responses).filter((status) => ["403", "421"].includes(status));
      assert.deepEqual(described, method === "get" ? [] : ["403", "421"], `${method} ${path}`);
    }
    for (const { path, method, responses } of changes) {
      const line = `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "1")}`;
      for (const [status, headers] of ASKED_FROM_ELSEWHERE) {
        const end = "Connection: close\r\nContent-Length: 0\r\n\r\n";
        const text = await sendRaw(api.port, `${line} HTTP/1.1\r\n${headers}\r\n${end}`);
        const [answer] = answersIn(text);
        assert.equal(answer!.status, status, line);
        const { schema } = responses[status]!.content["application/json"];
        checkSchema(JSON.parse(answer!.body), schema, document.components.schemas);
      }
    }
    assert.deepEqual(api.owner.asked, [], "and nothing is done");
  });
}

test("look-ups are for pages of other sites too", async (t) => {
  const { api } = await documentOf(t);
  for (const [, headers] of ASKED_FROM_ELSEWHERE) {
    const request = `GET /products/Tux HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`;
    assert.equal(answersIn(await sendRaw(api.port, request))[0]!.status, 200);
  }
});

/** What the owner answers, by kind, where it differs from a good day. */
type Answers = Record<string, unknown>;

/** Requests that bring about each answer that the document describes, or nearly. */
const EXCHANGES: [line: string, path: string, status: number, body?: string, set?: Answers][] = [
  ["GET /products/Tux", "/products/{name}", 200],
  ["GET /products/No", "/products/{name}", 404],
  ["GET /products/%ff", "/products/{name}", 400],
  ["GET /products", "/products", 200],
  ["GET /products?limit=0", "/products", 400],
  ["POST /orders", "/orders", 200, '{"name":"Tux","quantity":1}'],
  ["POST /orders", "/orders", 400, "{}"],
  ["POST /orders", "/orders", 404, '{"name":"No","quantity":1}', { place: { code: "not_found" } }],
  [
    "POST /orders",
    "/orders",
    503,
    '{"name":"Tux","quantity":1}',
    { place: { code: "unknown", message: "It is not known" } },
  ],
  ["GET /orders/7", "/orders/{number}", 200],
  ["GET /orders/8", "/orders/{number}", 404],
  ["GET /orders/x", "/orders/{number}", 400],
  ["GET /leader", "/leader", 200],
  ["GET /leader", "/leader", 503, undefined, { leader: null }],
  ["GET /status", "/status", 200],
  ["GET /livez", "/livez", 200],
  ["GET /readyz", "/readyz", 200],
  ["GET /readyz?verbose", "/readyz", 200],
  ["GET /readyz", "/readyz", 503, undefined, { ready: { orderLeader: false, catalog: false } }],
];

test("answers are as the document says, headers and fields", async (t) => {
  const { api, document } = await documentOf(t);
  const page = { products: [TUX], more: true, version: 3, keep: true };
  api.owner.answers["list"] = () => page;
  for (const [line, path, status, body = "", set = {}] of EXCHANGES) {
    const before = { ...api.owner.answers };
    for (const [kind, answer] of Object.entries(set)) api.owner.answers[kind] = () => answer;
    const headers = `Host: x\r\nConnection: close\r\nContent-Length: ${body.length}`;
    const text = await sendRaw(api.port, `${line} HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
    const answer = answersIn(text)[0]!;
    Object.assign(api.owner.answers, before);
    assert.equal(answer.status, status, line);
    const method = line.slice(0, line.indexOf(" ")).toLowerCase();
    const response = document.paths[path]![method]!.responses[status];
    assert(response !== undefined, `${line}: ${status} is described`);
    const { schema } = response.content["application/json"];
    checkSchema(JSON.parse(answer.body), schema, document.components.schemas);
    const isReplay = (name: string): boolean => name === "Idempotency-Replayed";
    for (const name of Object.keys(response.headers ?? {}).filter((name) => !isReplay(name))) {
      assert(answer.headers.has(name.toLowerCase()), `${line}: ${name} is there`);
    }
  }
});

test("what the document forbids in an order is refused, what it asks for is taken", async (t) => {
  const { api, document } = await documentOf(t);
  const { schemas } = document.components;
  for (const body of [
    { name: "Tux", quantity: 1 },
    { name: "Tux", quantity: 1_000_000 },
    { name: "Tux", quantity: 0 },
    { name: "Tux", quantity: 1_000_001 },
    { name: "Tux", quantity: 1.5 },
    { name: "Tux", quantity: 1, price: 1 },
    { name: "Tux" },
    { name: 7, quantity: 1 },
  ]) {
    const answer = await api.send("POST /orders", [], JSON.stringify(body));
    const isTaken = answer.startsWith("HTTP/1.1 200 ");
    const check = (): void => checkSchema(body, schemas["OrderRequest"]!, schemas);
    if (isTaken) check();
    else assert.throws(check, { name: "AssertionError" }, JSON.stringify(body));
  }
});
