/** Answers of other members that a front-end does not believe: each counts as no answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  readAdmin, readLease, readLists, readLookups, readNames, readOrders, readPlaces,
} from "../../../frontend/owner/results.ts";
import { LEASE_MS, TERM_MAX } from "../../../shared/limits.ts";

type Fields = Record<string, unknown>;

const TUX = { name: "Tux", price: 15.99, quantity: 3 };
const FISH = { id: 7, ...TUX, topic: "Sea", max_volume: 9, volume: 2 };
const LOOKUP = { product: TUX, version: 3, store: true };
const LIST = { products: [TUX, FISH], more: false, version: 3, store: true };
const QUERY = { topic: null, q: null, limit: 2, after: null };
const ORDER = { number: 7, name: "Tux", type: "buy", quantity: 1 };
const LEASE = { leadership: "1.a", number: 1, index: 0, since: 0, leaseMs: LEASE_MS };
const ORDERED = { code: "ordered", number: 7, replayed: false };

const names = ["Tux"];
const queries = [QUERY];

function answered(...results: unknown[]): Fields {
  return { leadership: "1.a", index: 4, results };
}

/** What is no answer at all, whatever was asked. */
const NO_ANSWERS: unknown[] = [
  null, 7, "text", [], {}, { results: [] }, { results: null }, { results: "ab" },
];

const NO_PRODUCTS: unknown[] = [
  null, 7, [], {}, { ...TUX, name: 7 }, { ...TUX, name: "" }, { ...TUX, name: "x".repeat(200) },
  { ...TUX, price: -1 }, { ...TUX, price: "1" }, { ...TUX, price: 0.001 },
  { ...TUX, quantity: -1 }, { ...TUX, quantity: 0.5 }, { ...TUX, quantity: 2 ** 53 },
  { ...TUX, id: 0 }, { ...TUX, topic: 1 }, { ...TUX, volume: -1 }, { ...TUX, color: "red" },
  { ...TUX, max_volume: null }, { name: "Tux", price: 1 },
];

interface Case {
  read: (answer: unknown) => unknown;
  right: unknown[];
  wrong: unknown[];
}

const CASES: Record<string, Case> = {
  "a look-up": {
    read: (answer) => readLookups(answer, { names, isLeader: true }),
    right: [answered(LOOKUP), answered(null), answered({ ...LOOKUP, store: false })],
    wrong: [
      ...NO_PRODUCTS.map((product) => answered({ ...LOOKUP, product })),
      answered(), answered(LOOKUP, LOOKUP), answered(undefined), answered(7),
      answered({ ...LOOKUP, product: { ...TUX, name: "Lego" } }),
      answered({ ...LOOKUP, version: -1 }), answered({ ...LOOKUP, store: 1 }),
      { ...answered(LOOKUP), leadership: null }, { ...answered(LOOKUP), leadership: 1 },
      { ...answered(LOOKUP), index: -1 }, { ...answered(LOOKUP), index: "4" },
      { ...answered(LOOKUP), index: 2 ** 53 },
    ],
  },
  "a follower's look-up": {
    read: (answer) => readLookups(answer, { names, isLeader: false }),
    right: [answered(LOOKUP), { ...answered(LOOKUP), leadership: null }],
    wrong: [{ ...answered(LOOKUP), leadership: undefined }],
  },
  "a list": {
    read: (answer) => readLists(answer, { queries, isLeader: true }),
    right: [answered(LIST), answered(null), answered({ ...LIST, products: [] })],
    wrong: [
      ...NO_PRODUCTS.map((product) => answered({ ...LIST, products: [product] })),
      answered(), answered({ ...LIST, products: [TUX, TUX, TUX] }), answered({ products: [] }),
      answered({ ...LIST, more: 0 }), answered({ ...LIST, version: null }),
    ],
  },
  "names": {
    read: (answer) => readNames(answer, 2),
    right: [{ results: ["Tux", null] }],
    wrong: [{ results: ["Tux"] }, { results: ["Tux", 7] }, { results: ["Tux", ""] }],
  },
  "purchases": {
    read: (answer) => readPlaces(answer, 1),
    right: [
      ORDERED, { code: "not_found" }, { code: "key_reused" }, { code: "out_of_stock", left: 0 },
      { code: "over_volume", left: 5 }, { code: "unavailable", message: "later" },
      { code: "unknown", message: "" },
    ].map((result) => ({ results: [result] })),
    wrong: [
      null, 7, "ordered", {}, { code: "given" }, { code: "toString" }, { ...ORDERED, number: 0 },
      { ...ORDERED, number: "7" }, { ...ORDERED, replayed: 0 }, { code: "ordered" },
      { code: "out_of_stock" }, { code: "out_of_stock", left: -1 },
      { code: "over_volume", left: "" }, { code: "unavailable" },
      { code: "unknown", message: { a: 1 } },
      { code: "unavailable", message: "x".repeat(1_001) }, { code: "not_found", left: 1 },
    ].map((result) => ({ results: [result] })),
  },
  "orders": {
    read: (answer) => readOrders(answer, [7]),
    right: [{ results: [ORDER] }, { results: [null] }],
    wrong: [
      7, [], { ...ORDER, number: 8 }, { ...ORDER, name: null }, { ...ORDER, type: "give" },
      { ...ORDER, quantity: 0 }, { ...ORDER, key: "secret" },
    ].map((result) => ({ results: [result] })),
  },
  "the admin's change": {
    read: (answer) => readAdmin(answer, "Tux"),
    right: [{ product: TUX, version: 4 }],
    wrong: [
      ...NO_PRODUCTS.map((product) => ({ product, version: 4 })),
      { product: { ...TUX, name: "Lego" }, version: 4 }, { product: TUX, version: -1 },
    ],
  },
  "a lease": {
    read: readLease,
    right: [LEASE, { ...LEASE, leaseMs: 0 }],
    wrong: [
      { ...LEASE, leaseMs: LEASE_MS + 1 }, { ...LEASE, leaseMs: "1" + "0".repeat(9) },
      { ...LEASE, leaseMs: null }, { ...LEASE, leadership: 1 }, { ...LEASE, leadership: "x" },
      { ...LEASE, leadership: `${TERM_MAX + 1}.a` }, { ...LEASE, index: 0.5 },
      { ...LEASE, number: -1 }, { ...LEASE, since: undefined },
    ],
  },
};

for (const [what, { read, right, wrong }] of Object.entries(CASES)) {
  test(`${what} is read as it came, or is none`, () => {
    for (const answer of right) assert.deepEqual(read(answer), answer);
    for (const answer of [...NO_ANSWERS, ...wrong]) {
      const expected = { name: "AppError", reason: "unknown" };
      assert.throws(() => read(answer), expected, JSON.stringify(answer));
    }
  });
}
