/** The ports between members, with strangers at them: they get nothing, and orders go on. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { test } from "node:test";
import { AnswerScanner } from "../../bench/overload_answers.ts";
import {
  affordable, ATTACKING, ELSEWHERE, IS_LINUX, LoneBuyer, startAttack,
} from "../support/attack.ts";
import { frontend, order, startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const SILENT = 8_400;
/** What many systems let a process have unless told otherwise. */
const FEW_DESCRIPTORS = 1_024;
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

for (const descriptors of [null, FEW_DESCRIPTORS]) {
  const who = descriptors === null ? "the replicas" : `replicas of ${descriptors} descriptors`;
  test(`thousands of silent connections end none of ${who}, and no order`, async (t) => {
    if (!IS_LINUX) return t.skip("it needs many loopback addresses");
    const store = await startStore(t, { environment: STOCKED });
    if (descriptors !== null && !limitReplicas(store, descriptors)) {
      return t.skip("there is no prlimit here");
    }
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
}

/** False where that cannot be done. */
function limitReplicas({ running }: TestStore, descriptors: number): boolean {
  return REPLICAS.every((replica) => {
    const pid = String(running.process(order(replica)).pid());
    return spawnSync("prlimit", ["--pid", pid, `--nofile=${descriptors}:`]).status === 0;
  });
}

test("a member that comes back finds the others, though strangers crowd their doors", async (t) => {
  if (!IS_LINUX) return t.skip("it needs many loopback addresses");
  const store = await startStore(t, { environment: STOCKED });
  await store.buy("Tux", 100);
  const idle = affordable(t, SILENT);
  for (const replica of REPLICAS) {
    const attack = startAttack(t, { port: internalPort(store, replica), from: ATTACKING, idle });
    await until(`the silent at replica ${replica}`, () =>
      attack.report.opened >= idle, ARRIVING_MAX_MS);
  }
  await store.kill(frontend());
  await store.restart(frontend());
  const buyer = new LoneBuyer(store.running.url, { from: ELSEWHERE, name: "Tux" });
  t.after(() => buyer.stop());
  await until("orders by it", () => buyer.bought >= BOUGHT, ORDER_MAX_MS);
  assert.equal(store.running.running().length, 5, "nobody died");
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
