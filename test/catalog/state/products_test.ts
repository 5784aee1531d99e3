/** Products by name: pages, searches, and names that a careless map would trip over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ListScan } from "../../../catalog/state/list_scan.ts";
import { initialChecksum, initialRecord, Products } from "../../../catalog/state/products.ts";
import type { ListQuery } from "../../../shared/messages/messages.ts";

const NAMES = ["b", "Ä", "a", "Zebra", "abc", "🐧"];

function products(names = NAMES): Products {
  return new Products(names.map((name) => initialRecord({ name, price: 1, quantity: 1 })));
}

/** One turn that is long enough. */
function list(of: Products, query: ListQuery) {
  const scan = new ListScan({ products: of }, query);
  scan.step(Infinity);
  scan.close();
  return scan.result;
}

function pageOf(query: { q?: string; limit?: number; after?: string }) {
  const { q = null, limit = 10, after = null } = query;
  const { page, more } = list(products(), { topic: null, q, limit, after });
  return [page.map(({ name }) => name), more];
}

test("a list is by name, in code unit order", () => {
  assert.deepEqual(pageOf({}), [["Zebra", "a", "abc", "b", "Ä", "🐧"], false]);
});

test("pages follow each other without a gap or a repeat", () => {
  assert.deepEqual(pageOf({ limit: 2 }), [["Zebra", "a"], true]);
  assert.deepEqual(pageOf({ limit: 2, after: "a" }), [["abc", "b"], true]);
  assert.deepEqual(pageOf({ limit: 2, after: "b" }), [["Ä", "🐧"], false]);
  assert.deepEqual(pageOf({ limit: 2, after: "🐧" }), [[], false]);
});

test("a page goes on after a name that is not there", () => {
  assert.deepEqual(pageOf({ after: "aa" }), [["abc", "b", "Ä", "🐧"], false]);
  assert.deepEqual(pageOf({ limit: 1, after: "" }), [["Zebra"], true]);
});

test("a search is a part of the name, whatever the case", () => {
  assert.deepEqual(pageOf({ q: "B" }), [["Zebra", "abc", "b"], false]);
  assert.deepEqual(pageOf({ q: "B", limit: 2 }), [["Zebra", "abc"], true]);
  assert.deepEqual(pageOf({ q: "ä" }), [["Ä"], false]);
  assert.deepEqual(pageOf({ q: "none" }), [[], false]);
});

test("books are listed by id too, from an id on, and by topic, whatever the case", () => {
  const book = (id: number, name: string, topic: string) =>
    initialRecord({ name, price: 1, quantity: 1, traits: { id, topic } });
  const books = new Products([
    book(10, "A", "Graphs"), book(9, "B", "graphs"), book(2, "C", "trees"),
    initialRecord({ name: "D", price: 1, quantity: 1 }),
  ]);
  const names = (query: { topic?: string; after?: string; limit?: number; by?: "id" }) => {
    const { topic = null, after = null, limit = 10, by } = query;
    const { page, more } = list(books, { topic, q: null, limit, after, by });
    return [page.map(({ name }) => name).join(""), more];
  };
  assert.deepEqual(names({ by: "id" }), ["CBA", false]);
  assert.deepEqual(names({ by: "id", limit: 2 }), ["CB", true]);
  assert.deepEqual(names({ by: "id", after: "9" }), ["A", false]);
  assert.deepEqual(names({ by: "id", after: "5" }), ["BA", false]);
  assert.deepEqual(names({ by: "id", topic: "GRAPHS" }), ["BA", false]);
  assert.deepEqual(names({ topic: "graphs" }), ["AB", false]);
  assert.deepEqual(names({}), ["ABCD", false]);
  assert.equal(books.findById(10)!.name, "A");
  assert.equal(books.findById(1), undefined);
});

test("a page of many products costs its own length, not theirs", () => {
  const names = Array.from({ length: 20_000 }, (_, at) => `toy ${String(at).padStart(5, "0")}`);
  let reads = 0;
  const records = names.map((name) => {
    const record = initialRecord({ name, price: 1, quantity: 1 });
    return Object.defineProperty(record, "name", { get: () => (reads++, name) });
  });
  const many = new Products(records);
  reads = 0;
  list(many, { topic: null, q: null, limit: 10, after: "toy 15000" });
  assert(reads < 50, `${reads} names were read`);
});

test("names of the language itself are names like any other", () => {
  const odd = products(["__proto__", "constructor"]);
  assert.equal(odd.find("__proto__")!.name, "__proto__");
  assert.equal(odd.find("toString"), undefined);
  assert.equal(products().find("__proto__"), undefined);
});

test("the checksum tells any two sets of products apart", () => {
  const tux = { name: "Tux", price: 15.99, quantity: 100 };
  const dearer = { ...tux, price: 16 };
  const fewer = { ...tux, quantity: 99 };
  const sets = [[tux], [dearer], [fewer], [tux, fewer], [fewer, tux]];
  assert.equal(new Set(sets.map(initialChecksum)).size, sets.length);
  assert.match(initialChecksum([]), /^[0-9a-f]{8}$/);
});
