/** What a HttpPeer says of each way in which a request can fail. */
import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { AppError, hasReason } from "../../../shared/errors.ts";
import type { Exchange } from "../../../shared/http/exchange.ts";
import { HttpPeer, type PeerOptions } from "../../../shared/cluster/http_peer.ts";
import type { Route } from "../../../shared/http/router.ts";
import { requireSecret } from "../../../shared/cluster/require_secret.ts";
import { startHttpServer } from "../../../shared/http/server.ts";
import { INTERNAL_BODY_BYTES_MAX } from "../../../shared/limits.ts";
import { createLog } from "../../../shared/logging.ts";

const SECRET = "0123456789abcdef";
const TIMEOUT = { timeoutMs: 2_000 };

function peerOf(t: TestContext, port: number, options: Partial<PeerOptions> = {}) {
  const url = `http://127.0.0.1:${port}`;
  const peer = new HttpPeer({ url, secret: SECRET, birth: "b1", ...options });
  t.after(() => peer.close());
  return peer;
}

/** A member with these routes. */
async function startMember(t: TestContext, routes: Route[]) {
  const server = await startHttpServer({
    routes,
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 1_000_000,
    admit: requireSecret(SECRET, "b1"),
    internal: true,
    onBug: () => {},
  });
  t.after(() => server.close());
  return server;
}

/** A server of bare node:http, for answers that no member gives. */
async function startBare(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const sendJson = (exchange: Exchange, body: unknown): void =>
  exchange.send(200, ["Content-Type", "application/json"], JSON.stringify(body));

test("objects and ready text arrive, and the answer comes back", async (t) => {
  const echo = async (exchange: Exchange): Promise<void> => {
    sendJson(exchange, { got: await exchange.json(), query: exchange.query });
  };
  const { port } = await startMember(t, [
    { method: "POST", path: "/echo", handle: echo },
    { method: "GET", path: "/what", handle: (exchange) => sendJson(exchange, exchange.query) },
  ]);
  const peer = peerOf(t, port);
  const name = "Ärger";
  assert.deepEqual(await peer.post("/echo", { name }, TIMEOUT), { got: { name }, query: "" });
  assert.deepEqual(await peer.post("/echo", '{"a":1}', TIMEOUT), { got: { a: 1 }, query: "" });
  assert.equal(await peer.get("/what?x=1", TIMEOUT), "x=1");
});

test("connections are kept and bounded", async (t) => {
  const ports = new Set<number | undefined>();
  const handle = async (exchange: Exchange): Promise<void> => {
    ports.add(exchange.request.socket.remotePort);
    await exchange.json();
    sendJson(exchange, 1);
  };
  const { port } = await startMember(t, [{ method: "POST", path: "/x", handle }]);
  const peer = peerOf(t, port, { connectionsMax: 2 });
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 6 }, () => peer.post("/x", {}, TIMEOUT)));
  }
  assert.equal(ports.size, 2);
});

test("an error of the other side arrives with reason, message and details", async (t) => {
  const handle = (): never => {
    throw new AppError("not_leader", "Ask replica 2", { leader: 2, term: 7 });
  };
  const { port } = await startMember(t, [{ method: "GET", path: "/x", handle }]);
  const peer = peerOf(t, port);
  await assert.rejects(peer.get("/x", TIMEOUT), (error) => {
    assert(hasReason(error, "not_leader"));
    assert.equal(error.message, "Ask replica 2");
    assert.deepEqual(error.details, { leader: 2, term: 7 });
    return true;
  });
  await assert.rejects(peer.get("/nothing", TIMEOUT), (error) => hasReason(error, "not_found"));
});

test("without the secret, or of another cluster, nobody is let in", async (t) => {
  const { port } = await startMember(t, []);
  const stranger = peerOf(t, port, { secret: "x123456789abcdef" });
  await assert.rejects(stranger.get("/x", TIMEOUT), (error) => hasReason(error, "unauthorized"));
  const other = peerOf(t, port, { birth: "b2" });
  await assert.rejects(other.get("/x", TIMEOUT), (error) => hasReason(error, "other_cluster"));
});

