/**
 * What is promised to whom while a fault lasts, on histories made by hand:
 * which front-ends have to serve, which answers break it, whose waiting counts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fault, History, OrderOperation } from "../history.ts";
import { judge } from "../checker.ts";

const EVERYBODY = ["order 1", "order 2", "order 3", "catalog 1", "frontend 1", "frontend 2"];

/** Of order 3, which leads a store that is whole, from 1,000 to 2,000 ms. */
function fault(kind: string, more: Partial<Fault> = {}): Fault {
  return {
    kind, members: [], links: [], leader: 3, catalogLeader: 1, wasWhole: true, waitedMs: 0,
    fromMs: 1_000, toMs: 2_000, ...more,
  };
}

function both(one: string, others: readonly string[]): Fault["links"] {
  return others.filter((other) => other !== one)
    .flatMap((other) => [{ from: one, to: other }, { from: other, to: one }]);
}

const KILL = fault("kill of the order leader", { members: ["order 3"] });
const PAUSE = fault("pause of the order leader", { members: ["order 3"] });
const ISOLATED = fault("cut of the order leader from everybody", {
  links: both("order 3", EVERYBODY),
});

/** An attempt to buy at front-end 1. */
function asked(fromMs: number, toMs: number, more: Partial<OrderOperation> = {}): OrderOperation {
  return {
    kind: "order", client: 1, frontend: 1, key: `k${fromMs}`, name: "Tux", type: "buy",
    quantity: 1, number: null, replayed: false, status: 409, isOwnError: true,
    hasRetryAfter: false, invokedMs: fromMs, returnedMs: toMs, ...more,
  };
}

const REFUSED = { status: 503, hasRetryAfter: true };
const SILENT = { status: 0, isOwnError: false };

function rulesBroken(
  faults: Fault[],
  operations: OrderOperation[],
  more: readonly string[] = [],
): number[] {
  const replicas = [...EVERYBODY, ...more].filter((name) => !name.startsWith("frontend"));
  const history: History = {
    operations, faults, orders: [], journal: [], initial: new Map(), restockTo: 100, finals: [],
    logs: replicas.map((member) => ({ member, group: member.split(" ")[0]!, digest: "" })),
  };
  return judge(history).map(({ rule }) => rule);
}

const BROKEN: [string, number, Fault[], OrderOperation[]][] = [
  ["no leader for a second after a kill", 32, [KILL], [asked(1_100, 2_100)]],
  ["asked just before a kill", 32, [KILL], [asked(900, 2_000)]],
  ["no leader for two seconds after a pause", 32, [PAUSE], [asked(1_100, 3_100)]],
  ["still waiting when the next fault strikes", 32,
    [KILL, fault("kill of a front-end", { members: ["frontend 2"], fromMs: 2_500 })],
    [asked(1_400, 2_600)]],
  ["a leader's death told as a 503", 31, [KILL], [asked(1_100, 1_200, REFUSED)]],
  ["a leader's death told as a reset", 31, [KILL], [asked(990, 1_005, SILENT)]],
  ["no leader because the old one is cut off", 31, [ISOLATED], [asked(1_100, 1_200, REFUSED)]],
  ["a leader that hears nobody is in the way", 31, [fault("cut", {
    links: EVERYBODY.slice(0, 2).map((from) => ({ from, to: "order 3" })),
  })], [asked(1_100, 1_200, REFUSED)]],
  ["one front-end cut off, the other refuses", 31, [fault("cut", {
    links: both("frontend 2", ["order 3", "catalog 1"]),
  })], [asked(1_100, 1_200, REFUSED)]],
  ["a front-end that reaches the leader and no catalog", 31, [fault("cut", {
    links: both("frontend 1", ["catalog 1"]),
  })], [asked(1_100, 1_200, REFUSED)]],
  ["a dead follower", 31, [fault("kill", { members: ["order 1"] })],
    [asked(1_100, 1_200, REFUSED)]],
  ["the refused one had asked long after the fault was undone", 31, [KILL],
    [asked(9_000, 9_100, REFUSED)]],
  ["it never came back", 33,
    [KILL, fault("x", { fromMs: 12_000, wasWhole: false, waitedMs: 10_000 })], []],
];

