/** Clients who want more than their share: each of them pays for it, and nobody else. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { monotonicMs } from "../../../shared/clock.ts";
import {
  ATTACKING, ELSEWHERE, isEstablished, IS_LINUX, LoneBuyer, memoryOf, portOf, startAttack, timeOf,
  Watch,
} from "../support/attack.ts";
import { SLICE_MS } from "../../bench/overload_load.ts";
import { LoadThread } from "../../bench/overload_thread.ts";
import { frontend, startStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const UNREAD_MAX_MS = 20_000;
/** More than the buffers between a client and a server hold. */
const UNREAD_LISTS = 20_000;
const PIPELINED_BYTES = 44_000_000;
/** Whatever of them is not answered by then would be answered as the rest was. */
const PIPELINED_MS = 30_000;
const MEMORY_MAX_BYTES = 150 * 1024 * 1024;
const LOOK_UP_MAX_MS = 500;
const ORDERS_PER_SECOND = 10_000;
const ORDERS_CONNECTIONS = 200;
const ORDERS_SECONDS = 10;
/** Only what waited while nothing of its connection was served is refused. */
const REFUSAL_MAX_MS = 1_250;

test("a client that never reads is gone within twenty seconds", async (t) => {
  if (!IS_LINUX) return t.skip("/proc tells");
  const store = await startStore(t);
  const port = portOf(store);
  const socket = connect({ host: "127.0.0.1", port });
  t.after(() => socket.destroy());
  socket.on("error", () => {}).pause();
  await new Promise((resolve) => socket.once("connect", resolve));
  const own = socket.localPort!;
  const lists = "GET /products?limit=100 HTTP/1.1\r\nHost: store\r\n\r\n".repeat(UNREAD_LISTS);
  const startedMs = monotonicMs();
  socket.write(lists);
  assert(isEstablished(port, own), "it is there at first");
  await until("the client to be let go", () => !isEstablished(port, own), UNREAD_MAX_MS);
  t.diagnostic(`it was let go after ${Math.round(monotonicMs() - startedMs)} ms`);
  assert.equal((await store.shopper.ask("/products/Tux")).status, 200);
});

for (const reads of [true, false]) {
  const how = reads ? "read" : "left unread";
  test(`44 MB of look-ups at once, their answers ${how}, harm nobody`, async (t) => {
    if (!IS_LINUX) return t.skip("/proc tells");
    // Without a cache each of them waits for the catalog, and is held for so long.
    const store = await startStore(t, { cacheSize: 0 });
    const { url } = store.running;
    await store.product("Tux");
    const before = memoryOf(store, frontend());
    const held = new Watch(() => memoryOf(store, frontend()) - before);
    const withinMs = 10 * LOOK_UP_MAX_MS;
    const others = new Watch(() => timeOf(url, "/products/Tux", { from: ELSEWHERE, withinMs }));
    t.after(() => Promise.allSettled([held.stop(), others.stop()]));
    const lookUps = { name: "Tux", bytes: PIPELINED_BYTES, reads };
    const attack = startAttack(t, { port: portOf(store), from: ATTACKING, lookUps });
    const startedMs = monotonicMs();
    const isOver = () => attack.report.lookUpsOver || monotonicMs() > startedMs + PIPELINED_MS;
    await until("the end of them", isOver, 2 * PIPELINED_MS);
    await Promise.allSettled([held.stop(), others.stop()]);
    const megabytes = Math.round(held.most / 1e6);
    t.diagnostic(`${attack.report.lookUps} were answered; ${megabytes} MB more; ` +
      `others waited ${others.most.toFixed(0)} ms at most`);
    if (reads) assert(attack.report.lookUps > 0, "some of them were answered");
    assert.equal(store.running.running().length, 5, "nobody died");
    assert(held.most < MEMORY_MAX_BYTES, `the front-end held ${held.most} bytes more`);
    assert(others.most < LOOK_UP_MAX_MS, `another client waited ${others.most} ms`);
  });
}

test("of ten thousand pipelined orders a second as many are sold as can be", async (t) => {
  const store = await startStore(t, { environment: STOCKED });
  await store.buy("Tux", 100);
  await until("a full stock", async () => (await store.product("Tux")).quantity > 1_000);
  const thread = new LoadThread();
  t.after(() => thread.close());
  const body = JSON.stringify({ name: "Tux", quantity: 1 });
  const head = [
    "POST /orders HTTP/1.1", "Host: store", "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  const seen = await thread.run({
    host: "127.0.0.1", port: portOf(store), connections: ORDERS_CONNECTIONS, depth: 64,
    perSecond: ORDERS_PER_SECOND, seconds: ORDERS_SECONDS, warmUpSeconds: 0,
    requests: { texts: [`${head.join("\r\n")}\r\n\r\n${body}`], good: 200 },
  });
  t.diagnostic(`a second: ${Math.round(seen.sent)} sent, ${Math.round(seen.good)} sold, p99 ` +
    `${seen.goodP99Ms.toFixed(0)} ms, ${Math.round(seen.refused)} refused, p99 ` +
    `${seen.refusedP99Ms.toFixed(0)} ms; ${seen.closes} closed`);
  assert.equal(seen.other, 0, "sold, or refused as one is that asks for too much");
  assert.equal(store.running.running().length, 5, "nobody died");
  const soldIn = soldPerSecond(seen.slices);
  assert(soldIn.length >= ORDERS_SECONDS && soldIn.every((sold) => sold > 0), `sold: ${soldIn}`);
  if (seen.refused > 0) {
    assert(seen.refusedP99Ms < REFUSAL_MAX_MS, `refused after ${seen.refusedP99Ms} ms`);
  }
  const buyer = new LoneBuyer(store.running.url, { from: "127.0.0.1", name: "Fox" });
  t.after(() => buyer.stop());
  await until("an order of somebody else", () => buyer.bought > 0);
  await store.checkLogsEqual();
});

/** Of each whole second, and of the last one however short. */
function soldPerSecond(slices: readonly number[]): number[] {
  const width = 1_000 / SLICE_MS;
  return Array.from({ length: Math.ceil(slices.length / width) }, (_, second) =>
    slices.slice(second * width, (second + 1) * width).reduce((sum, sold) => sum + sold, 0));
}
