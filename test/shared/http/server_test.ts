/** The server as its clients see it: answers, errors, early ends, closing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { AppError } from "../../../shared/errors.ts";
import { startHttpServer, type ServerOptions } from "../../../shared/http/server.ts";
import { answersIn, sendRaw } from "./raw_client.ts";

/** Errors that were no AppError. */
type Bugs = unknown[];

async function start(t: TestContext, options: Partial<ServerOptions> = {}) {
  const bugs: Bugs = [];
  const executed: unknown[] = [];
  const held: (() => void)[] = [];
  const headers = ["Content-Type", "application/json"];
  const server = await startHttpServer({
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 64 * 1024,
    onBug: (error) => bugs.push(error),
    routes: [
      { method: "GET", path: "/ok", handle: (exchange) => exchange.send(200, headers, '{"ok":1}') },
      {
        method: "POST",
        path: "/orders",
        handle: async (exchange) => {
          executed.push(await exchange.json());
          exchange.send(200, headers, '{"done":1}');
        },
      },
      {
        method: "GET",
        path: "/held",
        handle: async (exchange) => {
          await new Promise<void>((resolve) => held.push(resolve));
          exchange.send(200, headers, '{"held":1}');
        },
      },
      { method: "GET", path: "/bug", handle: () => assert.fail("planted") },
      { method: "GET", path: "/late-bug", handle: async () => assert.fail("planted") },
      {
        method: "GET",
        path: "/refused",
        handle: () => {
          throw new AppError("not_leader", "No leader here", { leader: 2 });
        },
      },
    ],
    ...options,
  });
  t.after(() => server.close());
  return { server, port: server.port, bugs, executed, held };
}

const HEAD = "Host: x\r\nConnection: close\r\n";
const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\n${HEAD}${more}\r\n`;

async function ask(port: number, ...parts: (string | Buffer)[]) {
  const answers = answersIn(await sendRaw(port, ...parts));
  assert.equal(answers.length, 1, "one answer");
  return answers[0]!;
}

test("an answer has its length and its headers", async (t) => {
  const { port } = await start(t);
  const answer = await ask(port, get("/ok?x=1"));
  assert.equal(answer.status, 200);
  assert.equal(answer.body, '{"ok":1}');
  assert.equal(answer.headers.get("content-length"), "8");
  assert.equal(answer.headers.get("content-type"), "application/json");
});

test("HEAD is GET without the body", async (t) => {
  const { port } = await start(t);
  const text = await sendRaw(port, get("/ok").replace("GET", "HEAD"));
  const [answer] = answersIn(text, { toHead: true });
  assert.equal(answer!.status, 200);
  assert.equal(answer!.headers.get("content-length"), "8");
  assert(text.endsWith("\r\n\r\n"));
});

test("errors have the public shape and are not stored", async (t) => {
  const { port } = await start(t);
  const answer = await ask(port, get("/nothing"));
  assert.equal(answer.status, 404);
  assert.deepEqual(Object.keys(JSON.parse(answer.body)), ["error"]);
  assert.deepEqual(Object.keys(JSON.parse(answer.body).error), ["code", "message"]);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("content-type"), "application/json");
});

test("503 says when to come again, 405 what there is", async (t) => {
  const { port } = await start(t);
  const refused = await ask(port, get("/refused"));
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "1");
  const wrong = await ask(port, get("/orders"));
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "POST");
});

test("between members an error carries its reason and details", async (t) => {
  const { port } = await start(t, { internal: true });
  const { error } = JSON.parse((await ask(port, get("/refused"))).body);
  assert.deepEqual(error, {
    code: 503,
    message: "No leader here",
    reason: "not_leader",
    details: { leader: 2 },
  });
});

test("a bug is 500 without its message, and is reported", async (t) => {
  const { port, bugs } = await start(t);
  for (const path of ["/bug", "/late-bug"]) {
    const answer = await ask(port, get(path));
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.body, /planted/);
  }
  assert.equal(bugs.length, 2);
});

test("admit refuses before routing", async (t) => {
  const admit = (): void => {
    throw new AppError("unauthorized", "Who are you?");
  };
  const { port } = await start(t, { admit });
  assert.equal((await ask(port, get("/nothing"))).status, 401);
});

test("pipelined requests are answered in order", async (t) => {
  const { port, held } = await start(t);
  const first = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";
  const text = sendRaw(port, first + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + get("/ok"));
  await until(() => held.length === 1);
  held[0]!();
  assert.deepEqual(answersIn(await text).map(({ status }) => status), [200, 404, 200]);
});

test("a client that leaves harms nobody", async (t) => {
  const { port, held, bugs } = await start(t);
  const socket = connect(port, "127.0.0.1");
  socket.write(get("/held"));
  await until(() => held.length === 1);
  socket.resetAndDestroy();
  await new Promise((resolve) => socket.once("close", resolve));
  held[0]!();
  assert.equal((await ask(port, get("/ok"))).status, 200);
  assert.deepEqual(bugs, []);
});

test("an early answer to a big body reaches the client, which goes on sending", async (t) => {
  const { port, executed } = await start(t);
  const length = 3 * 1024 * 1024;
  const head = `POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  const answer = await ask(port, head, Buffer.alloc(length, 32));
  assert.equal(answer.status, 413);
  assert.equal(answer.headers.get("connection"), "close");
  assert.deepEqual(executed, []);
});

