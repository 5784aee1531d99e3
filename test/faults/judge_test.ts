/**
 * The judge must be able to find each thing it looks for: one bad history for
 * every rule, caught by exactly that rule.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  added, buy, look, list, find, leader, logged, sold, REFUSED, UNTRIED, REUSED, SILENT,
} from "./hand_made.ts";
import type { Fault, History, JournalRow, Operation } from "./history.ts";
import { judge, RULES } from "./judge.ts";

/** Three Tux bought one after the other, looked up, listed, found; 10 there at first. */
function good(): { -readonly [Field in keyof History]: History[Field] } {
  return {
    operations: [
      look(10, 0, 0),
      buy(1, "a", 10), look(9, 3, 20), find(1, 22),
      buy(2, "b", 30, { client: 2 }), buy(3, "c", 32, { client: 3, status: 503, number: null,
        isOwnError: true, hasRetryAfter: true }),
      buy(3, "c", 40, { client: 3 }), look(7, 5, 50), find(3, 52),
      find(4, 54, { status: 404, isOwnError: true, found: null }),
      leader(3, 1, 55), leader(2, 2, 60), list(7, 5, 61),
      buy(0, "too many", 62, { ...REFUSED, quantity: 8 }),
      buy(0, "a", 63, { ...REUSED, quantity: 2 }),
    ],
    faults: [],
    orders: [logged(1, "a"), logged(2, "b"), logged(3, "c")],
    journal: [sold(3, "a"), sold(4, "b"), sold(5, "c")],
    initial: new Map([["Tux", 10]]),
    restockTo: 10,
    logs: [
      { member: "order 1", group: "order", digest: "aa" },
      { member: "order 2", group: "order", digest: "aa" },
      { member: "order 3", group: "order", digest: "aa" },
      { member: "catalog 1", group: "catalog", digest: "bb" },
    ],
    finals: [{ frontend: 1, name: "Tux", quantity: 7 }],
  };
}

/** Of the leader, in a store that was whole. */
function killed(fromMs: number, more: Partial<Fault> = {}): Fault {
  return {
    kind: "kill of the order leader", members: ["order 3"], links: [], leader: 3,
    wasWhole: true, waitedMs: 0, fromMs, toMs: fromMs + 500, ...more,
  };
}

function final(quantity: number): History["finals"] {
  return [{ frontend: 1, name: "Tux", quantity }];
}


