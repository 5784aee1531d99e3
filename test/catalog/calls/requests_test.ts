/** What members may say to the catalog: anything else is 400 and changes nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  parseAdmin, parseFence, parseHealth, parseLease, parseLists, parseLookups, parseNames, parseSales,
} from "../../../catalog/calls/requests.ts";
import { BATCH_ITEMS_MAX } from "../../../shared/limits.ts";

const SALE = { key: "~k:1", name: "Tux", type: "buy", quantity: 1 };
const SALES = { term: 1, leader: 3, session: "1.a.1", batch: 1, settled: 0, sales: [SALE] };
const LOOKUPS = { names: ["Tux"], frontend: 1, lease: null };
const LIST = { topic: null, q: null, limit: 100, after: null };
const ARRIVAL = { term: 1, sender: "1.a", batch: 1 };
const ADMIN = { ...ARRIVAL, kind: "patch", name: "Tux", versions: [0, 7] };
const NEW = { ...ARRIVAL, kind: "create", name: "Tux", price: 1, quantity: 0 };
const LEASE = { frontend: 1, holds: { leadership: "1.a", number: 1 }, release: true };

test("what is right passes as it is", () => {
  assert.deepEqual(parseSales(SALES), SALES);
  assert.deepEqual(parseFence({ term: 1, leader: 3 }), { term: 1, leader: 3 });
  for (const lookups of [LOOKUPS, { ...LOOKUPS, reads: { least: 7, visible: 7 } }]) {
    assert.deepEqual(parseLookups(lookups), lookups);
  }
  const lists = { lists: [LIST], frontend: 1, lease: null };
  assert.deepEqual(parseLists(lists), lists);
  const byId = { ...lists, lists: [{ ...LIST, by: "id" }] };
  assert.deepEqual(parseLists(byId), byId);
  const names = { ids: [7], frontend: 1, lease: null };
  assert.deepEqual(parseNames(names), names);
  for (const change of [{ price: 0.99 }, { quantity: 0 }, { added: -3, price: 1 }]) {
    assert.deepEqual(parseAdmin({ ...ADMIN, ...change }), { ...ADMIN, ...change });
  }
  for (const traits of [{}, { id: 1, topic: "x" }, { max_volume: 0 }]) {
    assert.deepEqual(parseAdmin({ ...NEW, traits }), { ...NEW, traits });
  }
  const removal = { ...ADMIN, kind: "remove" };
  assert.deepEqual(parseAdmin(removal), removal);
  assert.deepEqual(parseLease(LEASE), LEASE);
  assert.equal(parseLease({ frontend: 1, holds: null }).release, false);
  assert.equal(parseHealth({}), null);
  assert.equal(parseHealth({ at: "17" }), 17);
});

test("a search is compared in NFC", () => {
  const lists = { lists: [{ ...LIST, q: "e\u0301" }], frontend: 1, lease: null };
  assert.equal(parseLists(lists).lists[0]!.q, "\u00e9");
});

const WRONG: [what: string, parse: (body: unknown) => unknown, body: unknown][] = [
  ["no body", parseSales, null],
  ["a list for a body", parseFence, []],
  ["a missing field", parseFence, { term: 1 }],
  ["an unknown field", parseFence, { term: 1, leader: 3, force: true }],
  ["term 0", parseFence, { term: 0, leader: 3 }],
  ["a term as text", parseFence, { term: "1", leader: 3 }],
  ["batch 0", parseSales, { ...SALES, batch: 0 }],
  ["a negative settled", parseSales, { ...SALES, settled: -1 }],
  ["a sale of nothing", parseSales, { ...SALES, sales: [{ ...SALE, quantity: 0 }] }],
  ["half a piece", parseSales, { ...SALES, sales: [{ ...SALE, quantity: 0.5 }] }],
  ["a gift", parseSales, { ...SALES, sales: [{ ...SALE, type: "gift" }] }],
  ["a key that breaks a row", parseSales, { ...SALES, sales: [{ ...SALE, key: "a,b" }] }],
  ["a batch too long", parseSales, { ...SALES, sales: Array(BATCH_ITEMS_MAX + 1).fill(SALE) }],
  ["a name that is none", parseLookups, { ...LOOKUPS, names: [7] }],
  ["front-end 0", parseLookups, { ...LOOKUPS, frontend: 0 }],
  ["a lease without a number", parseLookups, { ...LOOKUPS, lease: { leadership: "1.a" } }],
  ["reads of what is not visible", parseLookups, { ...LOOKUPS, reads: { least: 8, visible: 7 } }],
  ["reads from nowhere", parseLookups, { ...LOOKUPS, reads: { visible: 7 } }],
  ["a page too long", parseLists, { lists: [{ ...LIST, limit: 101 }], frontend: 1, lease: null }],
  ["an order of its own", parseLists, { lists: [{ ...LIST, by: "x" }], frontend: 1, lease: null }],
  ["id 0", parseNames, { ids: [0], frontend: 1, lease: null }],
  ["no change", parseAdmin, ADMIN],
  ["two quantities", parseAdmin, { ...ADMIN, quantity: 1, added: 1 }],
  ["three decimals", parseAdmin, { ...ADMIN, price: 1.001 }],
  ["a price below nothing", parseAdmin, { ...ADMIN, price: -1 }],
  ["a version that is none", parseAdmin, { ...ADMIN, price: 1, versions: [-1] }],
  ["a kind of change that is none", parseAdmin, { ...ADMIN, kind: "double", price: 1 }],
  ["a removal with a price", parseAdmin, { ...ADMIN, kind: "remove", price: 1 }],
  ["a new product on a condition", parseAdmin, { ...NEW, traits: {}, versions: null }],
  ["a new product with another trait", parseAdmin, { ...NEW, traits: { volume: 1 } }],
  ["a new product without traits", parseAdmin, NEW],
  ["release as text", parseLease, { ...LEASE, release: "yes" }],
  ["an index that is none", parseHealth, { at: "x" }],
];

for (const [what, parse, body] of WRONG) {
  test(`refused: ${what}`, () => {
    assert.throws(() => parse(body), { reason: "bad_request" });
  });
}
