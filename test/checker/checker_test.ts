/**
 * The judge must be able to find each thing it looks for: one bad history for
 * every rule, caught by exactly that rule. Other ways to break the same rules
 * are in checker_ways_test.ts.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cameAndWent, final, good, killed, textOf, traded, type Changeable,
} from "./good_histories.ts";
import {
  added, buy, find, gone, leader, list, logged, look, priced, removed, repriced, sold, stocked,
  MISSED, REFUSED, REUSED, SILENT, UNTRIED,
} from "./history_fixtures.ts";
import type { History } from "./history.ts";
import { judge, RULES } from "./checker.ts";

/** By rule: what makes the good history bad. */
const BAD: Record<number, (history: Changeable) => Partial<History>> = {
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
    journal: [...journal, stocked(6, 10, "restock")],
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
    operations: [...operations, find(2, 70, {
      found: { number: 2, name: "Fox", type: "buy", quantity: 1 },
    })],
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
  36: ({ operations, journal }) => ({
    operations: [...operations, priced(7.5, 6, 70), look(7, 5, 80)],
    journal: [...journal, repriced(6, 7.5)],
  }),
  37: () => {
    const { operations, orders, journal, ...rest } = traded();
    return {
      ...rest,
      operations: [...operations, buy(3, "e", 70, { quantity: 3 })],
      orders: [...orders, logged(3, "e", { quantity: 3 })], journal: [...journal, sold(5, "e", 3)],
      finals: final(9, { volume: 11 }),
    };
  },
  38: () => ({ ...traded(), finals: final(12, { volume: 7 }) }),
  39: ({ operations, journal }) => ({
    operations: [...operations, look(7, 6, 70, { price: 7.5 })],
    journal: [...journal, repriced(6, 7.5)],
  }),
  40: ({ operations }) => ({ operations: [...operations, look(0, NaN, 70, MISSED)] }),
  41: ({ operations, journal }) => ({
    operations: [...operations, removed(6, 70)],
    journal: [...journal, gone(6, -7), stocked(7, 10, "restock")],
    finals: [],
  }),
};

test("a good history is good", () => {
  assert.deepEqual(judge(good()), []);
  assert.deepEqual(judge(traded()), []);
  assert.deepEqual(judge(cameAndWent()), []);
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
