/** Clients who hang up while the catalog sleeps: when it wakes, nothing is done for them. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { portOf } from "../support/attack.ts";
import { catalog, frontend, startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const CLIENTS = 200;

async function countOf(store: TestStore, field: "requests" | "abandoned"): Promise<number> {
  return (await store.health(frontend()))[field] as number;
}

async function pendingOf(store: TestStore): Promise<number> {
  const { details } = await store.health(await store.leader());
  return (details as { pending: number }).pending;
}

function purchase(key: string): string {
  const body = '{"name":"Fox","quantity":1}';
  return [
    "POST /orders HTTP/1.1", "Host: store", `Idempotency-Key: ${key}`,
    "Content-Type: application/json", `Content-Length: ${body.length}`, "", body,
  ].join("\r\n");
}

function lookUp(nth: number): string {
  return `GET /products/nothing-${nth} HTTP/1.1\r\nHost: store\r\n\r\n`;
}

test("of what 200 clients asked for and left, no more is done than had begun", async (t) => {
  const store = await startStore(t, { orders: 3 });
  await store.buy("Tux");
  const port = portOf(store);
  let answered = 0;
  const open = (text: string) => {
    const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {});
    t.after(() => socket.destroy());
    socket.once("data", () => answered++);
    socket.write(text);
    return socket;
  };
  const repeat = () => store.shopper.purchase("Fox", "left-0");
  await store.pause(catalog());
  const first = store.shopper.purchase("Tux", "first");
  await until("the first purchase to be with the leader", async () => (await pendingOf(store)) > 0);
  const before = await countOf(store, "requests");
  const sockets = Array.from({ length: CLIENTS }, (_, nth) =>
    open(nth % 2 === 0 ? purchase(`left-${nth}`) : lookUp(nth)));
  await until("all to have asked", async () =>
    (await countOf(store, "requests")) >= before + CLIENTS);
  assert.equal(await countOf(store, "abandoned"), 0);
  const begun = await pendingOf(store);
  for (const socket of sockets) socket.resetAndDestroy();
  // On a slow machine some are refused before, or sent when the batch of the first is given up.
  await until("the purchases to have left the queue", async () =>
    (await countOf(store, "abandoned")) + answered + (await pendingOf(store)) > CLIENTS / 2);
  await store.resume(catalog());
  assert.notEqual((await first).number, null);
  // Whatever stood in a queue stood before this one.
  assert.notEqual((await store.shopper.purchase("Uno", "last")).number, null);
  const keys = store.rows(await store.leader()).map(({ key }) => key!);
  const sold = keys.filter((key) => key.startsWith("left-")).length;
  t.diagnostic(`${begun} had begun, ${sold} were sold, ${answered} refused, ` +
    `${await countOf(store, "abandoned")} dropped`);
  assert(sold <= begun, `${sold} were sold, and ${begun} had begun`);
  const [again, twin] = [await repeat(), await repeat()];
  assert.equal(twin.number, again.number, "one key, one order");
  await store.checkBooksBalance();
  await store.checkLogsEqual();
});