test("a refused endless body is not read for ever", async (t) => {
  const { port } = await start(t);
  const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
  const head = "POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const answer = await ask(port, head, chunk, chunk, chunk);
  assert.equal(answer.status, 413);
  assert.equal(answer.headers.get("connection"), "close");
});

test("a short body that nobody wanted is read over, and the connection lives on", async (t) => {
  const { port } = await start(t);
  const first = "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde";
  const statuses = answersIn(await sendRaw(port, first, get("/ok"))).map(({ status }) => status);
  assert.deepEqual(statuses, [404, 200]);
});

test("a body that never comes whole has no effect", async (t) => {
  const { port, executed } = await start(t);
  const socket = connect(port, "127.0.0.1");
  socket.end('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{"a":1}');
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
  assert.deepEqual(executed, []);
});

test("100-continue: the body is asked for only when it is wanted", async (t) => {
  const { port, executed } = await start(t);
  const head = (length: number): string =>
    `POST /orders HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  const taken = await sendRaw(port, head(2), "{}");
  assert.match(taken, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  assert.deepEqual(executed, [{}]);
  const refused = await sendRaw(port, head(100_000));
  assert.match(refused, /^HTTP\/1.1 413 /);
});

test("closing answers what is in flight and refuses what is new", async (t) => {
  const { server, port, held } = await start(t);
  const idle = connect(port, "127.0.0.1");
  await new Promise((resolve) => idle.once("connect", resolve));
  const idleClosed = new Promise((resolve) => idle.resume().once("close", resolve));
  const inFlight = sendRaw(port, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => held.length === 1);
  const closed = server.close();
  await idleClosed;
  await assert.rejects(sendRaw(port, get("/ok")), /ECONNREFUSED/);
  held[0]!();
  const [answer] = answersIn(await inFlight);
  assert.equal(answer!.status, 200);
  assert.equal(answer!.headers.get("connection"), "close");
  await closed;
});

test("a port that is taken is refused", async (t) => {
  const { port } = await start(t);
  const second = start(t, { listen: { host: "127.0.0.1", port } });
  await assert.rejects(second, { code: "EADDRINUSE" });
});

test("keep-alive serves many requests on one connection", async (t) => {
  const { port } = await start(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set<number | undefined>();
  for (let nth = 0; nth < 20; nth++) {
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest({ agent, port, path: "/ok" }, (response) => {
        ports.add(response.socket.localPort);
        response.resume().on("end", resolve);
      });
      request.on("error", reject).end();
    });
  }
  assert.equal(ports.size, 1);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test("that somebody has hung up is told once for all who waited on the connection", async (t) => {
  let told = 0;
  const { port, held } = await start(t, { onGone: () => told++ });
  const idle = connect(port, "127.0.0.1");
  idle.write("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(idle, "data");
  idle.resetAndDestroy();
  const waiting = connect(port, "127.0.0.1");
  waiting.write("GET /held HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
  while (held.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, 0, "nobody waited on the other");
  waiting.resetAndDestroy();
  while (told === 0) await new Promise((resolve) => setImmediate(resolve));
  held.forEach((release) => release());
  await ask(port, get("/ok"));
  assert.equal(told, 1);
});
