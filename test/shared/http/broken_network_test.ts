/**
 * Both ends of a connection that breaks, stalls or trickles: an asker knows whether anything was
 * sent, a server frees itself of whoever is too slow, and neither ends of it.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { hasReason } from "../../../shared/errors.ts";
import { HttpPeer } from "../../../shared/cluster/http_peer.ts";
import { startHttpServer, type ServerOptions } from "../../../shared/http/server.ts";
import { answersIn, sendRaw } from "./raw_client.ts";

const BIRTH = "b1";
const IN_TIME = { timeoutMs: 5_000 };
const ANSWER = `HTTP/1.1 200 OK\r\nStore-Birth: ${BIRTH}\r\nContent-Length: 2\r\n\r\n{}`;

function peerAt(t: TestContext, port: number): HttpPeer {
  const url = `http://127.0.0.1:${port}`;
  const peer = new HttpPeer({ url, secret: "0123456789abcdef", birth: BIRTH });
  t.after(() => peer.close());
  return peer;
}

/** A server of bare sockets. */
async function listen(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("an answer that trickles byte by byte is given up at the deadline", async (t) => {
  const port = await listen(t, (socket) => {
    let at = 0;
    const trickle = setInterval(() => socket.write(ANSWER[at++ % ANSWER.length]!), 10);
    socket.once("close", () => clearInterval(trickle));
  });
  const asked = peerAt(t, port).get("/x", { timeoutMs: 150 });
  await assert.rejects(asked, { reason: "unknown" });
});

test("an answer before the end of a big body, then a reset, ends no process", async (t) => {
  const port = await listen(t, (socket) => {
    // The rest of the body is still being sent when the connection breaks under it.
    socket.once("data", () => socket.pause().write(ANSWER, () => socket.resetAndDestroy()));
  });
  const peer = peerAt(t, port);
  const body = JSON.stringify("x".repeat(16_000_000));
  for (let nth = 0; nth < 10; nth++) {
    const outcome = await peer.post("/x", body, IN_TIME).catch((error) => error.reason);
    assert(outcome === "unknown" || typeof outcome === "object", `${outcome}`);
  }
});

test("a kept connection that closes as it is used again is an unknown outcome, once", async (t) => {
  let taken = 0;
  const port = await listen(t, (socket) => {
    socket.on("data", () => {
      taken++;
      // Its FIN, or its reset, and the next request cross each other.
      socket.write(ANSWER, () => setImmediate(() =>
        taken % 2 === 0 ? socket.end() : socket.resetAndDestroy()));
    });
  });
  const peer = peerAt(t, port);
  const outcomes = { answered: 0, lost: 0 };
  for (let nth = 0; nth < 300; nth++) {
    try {
      await peer.post("/x", {}, IN_TIME);
      outcomes.answered++;
    } catch (error) {
      assert(hasReason(error, "unknown"), `${error}`);
      outcomes.lost++;
    }
  }
  assert(taken <= 300, "nothing is sent twice");
  assert(outcomes.answered > 0 && taken >= outcomes.answered);
  t.diagnostic(JSON.stringify(outcomes));
});

test("a host that accepts no connection any more is unavailable in time", async (t) => {
  // It listens with a queue of one, and then it is stopped: the system answers no more.
  const code = `const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 },
      () => console.log(server.address().port))`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const port = Number((await once(child.stdout, "data"))[0]);
  child.kill("SIGSTOP");
  const waiting: Socket[] = [];
  t.after(() => waiting.forEach((socket) => socket.destroy()));
  for (let isFull = false; !isFull;) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    waiting.push(socket);
    const connected = once(socket, "connect").then(() => true);
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, 200, false));
    isFull = !(await Promise.race([connected, late]));
  }
  await assert.rejects(peerAt(t, port).get("/x", { timeoutMs: 100 }), { reason: "unavailable" });
});

async function startStoreServer(t: TestContext, options: Partial<ServerOptions> = {}) {
  let answered = 0;
  const server = await startHttpServer({
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 1_000,
    onBug: (error) => assert.fail(String(error)),
    routes: [{
      method: "GET",
      path: "/x",
      handle: (exchange) => {
        answered++;
        exchange.send(200, [], "x".repeat(1_000));
      },
    }],
    ...options,
  });
  t.after(() => server.close());
  return { server, port: server.port, count: () => answered };
}

const PATIENCE = { headersMs: 300, requestMs: 400, checkEveryMs: 50 };
const GET = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
const LAST = GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

test("a thousand pipelined requests are answered, in order and all", async (t) => {
  const { port } = await startStoreServer(t);
  const answers = answersIn(await sendRaw(port, GET.repeat(999) + LAST));
  assert.equal(answers.length, 1_000);
  assert(answers.every(({ status }) => status === 200));
});

test("hundreds of slow clients are hung up on, and nobody else notices them", async (t) => {
  const { port } = await startStoreServer(t, { patience: PATIENCE });
  const slow = Array.from({ length: 400 }, (_, nth) =>
    sendRaw(port, nth % 2 === 0 ? "GET /x HTTP/1.1\r\nHost" : "POST /x HTTP/1.1\r\n"));
  for (let nth = 0; nth < 20; nth++) {
    assert.equal(answersIn(await sendRaw(port, LAST))[0]!.status, 200);
  }
  for (const text of await Promise.all(slow)) {
    assert.deepEqual(answersIn(text).map(({ status }) => status), [408]);
  }
});

test("who reads no answers gets no more of them made, and loses its place", async (t) => {
  const options = { patience: PATIENCE, connections: { total: 1, perAddress: 1, strangers: null } };
  const { port, count } = await startStoreServer(t, options);
  const greedy = connect(port, "127.0.0.1").on("error", () => {}).pause();
  t.after(() => greedy.destroy());
  await once(greedy, "connect");
  const asked = 100_000;
  greedy.write(GET.repeat(asked));
  // There is room for one: the next client is refused until the first is gone.
  const isServed = () =>
    sendRaw(port, LAST).then((text) => text.startsWith("HTTP/1.1 200"), () => false);
  while (!(await isServed())) await new Promise((resolve) => setTimeout(resolve, 50));
  assert(count() < asked / 2, `${count()} answers were made for nobody`);
});
