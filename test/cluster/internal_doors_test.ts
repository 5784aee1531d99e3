/** The ports between members, with strangers at them: they get nothing, and orders go on. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { AnswerScanner } from "../bench/overload_answers.ts";
import { affordable, ATTACKING, ELSEWHERE, IS_LINUX, LoneBuyer, startAttack } from "./attack.ts";
import { order, startStore, type TestStore } from "./harness.ts";
import { until } from "./until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const SILENT = 8_400;
const ARRIVING_MAX_MS = 30_000;
const ORDER_MAX_MS = 10_000;
/** Orders that are bought while the strangers are there. */
const BOUGHT = 50;
const REPLICAS = [1, 2, 3];
const PIPELINED = 1_000;
const HANG_UP_MAX_MS = 5_000;

function internalPort(store: TestStore, replica: number): number {
  return Number(new URL(store.running.member(order(replica)).internalUrl).port);
}

test("thousands of silent connections to the replicas' ports end none of them", async (t) => {
  if (!IS_LINUX) return t.skip("it needs many loopback addresses");
  const store = await startStore(t, { environment: STOCKED });
  await store.buy("Tux", 100);
  const buyer = new LoneBuyer(store.running.url, { from: ELSEWHERE, name: "Tux" });
  t.after(() => buyer.stop());
  const idle = affordable(t, SILENT);
  for (const replica of REPLICAS) {
    const attack = startAttack(t, { port: internalPort(store, replica), from: ATTACKING, idle });
    await until(`the silent at replica ${replica}`, () =>
      attack.report.opened >= idle, ARRIVING_MAX_MS);
    const { bought } = buyer;
    await until("orders all the same", () => buyer.bought >= bought + BOUGHT, ORDER_MAX_MS);
  }
  assert.equal(store.running.running().length, 5, "nobody died");
  await buyer.stop();
  await store.checkLogsEqual();
});

test("a stranger's pipelined requests are one 401 and a hang-up, and orders go on", async (t) => {
  const store = await startStore(t, { environment: STOCKED });
  await store.buy("Tux", 100);
  const buyer = new LoneBuyer(store.running.url, { from: "127.0.0.1", name: "Tux" });
  t.after(() => buyer.stop());
  for (const replica of REPLICAS) {
    const statuses = await askWithoutSecret(internalPort(store, replica));
    assert.deepEqual(statuses, [401], `replica ${replica}`);
  }
  const { bought } = buyer;
  await until("orders all the same", () => buyer.bought >= bought + BOUGHT, ORDER_MAX_MS);
  assert.equal(store.running.running().length, 5, "nobody died");
});

/** Statuses until the connection was closed. @throws Error when it was not, in time */
function askWithoutSecret(port: number): Promise<number[]> {
  const statuses: number[] = [];
  const scanner = new AnswerScanner((status) => statuses.push(status));
  const socket = connect({ host: "127.0.0.1", port });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`not hung up on after ${statuses.length} answers`));
    }, HANG_UP_MAX_MS);
    socket.on("error", () => {});
    socket.on("data", (chunk) => scanner.feed(chunk));
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(statuses);
    });
    socket.write("GET /health HTTP/1.1\r\nHost: member\r\n\r\n".repeat(PIPELINED));
  });
}
