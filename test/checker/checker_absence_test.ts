/**
 * Products that come and go: one way after the other in which a history of
 * them is bad, each caught by just the rule that it breaks.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cameAndWent, final, textOf, type Changeable } from "./good_histories.ts";
import {
  added, buy, come, gone, list, look, made, MISSED, REFUSED, removed, shown, SILENT, sold, stocked,
  UNTRIED,
} from "./history_fixtures.ts";
import type { History } from "./history.ts";
import { judge } from "./checker.ts";

const OWL = { name: "Owl" };
const AT_9 = { ...OWL, price: 9 };
const AT_11 = { ...OWL, price: 11 };
const NO_OWL = { ...OWL, ...MISSED };

const BAD: [string, number, (history: Changeable) => Partial<History>][] = [
  ["it is shown in the end although it was removed", 16, () => ({
    finals: [...final(10), { frontend: 1, ...shown(0, AT_11) }],
  })],
  ["in the end one front-end shows it and the other does not", 16, ({ operations, journal }) => ({
    operations: [...operations, made(5, 12, 8, 110, OWL)],
    journal: [...journal, come(8, 5, 12, "Owl")],
    finals: [...final(10), { frontend: 1, ...shown(5, { ...OWL, price: 12 }) },
      { frontend: 2, ...shown(10) }],
  })],
  ["bought with it, but not what it began with", 16, ({ operations, journal }) => ({
    operations: [...operations, made(5, 12, 8, 110, OWL)],
    journal: [...journal, come(8, 5, 12, "Owl")],
    finals: [...final(10), { frontend: 1, ...shown(4, { ...OWL, price: 12 }) }],
  })],
  ["said to be sold out when it is gone", 19, ({ operations }) => ({
    operations: [...operations, buy(0, "d", 62, { ...OWL, ...REFUSED })],
  })],
  ["shown as of the row that removed it", 23, ({ operations }) => ({
    operations: [...operations, look(0, 5, 62, AT_9)],
  })],
  ["shown after somebody was told that it is gone", 24, ({ operations }) => ({
    operations: [...operations, look(2, 6, 110, AT_11)],
  })],
  ["shown after a list did not have it", 24, ({ operations }) => ({
    operations: [...operations.slice(0, -1), list(10, 7, 100), look(2, 6, 110, AT_11)],
  })],
  ["shown after a purchase was told that it is gone", 24, ({ operations }) => ({
    operations: [...operations.slice(0, -1),
      buy(0, "d", 100, { ...NO_OWL, number: null }), look(2, 6, 110, AT_11)],
  })],
  ["in a list although it is gone", 28, ({ operations }) => ({
    operations: [...operations, list(10, 5, 62, { products: [shown(0, AT_9), shown(10)] })],
  })],
  ["not in a list although it is there", 28, ({ operations }) => ({
    operations: [...operations, list(10, 6, 82)],
  })],
  ["in a list after somebody was told that it is gone", 29, ({ operations }) => ({
    operations: [...operations, list(10, 6, 110, { products: [shown(2, AT_11), shown(10)] })],
  })],
  ["made twice", 35, ({ operations, journal }) => ({
    operations: [...operations, made(5, 12, 10, 110, OWL), removed(9, 120, OWL)],
    journal: [...journal, come(8, 5, 12, "Owl"), gone(9, -5, "Owl"), come(10, 5, 12, "Owl")],
    finals: [...final(10), { frontend: 1, ...shown(5, { ...OWL, price: 12 }) }],
  })],
  ["made with other pieces than were asked for", 35, ({ operations, journal }) => ({
    operations: [...operations, made(6, 12, 8, 110, OWL)],
    journal: [...journal, come(8, 5, 12, "Owl")],
    finals: [...final(10), { frontend: 1, ...shown(5, { ...OWL, price: 12 }) }],
  })],
  ["made although that was refused", 35, ({ operations, journal }) => ({
    operations: [...operations, made(5, 12, NaN, 110, { ...OWL, ...REFUSED })],
    journal: [...journal, come(8, 5, 12, "Owl")],
    finals: [...final(10), { frontend: 1, ...shown(5, { ...OWL, price: 12 }) }],
  })],
  ["removed, it is said, and was not", 35, ({ operations }) => ({
    operations: [...operations, removed(8, 110, OWL)],
  })],
  ["removed although nobody tried to", 35, ({ operations }) => ({
    operations: operations.map((one) =>
      one.kind === "admin" && one.status === 0 ? { ...one, ...UNTRIED } : one),
  })],
  ["shown after the admin was told that it is removed", 36, ({ operations }) => ({
    operations: [...operations, look(3, 4, 46, AT_9)],
  })],
  ["shown before it was to be made", 39, ({ operations }) => ({
    operations: [...operations, look(4, 3, 2, AT_9)],
  })],
  ["said to be gone before it was to be removed", 40, ({ operations }) => ({
    operations: [...operations, look(0, NaN, 30, NO_OWL)],
  })],
  ["said to be gone when it was known to be there again", 40, ({ operations }) => ({
    operations: [...operations, look(0, NaN, 82, NO_OWL)],
  })],
  ["not to be bought before it was to be removed", 40, ({ operations }) => ({
    operations: [...operations, buy(0, "d", 30, { ...NO_OWL, number: null })],
  })],
  ["not to be changed before it was to be removed", 40, ({ operations }) => ({
    operations: [...operations, added(7, NaN, 30, NO_OWL)],
  })],
  ["sold when it was gone", 41, ({ operations, orders, journal }) => ({
    operations: [...operations, buy(2, "d", 110, { ...OWL, quantity: 1 })],
    orders: [...orders, { ...orders[0]!, number: 2, key: "d", sale: 2 }],
    journal: [...journal, stocked(8, 1, "restock"), { ...sold(9, "d"), ...OWL }]
      .map((row) => row.index === 8 ? { ...row, ...OWL } : row),
  })],
  ["made when it was there", 41, ({ operations, journal }) => ({
    operations: [...operations, made(5, 12, 8, 110, OWL), made(6, 13, 9, 120, OWL)],
    journal: [...journal, come(8, 5, 12, "Owl"), come(9, 6, 13, "Owl")],
    finals: [],
  })],
  ["removed when it was gone", 41, ({ operations, journal }) => ({
    operations: [...operations, removed(8, 110, OWL)],
    journal: [...journal, gone(8, 0, "Owl")],
  })],
  ["removed, and something of it left", 41, ({ operations, journal }) => ({
    operations: [...operations, made(5, 12, 8, 110, OWL), removed(9, 120, OWL)],
    journal: [...journal, come(8, 5, 12, "Owl"), gone(9, -4, "Owl")],
  })],
];

for (const [name, rule, change] of BAD) {
  test(`rule ${rule}: ${name}`, () => {
    const history = cameAndWent();
    const found = judge({ ...history, ...change(history) });
    const rules = [...new Set(found.map((violation) => violation.rule))];
    assert.deepEqual(rules, [rule], textOf(found));
  });
}

test("whether it was removed nobody knows: it may be there until somebody has seen", () => {
  const history = cameAndWent();
  const removal = history.journal.at(-1)!;
  const operations = history.operations.slice(0, -1);
  const there = { ...history, operations: [...operations, look(2, 6, 100, AT_11)] };
  assert.deepEqual(judge(there), []);
  const stays = { journal: history.journal.filter((row) => row !== removal) };
  const finals = [...final(10), { frontend: 1, ...shown(2, AT_11) }];
  assert.deepEqual(judge({ ...there, ...stays, finals }), []);
});

test("of which topic it is says the row that made it", () => {
  const history = cameAndWent();
  const journal = history.journal.map((row) =>
    row.kind === "product" && row.index === 6 ? { ...row, topic: "Sea" } : row);
  const judged = (topic: string, ...products: ReturnType<typeof shown>[]) => {
    const operations = [...history.operations, list(0, 6, 82, { topic, products })];
    return judge({ ...history, journal, operations }).map(({ rule }) => rule);
  };
  assert.deepEqual(judged("sea", shown(2, AT_11)), []);
  assert.deepEqual(judged("sea"), [28]);
  assert.deepEqual(judged("land", shown(2, AT_11)), [28]);
});

test("what never was is not there, and nobody has to say when it went", () => {
  const history = cameAndWent();
  const operations = [...history.operations, look(0, NaN, 110, { ...NO_OWL, name: "Nix" })];
  assert.deepEqual(judge({ ...history, operations }), []);
});

test("what nobody was answered may have been made, once", () => {
  const history = cameAndWent();
  const operations = [...history.operations, made(5, 12, NaN, 110, { ...OWL, ...SILENT })];
  assert.deepEqual(judge({ ...history, operations }), []);
  const journal = [...history.journal, come(8, 5, 12, "Owl")];
  const finals = [...final(10), { frontend: 1, ...shown(5, { ...OWL, price: 12 }) }];
  assert.deepEqual(judge({ ...history, operations, journal, finals }), []);
});