/** By rule: what makes the good history bad. */
const BAD: Record<number, (history: ReturnType<typeof good>) => Partial<History>> = {
  1: ({ operations }) => ({ operations: [...operations, buy(4, "d", 70)] }),
  2: ({ orders, journal }) => ({
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  }),
  3: ({ operations, orders, journal }) => ({
    operations: [...operations, buy(0, "d", 70, UNTRIED)],
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  }),
  4: ({ orders, journal }) => ({
    orders: [...orders, logged(4, "c")], journal: [...journal, sold(6, "c")], finals: final(6),
  }),
  5: ({ operations }) => ({ operations: [...operations, buy(1, "a", 70)] }),
  6: ({ operations, orders, journal }) => ({
    operations: [...operations, buy(5, "d", 70)],
    orders: [...orders, logged(5, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  }),
  7: ({ operations }) => ({ operations: [...operations, find(9, 70)] }),
  8: ({ operations, orders, journal }) => ({
    operations: [...operations, buy(5, "d", 70), buy(4, "e", 80)],
    orders: [...orders, logged(4, "e"), logged(5, "d")],
    journal: [...journal, sold(6, "e"), sold(7, "d")],
    finals: final(5),
  }),
  9: ({ logs }) => ({ logs: [...logs, { member: "order 4", group: "order", digest: "cc" }] }),
  11: ({ operations }) => ({ operations: [...operations, buy(0, "d", 70, REUSED)] }),
  12: ({ operations }) => ({ operations: [...operations, leader(1, 2, 70)] }),
  16: () => ({ finals: final(8) }),
  17: ({ operations, journal }) => ({
    operations: [...operations, look(17, 6, 70)],
    journal: [...journal, { index: 6, kind: "restock", name: "Tux", quantity: 10, key: "" }],
    finals: final(17),
  }),
  18: ({ operations, orders, journal }) => ({
    operations: [...operations, buy(4, "d", 70, { quantity: 8 })],
    orders: [...orders, logged(4, "d", { quantity: 8 })], journal: [...journal, sold(6, "d", 8)],
    finals: final(-1),
  }),
  19: ({ operations }) => ({
    operations: [...operations, buy(0, "d", 70, { ...REFUSED, quantity: 7 })],
  }),
  21: ({ operations }) => ({ operations: [...operations, look(9, 3, 46)] }),
  22: ({ operations, orders, journal }) => ({
    operations: [...operations, look(6, 6, 60), buy(4, "d", 70)],
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  }),
  23: ({ operations }) => ({ operations: [...operations, look(8, 5, 70)] }),
  24: ({ operations, orders, journal }) => ({
    operations: [...operations, buy(0, "d", 60, SILENT), look(6, 6, 70), look(7, 5, 80)],
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  }),
  25: ({ operations }) => ({ operations: [...operations, look(8, 4, 46, { client: 3 })] }),
  26: ({ operations }) => ({
    operations: [...operations, find(2, 70, { found: { number: 2, name: "Fox", quantity: 1 } })],
  }),
  27: ({ operations }) => ({
    operations: [...operations, find(2, 70, { status: 404, isOwnError: true, found: null })],
  }),
  28: ({ operations }) => ({ operations: [...operations, list(8, 5, 70)] }),
  29: ({ operations }) => ({ operations: [...operations, list(8, 4, 70)] }),
  30: ({ operations }) => ({
    operations: [...operations, find(2, 70, { status: 500, isOwnError: true, found: null })],
  }),
  31: ({ operations }) => ({
    faults: [killed(65)], operations: [...operations, buy(0, "d", 70, SILENT)],
  }),
  32: ({ operations }) => ({
    faults: [killed(65)],
    operations: [...operations, buy(0, "d", 70, { ...REFUSED, quantity: 8, returnedMs: 1_070 })],
  }),
  33: () => ({
    faults: [killed(65), killed(10_600, { wasWhole: false, waitedMs: 10_000 })],
  }),
  34: ({ operations }) => ({
    operations: [...operations, look(7, 5, 70, { returnedMs: 6_070 })],
  }),
  35: ({ operations }) => ({ operations: [...operations, added(5, 6, 70)] }),
};

test("a good history is good", () => {
  assert.deepEqual(judge(good()), []);
});

test("there is a bad history for every rule", () => {
  assert.deepEqual(Object.keys(BAD), Object.keys(RULES));
});

for (const [rule, change] of Object.entries(BAD)) {
  test(`rule ${rule}: ${RULES[Number(rule)]!.promise}`, () => {
    const history = good();
    const found = judge({ ...history, ...change(history) });
    assert.deepEqual(found.map((violation) => violation.rule), [Number(rule)], textOf(found));
  });
}

/** Other ways to break a rule, which the first example does not show. */
const MORE: [string, number, (history: ReturnType<typeof good>) => Partial<History>][] = [
  ["an order in the log with other goods", 1, ({ orders }) => ({
    orders: [...orders.slice(0, 2), logged(3, "c", { quantity: 2 })], finals: final(6),
  })],
  ["two numbers for one key", 5, ({ operations }) => ({
    operations: [...operations, buy(2, "a", 70, { replayed: true })],
  })],
  ["a bare 400", 30, ({ operations }) => ({
    operations: [...operations, buy(0, "d", 70, { ...REFUSED, status: 409, isOwnError: false })],
  })],
  ["a 503 that does not say when to come back", 30, ({ operations }) => ({
    operations: [...operations, look(0, 0, 70, { status: 503, isOwnError: true })],
  })],
  ["refused, and sold all the same", 3, ({ operations, orders, journal }) => ({
    operations: [...operations, buy(0, "d", 70, REFUSED)],
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  })],
  ["said to be another's order, and is its own", 11, ({ operations }) => ({
    operations: [...operations, buy(0, "a", 70, REUSED)],
  })],
  ["refused for what was sold only later", 19, ({ operations, orders, journal }) => ({
    operations: [...operations, buy(0, "d", 70, { ...REFUSED, quantity: 7 }), buy(4, "e", 80)],
    orders: [...orders, logged(4, "e")], journal: [...journal, sold(6, "e")], finals: final(6),
  })],
  ["refused for what nobody can see after it", 19, ({ operations, orders, journal }) => ({
    operations: [...operations, buy(4, "e", 66, { returnedMs: 95 }),
      buy(0, "d", 70, { ...REFUSED, quantity: 7 }), look(7, 5, 80)],
    orders: [...orders, logged(4, "e")], journal: [...journal, sold(6, "e")], finals: final(6),
  })],
  ["refused for what had been restocked long before", 19, ({ operations, journal }) => ({
    initial: new Map([["Tux", 3]]),
    operations: [...operations.filter(({ kind }) => kind === "order"),
      look(10, 6, 70), buy(0, "d", 80, { ...REFUSED, quantity: 10 })],
    journal: [...journal, { index: 6, kind: "restock", name: "Tux", quantity: 10, key: "" }],
    finals: final(10),
  })],
  ["bought by an attempt that was said not to have been tried", 22, (history) => ({
    operations: [...history.operations,
      buy(0, "d", 60, UNTRIED), look(6, 6, 66), buy(4, "d", 80)],
    orders: [...history.orders, logged(4, "d")],
    journal: [...history.journal, sold(6, "d")], finals: final(6),
  })],
  ["a look-up older than a list", 24, ({ operations, orders, journal }) => ({
    operations: [...operations, buy(0, "d", 60, SILENT), list(6, 6, 70), look(7, 5, 80)],
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  })],
  ["a list of a row that changed nothing", 28, ({ operations }) => ({
    operations: [...operations, list(7, 2, 0)],
  })],
  ["a list without a product", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { products: [] })],
  })],
  ["a list older than a list", 29, ({ operations, orders, journal }) => ({
    operations: [...operations, buy(0, "d", 60, SILENT), list(6, 6, 70), list(7, 5, 80)],
    orders: [...orders, logged(4, "d")], journal: [...journal, sold(6, "d")], finals: final(6),
  })],
  ["no answer, long after the front-end was back", 34, ({ operations }) => ({
    operations: [...operations, look(7, 5, 700, { returnedMs: 6_700 })],
    faults: [killed(100, { members: ["frontend 1"] })],
  })],
  ["a version of another product", 23, ({ operations, initial }) => ({
    operations: [...operations, look(10, 5, 70, { name: "Fox" } as Partial<Operation>)],
    initial: new Map([...initial, ["Fox", 10]]),
  })],
];

