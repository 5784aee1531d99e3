/**
 * What a client can send that is no proper request, row by row of the list
 * of bad inputs: the right status, an error of our shape, nothing executed,
 * and the server goes on.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startHttpServer, type ServerOptions } from "../../../shared/http/server.ts";
import { answersIn, sendRaw } from "./raw_client.ts";

const CLOSE = "Connection: close\r\n";
const HOST = "Host: x\r\n";
const UPGRADE = "Connection: close, upgrade\r\nUpgrade: h2c\r\n";

function post(body: string | Buffer, headers: string, length = Buffer.byteLength(body)): Buffer {
  const head = `POST /orders HTTP/1.1\r\n${HOST}${CLOSE}${headers}Content-Length: ${length}`;
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), Buffer.from(body as string)]);
}

const JSON_TYPE = "Content-Type: application/json\r\n";
const json = (body: string | Buffer): Buffer => post(body, JSON_TYPE);
const head = (line: string, headers = HOST + CLOSE): string => `${line}\r\n${headers}\r\n`;
const chunked = (encoding: string, body = "2\r\n{}\r\n0\r\n\r\n"): string =>
  `${head("POST /orders HTTP/1.1", `${HOST}${CLOSE}${encoding}`)}${body}`;
const many = (count: number): string =>
  Array.from({ length: count }, (_, nth) => `h${nth}: 1\r\n`).join("");

/** Row, what it is, the bytes, the status. */
const REFUSED: [row: number, what: string, bytes: string | Buffer, status: number][] = [
  [1, "an empty body", json(""), 400],
  [2, "not JSON", json("{quantity:1}"), 400],
  [2, "a trailing comma", json('{"a":1,}'), 400],
  [2, "NaN", json('{"a":NaN}'), 400],
  [2, "two values", json("{} {}"), 400],
  [2, "a truncated body with its length", json('{"a":'), 400],
  [3, "a byte order mark", json(Buffer.from("\ufeff{}")), 400],
  [4, "invalid UTF-8", json(Buffer.from([0x22, 0xff, 0x22])), 400],
  [4, "an overlong encoding", json(Buffer.from([0x22, 0xc0, 0xaf, 0x22])), 400],
  [26, "a body over the limit, by its length", post("", JSON_TYPE, 70_000), 413],
  [28, "another content type", post("{}", "Content-Type: text/plain\r\n"), 415],
  [28, "a form", post("a=1", "Content-Type: application/x-www-form-urlencoded\r\n"), 415],
  [30, "another charset", post("{}", "Content-Type: application/json; charset=latin1\r\n"), 415],
  [31, "a compressed body", post("{}", `${JSON_TYPE}Content-Encoding: gzip\r\n`), 415],
  [32, "an unknown transfer encoding", chunked("Transfer-Encoding: gzip, chunked\r\n"), 501],
  [34, "TRACE", head("TRACE /ok HTTP/1.1"), 405],
  [34, "DELETE", head("DELETE /ok HTTP/1.1"), 405],
  [36, "OPTIONS of an unknown path", head("OPTIONS /nothing HTTP/1.1"), 404],
  [37, "an unknown method", head("FOO /ok HTTP/1.1"), 400],
  [37, "a lower-case method", head("get /ok HTTP/1.1"), 400],
  [38, "CONNECT", head("CONNECT x:80 HTTP/1.1"), 405],
  [39, "an unknown path", head("GET /nothing HTTP/1.1"), 404],
  [39, "a slash at the end", head("GET /ok/ HTTP/1.1"), 404],
  [39, "two slashes", head("GET //evil/ok HTTP/1.1"), 404],
  [40, "an absolute target", head("GET http://evil/ok HTTP/1.1"), 400],
  [41, "dots that would lead elsewhere", head("GET /x/../ok HTTP/1.1"), 404],
  [48, "a long URL", head(`GET /ok?${"q".repeat(3_000)} HTTP/1.1`), 414],
  [49, "a very long URL", head(`GET /ok?${"q".repeat(20_000)} HTTP/1.1`), 431],
  [49, "a very long header", head("GET /ok HTTP/1.1", `${HOST}a: ${"x".repeat(20_000)}\r\n`), 431],
  [50, "too many headers", head("GET /ok HTTP/1.1", HOST + CLOSE + many(101)), 431],
  [50, "far too many headers", head("GET /ok HTTP/1.1", HOST + CLOSE + many(700)), 431],
  [51, "no host", head("GET /ok HTTP/1.1", CLOSE), 400],
  [52, "two hosts", head("GET /ok HTTP/1.1", HOST + HOST + CLOSE), 400],
  [55, "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  [55, "another version", head("GET /ok HTTP/9.9"), 400],
  [55, "TLS", Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3, 13, 10, 13, 10]), 400],
  [56, "both lengths", chunked("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"), 400],
  [56, "both, swapped", chunked("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), 400],
  [57, "two lengths", post("{}", "Content-Length: 2\r\n"), 400],
  [57, "a list of lengths", chunked("Content-Length: 1, 1\r\n", "{}"), 400],
  [57, "a negative length", chunked("Content-Length: -1\r\n", "{}"), 400],
  [57, "a length in hexadecimal", chunked("Content-Length: 0x2\r\n", "{}"), 400],
  [57, "an immense length", chunked("Content-Length: 18446744073709551616\r\n", "{}"), 400],
  [58, "a space before the colon", head("GET /ok HTTP/1.1", `${HOST}A : 1\r\n`), 400],
  [58, "a folded header", head("GET /ok HTTP/1.1", `${HOST}A: 1\r\n 2\r\n`), 400],
  [59, "a transfer encoding that is none", chunked("Transfer-Encoding: xchunked\r\n"), 400],
  [59, "no transfer encoding", chunked("Transfer-Encoding: identity\r\n"), 400],
  [59, "chunked not last", chunked("Transfer-Encoding: chunked, identity\r\n"), 400],
  [59, "two transfer encodings", chunked("Transfer-Encoding: chunked\r\n".repeat(2)), 400],
  [60, "a bad chunk size", chunked("Transfer-Encoding: chunked\r\n", "xyz\r\n"), 400],
  [60, "a chunk size in hexadecimal", chunked("Transfer-Encoding: chunked\r\n", "0x2\r\n{}"), 400],
  [62, "a control in a value", head("GET /ok HTTP/1.1", `${HOST}A: \u0000\r\n`), 400],
  [62, "a header without a name", head("GET /ok HTTP/1.1", `${HOST}: 1\r\n`), 400],
  [62, "a header without a colon", head("GET /ok HTTP/1.1", `${HOST}abc\r\n`), 400],
  [71, "an unknown expectation", head("GET /ok HTTP/1.1", `${HOST}${CLOSE}Expect: x\r\n`), 417],
  [75, "two keys", post("{}", "Idempotency-Key: a\r\nidempotency-key: b\r\n"), 400],
  [28, "two content types", post("{}", JSON_TYPE + JSON_TYPE), 400],
];

/** What looks odd and is served. */
const SERVED: [row: number, what: string, bytes: string | Buffer][] = [
  [29, "no content type", post("{}", "")],
  [30, "UTF-8, in any case", post("{}", 'Content-Type: Application/JSON; charset="UTF-8"\r\n')],
  [27, "a chunked body", chunked("Transfer-Encoding: chunked\r\n")],
  [47, "a query nobody asked for", head("GET /ok?x=1&x=2 HTTP/1.1")],
  [54, "HTTP/1.0", head("GET /ok HTTP/1.0", "")],
  [63, "a header named __proto__", head("GET /ok HTTP/1.1", `${HOST}${CLOSE}__proto__: 1\r\n`)],
  [72, "an upgrade", head("GET /ok HTTP/1.1", `${HOST}${UPGRADE}`)],
  [73, "GET with a body", head("GET /ok HTTP/1.1", `${HOST}${CLOSE}Content-Length: 2\r\n`) + "{}"],
];

async function start(options: Partial<ServerOptions> = {}) {
  const executed: unknown[] = [];
  const server = await startHttpServer({
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 64 * 1024,
    onBug: (error) => executed.push(error),
    routes: [
      { method: "GET", path: "/ok", handle: (exchange) => exchange.send(200, [], "{}") },
      {
        method: "POST",
        path: "/orders",
        handle: async (exchange) => {
          executed.push(await exchange.json());
          exchange.send(200, [], "{}");
        },
      },
    ],
    ...options,
  });
  return { server, executed };
}

test("bad input is refused in our words", { concurrency: true }, async (t) => {
  const { server, executed } = await start();
  t.after(() => server.close());
  const refused = REFUSED.map(([row, what, bytes, status]) =>
    t.test(`row ${row}: ${what} is ${status}`, async () => {
      const answers = answersIn(await sendRaw(server.port, bytes));
      assert.equal(answers.length, 1, "one answer");
      const { status: met, headers, body } = answers[0]!;
      assert.equal(met, status);
      assert.equal(JSON.parse(body).error.code, status);
      assert.equal(headers.get("content-type"), "application/json");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.has("allow"), status === 405);
      assert.deepEqual(executed, []);
    }),
  );
  await Promise.all(refused);
});