for (const [name, rule, faults, operations] of BROKEN) {
  test(`rule ${rule}: ${name}`, () => {
    assert.deepEqual(rulesBroken(faults, operations), [rule]);
  });
}

const KEPT: [string, Fault[], OrderOperation[]][] = [
  ["just under a second", [KILL], [asked(1_100, 2_099)]],
  ["just under two seconds", [PAUSE], [asked(1_100, 3_099)]],
  ["counted from the fault on", [KILL], [asked(600, 1_999)]],
  ["asked long before, so it met the fault before", [KILL],
    [asked(500, 4_000, REFUSED), asked(499, 6_400)]],
  ["counted up to the next fault", [KILL, fault("kill", { members: EVERYBODY, fromMs: 1_900 })],
    [asked(1_100, 5_000, REFUSED)]],
  ["a store that was not whole", [fault(KILL.kind, { members: ["order 3"], wasWhole: false })],
    [asked(1_100, 5_000, REFUSED)]],
  ["the front-end itself was killed", [fault("kill", { members: ["frontend 1"] })],
    [asked(1_100, 1_200, SILENT)]],
  ["the catalog is down", [fault("kill", { members: ["catalog 1"] })],
    [asked(1_100, 5_000, REFUSED)]],
  ["no majority is up", [fault("kill", { members: ["order 1", "order 2"] })],
    [asked(1_100, 5_000, REFUSED)]],
  ["nobody reaches a majority", [fault("cut", {
    links: [...both("order 1", EVERYBODY), ...both("order 2", EVERYBODY)],
  })], [asked(1_100, 5_000, REFUSED)]],
  ["the front-end does not reach the leader that the others vouch for", [fault("cut", {
    links: [{ from: "order 3", to: "frontend 1" }],
  })], [asked(1_100, 5_000, REFUSED)]],
  ["the front-end does not reach one of those that may lead next", [fault("cut", {
    links: [...both("order 3", EVERYBODY), { from: "frontend 1", to: "order 2" }],
  })], [asked(1_100, 5_000, REFUSED)]],
  ["the leader does not reach the catalog", [fault("cut", {
    links: both("order 3", ["catalog 1"]),
  })], [asked(1_100, 5_000, REFUSED)]],
  ["not whole yet, but soon", [fault("x", { wasWhole: true, waitedMs: 9_000 })], []],
];

for (const [name, faults, operations] of KEPT) {
  test(`no promise is broken: ${name}`, () => {
    assert.deepEqual(rulesBroken(faults, operations), []);
  });
}

/** Beside the first catalog, which leads. */
const FOLLOWERS = ["catalog 2", "catalog 3"];
const BOTH = fault("kill of the order leader and the catalog", {
  members: ["order 3", "catalog 1"],
});

test("with catalog followers the catalog's leader may die, alone or with the orders'", () => {
  const alone = fault("kill of the catalog", { members: ["catalog 1"] });
  for (const one of [alone, BOTH]) {
    assert.deepEqual(rulesBroken([one], [asked(1_100, 1_200, REFUSED)], FOLLOWERS), [31]);
    assert.deepEqual(rulesBroken([one], [asked(1_100, 2_599)], FOLLOWERS), []);
    assert.deepEqual(rulesBroken([one], [asked(1_100, 2_600)], FOLLOWERS), [32]);
    assert.deepEqual(rulesBroken([one], [asked(1_100, 5_000, REFUSED)]), [], "nobody to follow it");
  }
});

test("nobody has to serve where no catalog that has a majority is reached", () => {
  const refused = [asked(1_100, 5_000, REFUSED)];
  const dead = fault("kill", { members: ["catalog 1", "catalog 2"] });
  assert.deepEqual(rulesBroken([dead], refused, FOLLOWERS), []);
  const cut = fault("cut", { members: ["catalog 1"], links: both("frontend 1", ["catalog 3"]) });
  assert.deepEqual(rulesBroken([cut], refused, FOLLOWERS), []);
  const follower = fault("kill", { members: ["catalog 2"] });
  assert.deepEqual(rulesBroken([follower], refused, FOLLOWERS), [31], "a follower is not missed");
});