for (const [name, rule, change] of MORE) {
  test(`rule ${rule}: ${name}`, () => {
    const history = good();
    const found = judge({ ...history, ...change(history) });
    assert(found.some((violation) => violation.rule === rule), textOf(found));
  });
}

test("what may have happened is no violation, whichever way it went", () => {
  const history = good();
  const silent = buy(0, "d", 70, SILENT);
  const operations = [...history.operations, silent];
  assert.deepEqual(judge({ ...history, operations }), []);
  const orders = [...history.orders, logged(4, "d")];
  const journal = [...history.journal, sold(6, "d")];
  assert.deepEqual(judge({ ...history, operations, orders, journal, finals: final(6) }), []);
});

test("the admin's changes count, once each, and are known from the answer on", () => {
  const history = good();
  const stocked = (index: number, quantity: number): JournalRow =>
    ({ index, kind: "stock", name: "Tux", quantity, key: "" });
  const operations = [...history.operations,
    added(5, 6, 70), look(12, 6, 80), added(-3, NaN, 82, { status: 0 }), look(9, 7, 90),
    added(-50, NaN, 95, { status: 409, isOwnError: true })];
  const journal = [...history.journal, stocked(6, 5), stocked(7, -3)];
  const change = { operations, journal, finals: final(9) };
  assert.deepEqual(judge({ ...history, ...change }), []);
  const stale = [...operations, look(7, 5, 100)];
  assert.match(textOf(judge({ ...history, ...change, operations: stale })), /^24: /);
  const untried = added(-3, NaN, 82, { ...UNTRIED, added: -3 });
  const told = [...history.operations, added(5, 6, 70), untried];
  assert.match(textOf(judge({ ...history, ...change, operations: told })), /^35: -3 Tux/);
});

test("a front-end that was paused meanwhile answers later", () => {
  const history = good();
  const operations = [...history.operations, look(7, 5, 700, { returnedMs: 8_700 })];
  const faults = [killed(1_000, { members: ["frontend 1"], kind: "pause of a front-end" })];
  assert.deepEqual(judge({ ...history, operations, faults }), []);
});

test("who is refused may have asked first while there was not enough", () => {
  const history = good();
  const restock: JournalRow = { index: 6, kind: "restock", name: "Tux", quantity: 10, key: "" };
  const operations = [...history.operations, buy(0, "d", 40, { ...SILENT, quantity: 8 }),
    look(17, 6, 70), buy(0, "d", 80, { ...REFUSED, quantity: 8 })];
  const journal = [...history.journal, restock];
  const change = { operations, journal, finals: final(17), restockTo: 17 };
  assert.deepEqual(judge({ ...history, ...change }), []);
});

test("a refusal after an attempt of unknown outcome proves nothing", () => {
  const history = good();
  const operations = [...history.operations, buy(0, "d", 70, SILENT), buy(0, "d", 90, UNTRIED)];
  const orders = [...history.orders, logged(4, "d")];
  const journal = [...history.journal, sold(6, "d")];
  assert.deepEqual(judge({ ...history, operations, orders, journal, finals: final(6) }), []);
});

function textOf(found: ReturnType<typeof judge>): string {
  return found.map(({ rule, text }) => `${rule}: ${text}`).join("\n");
}
