/** A member's internal port, served by the owner alone and with threads beside it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId, Worker } from "node:worker_threads";
import type { Asker } from "../../../shared/threads/asker.ts";
import { AppError, hasReason } from "../../../shared/errors.ts";
import {
  startInternalPort, type InternalPortOptions,
} from "../../../shared/cluster/internal_port.ts";
import { INTERNAL_REQUEST_BYTES_MAX } from "../../../shared/limits.ts";
import { HttpPeer } from "../../../shared/cluster/http_peer.ts";
import { turn } from "../../support/hand_clock.ts";

const SECRET = "0123456789abcdef";
const TIMEOUT = { timeoutMs: 2_000 };

function start(threads: number, port = 0, more: Partial<InternalPortOptions> = {}) {
  return startInternalPort({
    settings: { host: "127.0.0.1" },
    secret: SECRET,
    birth: { id: "b1" },
    fail: (why) => assert.fail(String(why)),
  }, {
    port,
    threads,
    calls: [
      { method: "POST", path: "/sales" },
      { method: "GET", path: "/health" },
      { method: "GET", path: "/log" },
    ],
    handle(kind, body) {
      if (kind === "GET /health") throw new AppError("recovering", "wait", { index: 3 });
      return { kind, body, threadId };
    },
    ...more,
  });
}

function peerOf(port: number): HttpPeer {
  return new HttpPeer({ url: `http://127.0.0.1:${port}`, secret: SECRET, birth: "b1" });
}

/** Asks without the secret, and puts the status into memory that it shares. */
const ASKER = `
  const { workerData: { port, status } } = require("node:worker_threads");
  fetch("http://127.0.0.1:" + port + "/livez").then((answer) => {
    Atomics.store(status, 0, answer.status);
    Atomics.notify(status, 0);
  });
`;

test("the other threads answer while the owner has no turn", async (t) => {
  const { port, close } = await start(2);
  t.after(close);
  const status = new Int32Array(new SharedArrayBuffer(4));
  const asker = new Worker(ASKER, { eval: true, execArgv: [], workerData: { port, status } });
  t.after(() => asker.terminate());
  // The owner is this thread: from here on it does nothing but wait.
  Atomics.wait(status, 0, 0, 5_000);
  assert.equal(Atomics.load(status, 0), 401);
});

for (const threads of [1, 3]) {
  test(`calls reach the owner of a port of ${threads} threads, by the secret only`, async (t) => {
    const { port, close } = await start(threads);
    t.after(close);
    // Each has a connection of its own, and any thread may take it.
    const peers = Array.from({ length: 8 }, () => peerOf(port));
    t.after(() => peers.forEach((peer) => peer.close()));
    await Promise.all(peers.map(async (peer) => {
      const answer = await peer.post("/sales", { sales: [] }, TIMEOUT);
      assert.deepEqual(answer, { kind: "POST /sales", body: { sales: [] }, threadId });
      const page = await peer.get("/log?after=3", TIMEOUT);
      assert.deepEqual(page, { kind: "GET /log", body: { after: "3" }, threadId });
      await assert.rejects(peer.get("/health?at=3", TIMEOUT), (error) => {
        return hasReason(error, "recovering") && error.details["index"] === 3;
      });
      const twice = peer.get("/log?a=1&a=2", TIMEOUT);
      await assert.rejects(twice, (error) => hasReason(error, "bad_request"));
      const broken = peer.post("/sales", "{", TIMEOUT);
      await assert.rejects(broken, (error) => hasReason(error, "bad_request"));
      assert.deepEqual(await peer.get("/livez", TIMEOUT), { data: "live" });
      assert.equal((await fetch(`${peer.url}/livez`)).status, 401);
    }));
  });

  test(`a port of ${threads} threads is free once it is closed`, async () => {
    const first = await start(threads);
    const peer = peerOf(first.port);
    await peer.get("/livez", TIMEOUT);
    await first.close();
    const gone = peer.get("/livez", TIMEOUT);
    await assert.rejects(gone, (error) => hasReason(error, "unavailable", "unknown"));
    const second = await start(1, first.port);
    assert.deepEqual(await peer.get("/livez", TIMEOUT), { data: "live" });
    peer.close();
    await second.close();
  });
}

test("a request that is longer than any can be is refused before it is parsed", async (t) => {
  const { port, close } = await start(1);
  t.after(close);
  const peer = peerOf(port);
  t.after(() => peer.close());
  const long = JSON.stringify({ text: "x".repeat(INTERNAL_REQUEST_BYTES_MAX) });
  await assert.rejects(peer.post("/sales", long, TIMEOUT), (error) =>
    hasReason(error, "too_large", "unknown"));
  const fits = JSON.stringify({ text: "x".repeat(INTERNAL_REQUEST_BYTES_MAX - 100) });
  await peer.post("/sales", fits, TIMEOUT);
});

for (const threads of [1, 2]) {
  test(`who asks a port of ${threads} threads and is gone, is known to be`, async (t) => {
    const askers: Asker[] = [];
    const releases: (() => void)[] = [];
    let told = 0;
    const handle = (_kind: string, _body: unknown, asker: Asker) => {
      askers.push(asker);
      return new Promise((resolve) => releases.push(() => resolve({})));
    };
    const { port, close } = await start(threads, 0, { handle, onGone: () => told++ });
    t.after(close);
    // Each has a connection of its own, and any thread may take it.
    const [gone, staying] = ["gone", "staying"].map(() =>
      Array.from({ length: 8 }, () => peerOf(port))) as [HttpPeer[], HttpPeer[]];
    t.after(() => staying.forEach((peer) => peer.close()));
    const left = gone.map((peer) => assert.rejects(peer.post("/sales", {}, TIMEOUT)));
    while (askers.length < 8) await turn();
    const stayed = staying.map((peer) => peer.post("/sales", {}, TIMEOUT));
    while (askers.length < 16) await turn();
    assert.equal(told, 0);
    gone.forEach((peer) => peer.abandon());
    await Promise.all(left);
    while (!askers.slice(0, 8).every(({ isGone }) => isGone)) await turn();
    assert(told > 0);
    assert(askers.slice(8).every(({ isGone }) => !isGone));
    releases.forEach((release) => release());
    await Promise.all(stayed);
  });
}
