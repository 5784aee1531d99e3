/** What strangers send to a port, and what it costs everybody else: nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { monotonicMs } from "../../../shared/clock.ts";
import { AppError } from "../../../shared/errors.ts";
import { requireSecret } from "../../../shared/cluster/require_secret.ts";
import { startHttpServer, type ServerOptions } from "../../../shared/http/server.ts";
import {
  EXPIRE_EVERY_MS, PIPELINE_MAX, UNREAD_BYTES_MAX, WAIT_MS,
} from "../../../shared/door_limits.ts";
import { answersIn, sendRaw } from "./raw_client.ts";

const GET = "GET /ok HTTP/1.1\r\nHost: x\r\n\r\n";
const HELD = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";
const LIVE = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const LAST = "GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

async function start(t: TestContext, options: Partial<ServerOptions> = {}) {
  const held: (() => void)[] = [];
  const seen = { ok: 0 };
  const server = await startHttpServer({
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 64 * 1024,
    vitalPaths: new Set(["/livez"]),
    onBug: (error) => {
      throw error;
    },
    routes: [
      {
        method: "GET",
        path: "/ok",
        handle: (exchange) => {
          seen.ok++;
          exchange.send(200, [], "{}");
        },
      },
      { method: "GET", path: "/livez", handle: (exchange) => exchange.send(200, [], '"live"') },
      {
        method: "GET",
        path: "/big",
        handle: (exchange) => {
          seen.ok++;
          exchange.send(200, [], BIG);
        },
      },
      {
        method: "GET",
        path: "/held",
        handle: async (exchange) => {
          await new Promise<void>((resolve) => held.push(resolve));
          exchange.send(200, [], '{"held":1}');
        },
      },
      {
        method: "POST",
        path: "/orders",
        handle: async (exchange) => exchange.send(200, [], JSON.stringify(await exchange.json())),
      },
      {
        method: "GET",
        path: "/full",
        handle: () => {
          throw new AppError("overloaded", "Too much");
        },
      },
    ],
    ...options,
  });
  t.after(async () => {
    for (const release of held) release();
    await server.close();
  });
  return { port: server.port, held, seen };
}

const BIG = "x".repeat(128 * 1024);

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const statusOf = (text: string): number => Number(text.slice(9, 12));

test("CONNECT, an upgrade or a broken request, and then a reset, end no process", async (t) => {
  const { port } = await start(t);
  const starts = [
    "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT x:80 HTTP/1.1\r\n\r\n",
    `${GET}CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\nmore`,
    "GET /ok HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /orders HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "POST /orders HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 5\r\n\r\n12",
    "GET /held HTTP/1.1\r\nHost: x\r\n\r\nCONNECT x:80 HTTP/1.1\r\n\r\n",
    "GARBAGE\r\n\r\n",
  ];
  for (const text of starts) {
    for (const isAnswered of [false, true]) {
      const socket = await open(t, port);
      socket.write(text);
      if (isAnswered) await Promise.race([once(socket, "data"), once(socket, "close"), pause(50)]);
      socket.resetAndDestroy();
    }
    assert.equal(statusOf(await sendRaw(port, LAST)), 200, text);
  }
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test("of what one connection pipelines, so much is in flight and no more", async (t) => {
  const { port, held } = await start(t);
  const socket = await open(t, port);
  socket.write(HELD.repeat(200));
  await until(() => held.length === PIPELINE_MAX);
  assert.equal(statusOf(await sendRaw(port, LAST)), 200, "others are served meanwhile");
  assert.equal(held.length, PIPELINE_MAX);
  let text = "";
  socket.on("data", (chunk) => (text += chunk));
  await until(() => {
    held.splice(0).forEach((release) => release());
    return text.split('{"held":1}').length === 201;
  });
});

test("a flood on one connection gives way to others in each turn", async (t) => {
  const { port, seen } = await start(t);
  const flood = await open(t, port);
  flood.resume().write(GET.repeat(2_000));
  await until(() => seen.ok > 0);
  assert(seen.ok < 2_000, `${seen.ok} were served in one turn`);
  assert.equal(statusOf(await sendRaw(port, LAST)), 200);
  await until(() => seen.ok === 2_001);
});

test("what waits too long behind a flood is refused, and the flood ended", async (t) => {
  const { port, held } = await start(t);
  const flood = await open(t, port);
  let text = "";
  flood.on("data", (chunk) => (text += chunk));
  flood.write(HELD.repeat(PIPELINE_MAX + 200));
  await until(() => held.length === PIPELINE_MAX);
  await pause(WAIT_MS + 4 * EXPIRE_EVERY_MS);
  const ended = once(flood, "close");
  held.forEach((release) => release());
  await ended;
  const answers = answersIn(text);
  assert.equal(answers.length, PIPELINE_MAX + 1);
  assert.equal(answers.at(-1)!.status, 503);
  assert.equal(answers.at(-1)!.headers.get("connection"), "close");
  assert.equal(statusOf(await sendRaw(port, LAST)), 200);
});

test("a connection that leaves its answers unread is served no further", async (t) => {
  const connections = { total: 1, perAddress: 1, strangers: null };
  const { port, seen } = await start(t, { connections });
  const greedy = await open(t, port);
  greedy.pause().write("GET /big HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
  const before = process.memoryUsage().rss;
  await until(() => seen.ok > 0);
  const begun = monotonicMs();
  await until(async () => statusOf(await sendRaw(port, LAST)) === 200);
  assert(monotonicMs() - begun < 15_000 + 2_000, "it was let go for taking nothing");
  const grown = process.memoryUsage().rss - before;
  assert(grown < 60 * 1024 * 1024 + UNREAD_BYTES_MAX, `${grown} bytes for what nobody reads`);
});

test("one address leaves room for others, and health is answered all the same", async (t) => {
  const limits = { total: 8, perAddress: 4, strangers: null };
  const { port, held } = await start(t, { connections: limits });
  const busy = await Promise.all([1, 2, 3, 4].map(() => open(t, port)));
  for (const socket of busy) socket.write(HELD);
  await until(() => held.length === 4);
  const refused = answersIn(await sendRaw(port, LAST))[0]!;
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal(statusOf(await sendRaw(port, LIVE)), 200);
  const other = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  other.write(LAST);
  assert.equal(statusOf(String((await once(other, "data"))[0])), 200);
});

test("one address that may have all connections is not told that they are its own", async (t) => {
  const { port, held } = await start(t, {
    connections: { total: 2, perAddress: 2, strangers: null },
  });
  for (const socket of [await open(t, port), await open(t, port)]) socket.write(HELD);
  await until(() => held.length === 2);
  const refused = answersIn(await sendRaw(port, LAST))[0]!;
  assert.equal(refused.status, 503);
  assert.match(refused.body, /"Too many connections"/);
  assert.equal(statusOf(await sendRaw(port, LIVE)), 200);
});

test("a rate that is set is kept for each address", async (t) => {
  const { port } = await start(t, { requestsPerClient: 5 });
  const statuses: number[] = [];
  for (let nth = 0; nth < 8; nth++) statuses.push(statusOf(await sendRaw(port, LAST)));
  assert.deepEqual(statuses.slice(0, 5), [200, 200, 200, 200, 200]);
  assert.equal(statuses.at(-1), 429);
  assert.equal(statusOf(await sendRaw(port, LIVE)), 200);
});

test("without the secret a connection is over after its first request", async (t) => {
  const connections = { total: 100, perAddress: 100, strangers: 3 };
  const admit = requireSecret("s".repeat(16), "b1");
  const { port, seen } = await start(t, { admit, connections });
  const answers = answersIn(await sendRaw(port, GET.repeat(500)));
  assert.deepEqual(answers.map(({ status }) => status), [401]);
  assert.equal(seen.ok, 0);
});

test("silent strangers displace each other, and no member", async (t) => {
  const connections = { total: 100, perAddress: 100, strangers: 3 };
  const { port } = await start(t, { admit: requireSecret("s".repeat(16), "b1"), connections });
  const secret = `Authorization: Bearer ${"s".repeat(16)}\r\nStore-Birth: b1\r\n`;
  const asMember = `GET /ok HTTP/1.1\r\nHost: x\r\n${secret}\r\n`;
  const member = await open(t, port);
  member.write(asMember);
  await once(member, "data");
  const strangers: Socket[] = [];
  let left = 0;
  for (let nth = 0; nth < 30; nth++) {
    const socket = await open(t, port);
    strangers.push(socket.resume().on("close", () => left++));
  }
  await until(() => left >= 27);
  member.write(asMember);
  assert.equal(statusOf(String((await once(member, "data"))[0])), 200);
});

test("HEAD and OPTIONS with a body that is refused get the head of an answer", async (t) => {
  const { port } = await start(t);
  for (const method of ["HEAD", "OPTIONS", "GET"]) {
    for (const framing of ["Content-Length: 9999999", "Transfer-Encoding: chunked"]) {
      const text = await sendRaw(port, `${method} /ok HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`);
      assert.match(text, /^HTTP\/1\.1 20[04] /, `${method} ${framing}`);
    }
  }
});

test("a client that has finished its side gets its answers", async (t) => {
  const { port, held } = await start(t);
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  t.after(() => socket.destroy());
  let text = "";
  socket.on("data", (chunk) => (text += chunk));
  socket.end(`${GET}${HELD}${HELD}`);
  await until(() => held.length === 2);
  held.forEach((release) => release());
  await once(socket, "end");
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), Array(3).fill("HTTP/1.1 200"));
});

test("a connection that is refused again and again is served after a pause", async (t) => {
  const { port } = await start(t);
  const socket = await open(t, port);
  let answers = 0;
  socket.on("data", (chunk) => (answers += String(chunk).split("HTTP/1.1 503").length - 1));
  const begun = monotonicMs();
  for (let nth = 1; nth <= 10; nth++) {
    socket.write("GET /full HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => answers === nth);
  }
  assert(monotonicMs() - begun > 100, "a client that does not wait is made to");
});
