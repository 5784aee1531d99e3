/** Who answers for a buyer's waiting, and that attempts of one purchase are one wait. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault, History, OrderOperation } from "../checker/history.ts";
import { waitingByKind } from "./pauses.ts";

function attempt(key: string, fromMs: number, toMs: number, status = 200): OrderOperation {
  return {
    kind: "order", client: 1, frontend: 1, key, name: "Tux", type: "buy", quantity: 1,
    number: 1, replayed: false, invokedMs: fromMs, returnedMs: toMs, status,
    isOwnError: status === 503, hasRetryAfter: status === 503,
  };
}

function fault(kind: string, fromMs: number): Fault {
  return {
    kind, members: ["order 3"], links: [], leader: 3, catalogLeader: 1, wasWhole: true, waitedMs: 0,
    fromMs, toMs: fromMs + 100,
  };
}

function history(operations: OrderOperation[], faults: Fault[]): History {
  const replicas = ["order 1", "order 2", "order 3"];
  return {
    operations, faults, orders: [], journal: [], initial: new Map(), restockTo: 100, finals: [],
    logs: [...replicas, "catalog 1"].map((member) => {
      return { member, group: member.split(" ")[0]!, digest: "" };
    }),
  };
}

test("a purchase waits from its first attempt to its first final answer", () => {
  const operations = [
    attempt("a", 1_100, 1_200, 503), attempt("a", 1_250, 1_300, 0), attempt("a", 1_310, 1_900, 409),
    attempt("a", 1_950, 2_000), attempt("b", 1_000, 1_050),
  ];
  assert.deepEqual(waitingByKind(history(operations, [fault("kill", 1_000)])), [
    { kind: "kill", times: 1, longestMs: 800, servedMs: 590, refused: 1, silent: 1 },
  ]);
});

test("each fault answers for the waiting until the next one begins", () => {
  const faults = [fault("kill", 1_000), fault("pause", 2_000), fault("kill", 5_000)];
  const [kill, pause] = waitingByKind(history([attempt("a", 900, 4_000)], faults));
  assert.deepEqual([kill?.times, kill?.longestMs, kill?.servedMs], [2, 1_000, 1_000]);
  assert.deepEqual([pause?.times, pause?.longestMs, pause?.servedMs], [1, 2_000, null]);
});