test("who is taken for a stranger logs once what to look at", async (t) => {
  const { port } = await startMember(t, []);
  for (const [options, check] of [
    [{ secret: "x123456789abcdef" }, "STORE_SECRET_FILE"],
    [{ birth: "b2" }, "BIRTH, and the addresses"],
  ] as const) {
    const lines: string[] = [];
    const log = createLog({ member: "order-1", level: "info", write: (line) => lines.push(line) });
    const peer = peerOf(t, port, { log, ...options });
    for (let nth = 0; nth < 3; nth++) await assert.rejects(peer.get("/x", TIMEOUT));
    assert.equal(lines.length, 1);
    const line = JSON.parse(lines[0]!);
    assert.deepEqual([line.level, line.url, line.check], ["warn", peer.url, check]);
  }
});

test("nothing was sent: unavailable", async (t) => {
  const port = await new Promise<number>((resolve) => {
    const server = createNetServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
  await assert.rejects(peerOf(t, port).get("/x", TIMEOUT), { reason: "unavailable" });
});

test("no connection was free in time: unavailable", async (t) => {
  const { port } = await startMember(t, [{ method: "GET", path: "/x", handle: async () => {} }]);
  const peer = peerOf(t, port, { connectionsMax: 1 });
  const first = assert.rejects(peer.get("/x", { timeoutMs: 90 }), { reason: "unknown" });
  await assert.rejects(peer.get("/x", { timeoutMs: 30 }), { reason: "unavailable" });
  await first;
});

test("sent, and no whole answer came: unknown", async (t) => {
  const odd: Record<string, RequestListener> = {
    "/silent": () => {},
    "/reset": (request) => void request.socket.destroy(),
    "/half": (_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("{}", () => response.socket!.destroy());
    },
    "/garbage": (_request, response) => void response.end("<html>"),
    "/huge": (_request, response) => {
      response.end(Buffer.alloc(INTERNAL_BODY_BYTES_MAX + 1, 32));
    },
    "/stranger": (_request, response) => void response.end("{}"),
    "/other": (_request, response) => void response.setHeader("store-birth", "b2").end("{}"),
    "/foreign": (_request, response) => void response.writeHead(502).end("{}"),
    "/bug": (_request, response) => {
      response.writeHead(500).end('{"error":{"reason":"internal","message":"bug","details":{}}}');
    },
  };
  const port = await startBare(t, (request, response) => odd[request.url!]!(request, response));
  const peer = peerOf(t, port);
  for (const path of Object.keys(odd)) {
    const timeoutMs = path === "/silent" ? 50 : 2_000;
    await assert.rejects(peer.get(path, { timeoutMs }), { reason: "unknown" }, path);
  }
});

test("what is abandoned fails as unknown at once, and the peer can be used again", async (t) => {
  const port = await startBare(t, (request, response) => {
    if (request.url === "/answer") response.writeHead(200, { "store-birth": "b1" }).end("{}");
  });
  const peer = peerOf(t, port);
  const waiting = assert.rejects(peer.get("/silent", { timeoutMs: 60_000 }), { reason: "unknown" });
  await peer.get("/answer", TIMEOUT);
  peer.abandon();
  await waiting;
  assert.deepEqual(await peer.get("/answer", TIMEOUT), {});
});

test("an early refusal of a big body crashes nobody", async (t) => {
  const { port } = await startMember(t, [
    { method: "POST", path: "/x", handle: async (exchange) => void (await exchange.json()) },
  ]);
  const peer = peerOf(t, port);
  const body = JSON.stringify("x".repeat(4_000_000));
  for (let nth = 0; nth < 5; nth++) {
    const outcome = peer.post("/x", body, TIMEOUT);
    await assert.rejects(outcome, (error) => hasReason(error, "too_large", "unknown"));
  }
  await assert.rejects(peer.get("/nothing", TIMEOUT), (error) => hasReason(error, "not_found"));
});

test("a request is never repeated by itself", async (t) => {
  let taken = 0;
  const port = await startBare(t, (request) => {
    taken++;
    request.socket.destroy();
  });
  await assert.rejects(peerOf(t, port).post("/x", {}, TIMEOUT));
  assert.equal(taken, 1);
});
