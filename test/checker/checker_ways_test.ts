/**
 * Other ways to break a rule, which the one bad history of judge_test.ts does
 * not show; and what looks like it and breaks none.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { final, good, killed, textOf, traded, type Changeable } from "./good_histories.ts";
import {
  added, buy, initially, list, logged, look, priced, repriced, sold, stocked, REFUSED, REUSED,
  SILENT, UNTRIED,
} from "./history_fixtures.ts";
import type { History } from "./history.ts";
import { judge } from "./checker.ts";

const PART = { q: null, limit: 9, after: null };

const MORE: [string, number, (history: Changeable) => Partial<History>][] = [
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
    initial: new Map([["Tux", initially(3)]]),
    operations: [...operations.filter(({ kind }) => kind === "order"),
      look(10, 6, 70), buy(0, "d", 80, { ...REFUSED, quantity: 10 })],
    journal: [...journal, stocked(6, 10, "restock")],
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
    operations: [...operations, look(10, 5, 70, { name: "Fox" })],
    initial: new Map([...initial, ["Fox", initially(10)]]),
  })],
  ["another product than the id's", 23, ({ operations }) => ({
    operations: [...operations, look(7, 5, 70, { id: 2 })],
    initial: new Map([["Tux", initially(10, { id: 1 })]]),
  })],
  ["a price of another version", 23, ({ operations, journal }) => ({
    operations: [...operations, priced(7.5, 6, 70), look(7, 6, 80)],
    journal: [...journal, repriced(6, 7.5)],
  })],
  ["a volume of another version", 23, () => {
    const { operations, ...rest } = traded();
    return { ...rest, operations: [...operations, look(12, 4, 70, { volume: 3 })] };
  }],
  ["bought where it was to be sold back", 1, () => {
    const { orders: [first], ...rest } = traded();
    return { ...rest, orders: [first!, logged(2, "b", { quantity: 5 })] };
  }],
  ["refused for a volume that was left", 19, () => {
    const { operations, ...rest } = traded();
    const refused = buy(0, "e", 70, { ...REFUSED, lacked: "volume", quantity: 2 });
    return { ...rest, operations: [...operations, refused] };
  }],
  ["refused for the stock what was to be sold back", 19, () => {
    const { operations, ...rest } = traded();
    const refused = buy(0, "e", 70, { ...REFUSED, type: "sell", quantity: 13 });
    return { ...rest, operations: [...operations, refused] };
  }],
  ["a list of a topic without one of its products", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { topic: "BIRDS", byId: true, products: [] })],
    initial: new Map([["Tux", initially(10, { id: 1, topic: "birds" })]]),
  })],
  ["a page that has what is before it", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { part: { ...PART, after: "Tux" } })],
  })],
  ["a page without what is on it", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { part: { ...PART, after: "Fox" }, products: [] })],
  })],
  ["a page that is too long", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { part: { ...PART, limit: 0 } })],
  })],
  ["found by a part of a name that it does not have", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { part: { ...PART, q: "ox" } })],
  })],
  ["a list that says more follow, and none do", 28, ({ operations }) => ({
    operations: [...operations, list(7, 5, 70, { more: true })],
  })],
  ["a volume that is shown and was never traded", 37, () => {
    const { operations, ...rest } = traded();
    return { ...rest, operations: [...operations, look(12, 4, 70, { volume: 11 })] };
  }],
  ["a price before the admin had asked for it", 39, ({ operations, journal }) => ({
    operations: [...operations, look(7, 6, 60, { price: 7.5 }), priced(7.5, 6, 70)],
    journal: [...journal, repriced(6, 7.5)],
  })],
  ["a price that was set twice", 35, ({ operations, journal }) => ({
    operations: [...operations, priced(7.5, 6, 70)],
    journal: [...journal, repriced(6, 7.5), repriced(7, 7.5)],
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
  const operations = [...history.operations,
    added(5, 6, 70), look(12, 6, 80), added(-3, NaN, 82, { status: 0 }), look(9, 7, 90),
    added(-50, NaN, 95, { status: 409, isOwnError: true })];
  const journal = [...history.journal, stocked(6, 5), stocked(7, -3)];
  const change = { operations, journal, finals: final(9) };
  assert.deepEqual(judge({ ...history, ...change }), []);
  const stale = [...operations, look(7, 5, 100)];
  assert.match(textOf(judge({ ...history, ...change, operations: stale })), /^36: /);
  const untried = added(-3, NaN, 82, { ...UNTRIED, added: -3 });
  const told = [...history.operations, added(5, 6, 70), untried];
  const found = textOf(judge({ ...history, ...change, operations: told }));
  assert.match(found, /^35: Tux got -3 pieces/);
});

test("a front-end that was paused meanwhile answers later", () => {
  const history = good();
  const operations = [...history.operations, look(7, 5, 700, { returnedMs: 8_700 })];
  const faults = [killed(1_000, { members: ["frontend 1"], kind: "pause of a front-end" })];
  assert.deepEqual(judge({ ...history, operations, faults }), []);
});

test("who is refused may have asked first while there was not enough", () => {
  const history = good();
  const restock = stocked(6, 10, "restock");
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
