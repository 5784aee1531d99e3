/**
 * The project's nginx configuration, with a real nginx in front of front-ends that the test speaks
 * for: who is asked what, and how often.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as limits from "../../../shared/limits.ts";
import { answersIn, sendRaw } from "../../shared/http/raw_client.ts";
import { messageOf, NO_NGINX, readConfiguration } from "../support/nginx.ts";
import { answer, type Behaviour, hangUp, Stage } from "../support/nginx_stage.ts";
import type { Question } from "../support/shopper.ts";

const ORDER: Question = { method: "POST", body: { name: "Tux", quantity: 1 } };

test("nginx asks again only what may be asked again", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const stage = await Stage.open(t);
  stage.behaviour = hangUp;
  const timesAsked = async (method: string, path: string) => {
    const { status, asked, headers } = await stage.ask(path, { method });
    assert.deepEqual([status, headers["retry-after"]], [502, "1"], `${method} ${path}`);
    return asked.length;
  };
  assert.equal(await timesAsked("GET", "/products/Tux"), 2);
  for (const path of ["/orders", "/buy/7"]) assert.equal(await timesAsked("POST", path), 2);
  for (const [method, path] of [
    ["PATCH", "/products/Tux"], ["DELETE", "/products/Tux"], ["POST", "/products"],
    ["POST", "/update_q/1/5"], ["POST", "/update_c/1/5"], ["PUT", "/orders"],
    ["POST", "/buy/../update_q/1/5"], ["POST", "/orders/../products"],
  ] as const) {
    assert.equal(await timesAsked(method, path), 1, `${method} ${path}`);
  }

  const unknown = await stage.ask("/orders", { ...ORDER, headers: { "idempotency-key": "mine" } });
  assert.match(messageOf(unknown), /repeat it with the same body and the Idempotency-Key of this/);
  assert.equal(unknown.headers["idempotency-key"], "mine");
  assert.doesNotMatch(messageOf(await stage.ask("/products", { method: "POST" })), /repeat/);

  stage.behaviour = (response) => response.writeHead(503, { "retry-after": "1" }).end("{}");
  const refused = await stage.ask("/orders", ORDER);
  assert.deepEqual([refused.status, refused.asked.length, refused.body], [503, 1, {}]);
});

test("a purchase has one key wherever it is asked, its buyer's or one of nginx", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const stage = await Stage.open(t);
  const keys = new Set<unknown>();
  const first: Behaviour = (response, asked) => {
    stage.behaviour = answer;
    hangUp(response, asked);
  };
  for (const [path, headers] of [
    ["/orders", { "idempotency-key": "mine:1" }], ["/orders", {}], ["/orders", {}], ["/buy/3", {}],
  ] as const) {
    stage.behaviour = first;
    const question = path === "/orders" ? ORDER : { method: "POST" };
    const { status, asked } = await stage.ask(path, { ...question, headers });
    assert.equal(status, 200);
    assert.deepEqual(new Set(asked.map(({ at }) => at)), new Set([1, 2]), "one, then the other");
    const [one, other] = asked.map(({ headers, body }) => [headers["idempotency-key"], body]);
    assert.deepEqual(one, other);
    const [key] = one as [string, string];
    assert.match(key, "idempotency-key" in headers ? /^mine:1$/ : /^nginx-[0-9a-f]{32}$/);
    keys.add(key);
  }
  assert.equal(keys.size, 4);
});

test("what a client sends arrives as it was sent", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const stage = await Stage.open(t);
  const headers = {
    host: "shop.example:8443", traceparent: `00-${"4b".repeat(16)}-${"2a".repeat(8)}-01`,
    "if-match": '"a-7"', authorization: "Bearer of the admin", "content-type": "application/json",
  };
  const path = "/products/a%2Fb%20%C3%A4//c?q=%26&after=a+b";
  const { asked } = await stage.ask(path, { method: "PATCH", headers, body: { price: 1 } });
  assert.equal(asked[0]!.what, `PATCH ${path}`);
  assert.equal(asked[0]!.body, '{"price":1}');
  for (const [name, value] of Object.entries(headers)) {
    assert.equal(asked[0]!.headers[name], value);
  }
  assert.equal((await stage.ask("/products/a%2Fb")).asked[0]!.what, "GET /products/a%2Fb");
});

test("events arrive as they come, however long the next one takes", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const stage = await Stage.open(t, [["proxy_read_timeout 7s;", "proxy_read_timeout 200ms;"]]);
  let send: (event: string) => void = () => {};
  stage.behaviour = (response) => {
    send = (event) => void response.write(`data: ${event}\n\n`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    send("one");
  };
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  const headers = { accept: "text/event-stream" };
  const { body } = await fetch(`${stage.url}/`, { headers, signal: leaving.signal });
  const reader = body!.getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  assert.equal(await next(), "data: one\n\n");
  // Longer than nginx waits for any other answer.
  await pause(500);
  send("two");
  assert.equal(await next(), "data: two\n\n");
});

test("what nginx itself refuses it refuses as the store does, and asks nobody", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const stage = await Stage.open(t);
  const body = (bytes: number) => "x".repeat(bytes - 2);
  const max = limits.PUBLIC_BODY_BYTES_MAX;
  const large = await stage.ask("/orders", { method: "POST", body: body(max + 1) });
  assert.deepEqual([large.status, large.asked], [413, []]);
  assert.equal(messageOf(large), `The body is larger than ${max} bytes`);
  const longest = await stage.ask("/orders", { method: "POST", body: body(max) });
  assert.deepEqual([longest.status, longest.asked.length], [200, 1]);
  const crowded = await stage.ask("/products", { headers: { long: "x".repeat(20_000) } });
  assert.deepEqual([crowded.status, crowded.asked], [431, []]);
  assert.equal(messageOf(crowded), "The request's headers are too large");
  assert.equal((await stage.ask("/nginx-error")).status, 404);
  const [broken] = answersIn(await sendRaw(Number(new URL(stage.url).port), "no request\r\n\r\n"));
  assert.deepEqual([broken!.status, JSON.parse(broken!.body).error.code], [400, 400]);
});

test("nginx waits longer, and keeps less, than the front-ends behind it", () => {
  const text = readConfiguration();
  const said = (directive: string) => {
    const [, value, unit] = new RegExp(`\\n    ${directive} (\\d+)([smk]);`).exec(text)!;
    return Number(value) * ({ s: 1_000, m: 60_000, k: 1_024 })[unit as "s" | "m" | "k"];
  };
  assert(said("keepalive_timeout") < limits.KEEP_ALIVE_MS);
  assert(said("proxy_read_timeout") > limits.CLOSE_GRACE_MS);
  assert.equal(said("client_max_body_size"), limits.PUBLIC_BODY_BYTES_MAX);
  assert.equal(said("client_header_timeout"), limits.HEADERS_TIMEOUT_MS);
});