test("odd but proper input is served", async (t) => {
  const { server } = await start();
  t.after(() => server.close());
  for (const [row, what, bytes] of SERVED) {
    await t.test(`row ${row}: ${what}`, async () => {
      const answers = answersIn(await sendRaw(server.port, bytes));
      assert.deepEqual(answers.map(({ status }) => status), [200]);
    });
  }
});

test("row 35: HEAD is refused without a body as well", async (t) => {
  const { server } = await start();
  t.after(() => server.close());
  const text = await sendRaw(server.port, head("HEAD /nothing HTTP/1.1"));
  assert.match(text, /^HTTP\/1.1 404 [^]*\r\n\r\n$/);
});

test("row 36: OPTIONS is told what there is", async (t) => {
  const { server } = await start();
  t.after(() => server.close());
  const allowed = { "/ok": "GET, HEAD", "/orders": "POST", "*": "GET, HEAD, POST" };
  for (const [target, allow] of Object.entries(allowed)) {
    const text = await sendRaw(server.port, head(`OPTIONS ${target} HTTP/1.1`));
    const { status, headers, body } = answersIn(text)[0]!;
    assert.deepEqual([status, body, headers.has("content-length")], [204, "", false]);
    assert.equal(headers.get("allow"), allow);
  }
});

test("row 60: a body that breaks in its middle has no effect", async (t) => {
  const { server, executed } = await start();
  t.after(() => server.close());
  const text = await sendRaw(server.port, chunked("Transfer-Encoding: chunked\r\n", "2\r\n{}zz"));
  assert.deepEqual(answersIn(text).map(({ status }) => status), [400]);
  assert.deepEqual(executed, []);
});

test("row 69: bytes after the last request do not cost it its answer", async (t) => {
  const { server, executed } = await start();
  t.after(() => server.close());
  const text = await sendRaw(server.port, Buffer.concat([json("{}"), Buffer.from("X")]));
  assert.deepEqual(answersIn(text).map(({ status }) => status), [200]);
  assert.deepEqual(executed, [{}]);
});

test("rows 64-66: who is too slow, or says nothing, gets 408 in our words", async (t) => {
  const patience = { headersMs: 40, requestMs: 80, checkEveryMs: 10 };
  const { server, executed } = await start({ patience });
  t.after(() => server.close());
  const slow = {
    headers: "GET /ok HTTP/1.1\r\nHost: x",
    body: `${head("POST /orders HTTP/1.1", `${HOST}Content-Length: 10\r\n`)}{"a"`,
    "body nobody wants": `${head("POST /nothing HTTP/1.1", `${HOST}Content-Length: 10\r\n`)}{`,
    silence: "",
  };
  const statuses = await Promise.all(
    Object.values(slow).map(async (bytes) => {
      const answers = answersIn(await sendRaw(server.port, bytes));
      for (const { status, body } of answers) assert.equal(JSON.parse(body).error.code, status);
      return answers.map(({ status }) => status);
    }),
  );
  assert.deepEqual(statuses, [[408], [408], [404], [408]]);
  assert.deepEqual(executed, []);
});

test("row 83: a flood of connections is bounded, and the idle ones make room", async (t) => {
  const { server } = await start({ connections: { total: 5, perAddress: 5, strangers: null } });
  t.after(() => server.close());
  const sockets = Array.from({ length: 5 }, () => connect(server.port, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const [first, ...others] = sockets;
  first!.write(head("GET /ok HTTP/1.1", HOST));
  assert.match(String((await once(first!, "data"))[0]), /^HTTP\/1.1 200 /);
  const ended = Promise.race(others.map((socket) => once(socket.resume(), "close")));
  assert.match(await sendRaw(server.port, head("GET /ok HTTP/1.1")), /^HTTP\/1.1 200 /);
  await ended;
  first!.write(head("GET /ok HTTP/1.1", HOST));
  assert.match(String((await once(first!, "data"))[0]), /^HTTP\/1.1 200 /, "it was used last");
  for (const socket of sockets) socket.destroy();
});
