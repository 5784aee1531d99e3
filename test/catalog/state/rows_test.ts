/** The rows of the log as text: read as written, and refused when they are not ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adminPayload, COLUMNS, fencePayload, openPayload, readRow, restockPayload, salePayload,
  type AdminRow, type SaleRow,
} from "../../../catalog/state/rows.ts";
import { splitRow } from "../../../shared/csv.ts";

const TIME = "2026-01-31T12:00:00.000Z";
const SALE: SaleRow = {
  kind: "sale", name: 'The "blue", one', type: "buy", quantity: 3, key: "~k", sale: 7, settled: 5,
};

const ADMIN: AdminRow[] = [
  { kind: "price", name: "Tux", price: 9.5 },
  { kind: "stock", name: "Tux", quantity: -4 },
  { kind: "product", name: "Tux", quantity: 0, price: 0.5, traits: {} },
  { kind: "product", name: "Raft", quantity: 3, price: 5, traits: { id: 7, topic: 'a "b", c' } },
  { kind: "product", name: "FishCo", quantity: 3, price: 5, traits: { max_volume: 0 } },
  { kind: "remove", name: "Tux", quantity: -96 },
  { kind: "remove", name: "Tux", quantity: 0 },
];

test("every row reads as it was written, under its columns", () => {
  const texts = {
    open: openPayload("0badcafe", TIME),
    fence: fencePayload({ kind: "fence", term: 12, leader: 3 }, TIME),
    sale: salePayload(SALE, 15.99, TIME),
    restock: restockPayload({ kind: "restock", name: "Tux", quantity: 100 }, TIME),
  };
  assert.deepEqual(readRow(texts.open), { kind: "open", initial: "0badcafe" });
  assert.deepEqual(readRow(texts.fence), { kind: "fence", term: 12, leader: 3 });
  assert.deepEqual(readRow(texts.sale), SALE);
  assert.deepEqual(readRow(texts.restock), { kind: "restock", name: "Tux", quantity: 100 });
  for (const row of ADMIN) assert.deepEqual(readRow(adminPayload(row, TIME)), row);
  const admins = ADMIN.map((row) => [row.kind, adminPayload(row, TIME)] as const);
  for (const [kind, text] of [...Object.entries(texts), ...admins]) {
    const cells = splitRow(text);
    assert.equal(cells.length, COLUMNS.length);
    assert.equal(cells[COLUMNS.indexOf("kind")], kind);
    assert.equal(cells[COLUMNS.indexOf("time")], TIME);
  }
  assert.equal(splitRow(texts.sale)[COLUMNS.indexOf("price")], "15.99");
});

/** What each is refused for. */
const NO_ROWS: readonly [payload: string, why: RegExp][] = [
  ["", /other columns/],
  ["t,gift,Tux,,1,,,,,,,,,", /unknown kind/],
  ["t,restock,Tux,,1,,,,,,,,", /other columns/],
  ['t,restock,"Tux,,1,,,,,,,,,', /not closed/],
  ["t,restock,Tux,,-1,,,,,,,,,", /count/],
  ["t,restock,Tux,,,,,,,,,,,", /whole number/],
  ["t,restock,Tux,,1e3,,,,,,,,,", /whole number/],
  ["t,restock,Tux,,9007199254740993,,,,,,,,,", /whole number/],
  ["t,stock,Tux,,0.5,,,,,,,,,", /whole number/],
  ["t,price,Tux,,,,,,,,,,,", /price/],
  ["t,price,Tux,,,-1,,,,,,,,", /price/],
  ["t,price,Tux,,,Infinity,,,,,,,,", /price/],
  ["t,product,=1+1,,1,1,,,,,,,,", /name/],
  ["t,product,Raft,,1,1,,,,,,0,,", /count/],
  ["t,sale,Tux,give,1,1,k,1,0,,,,,", /unknown type/],
  ["t,sale,Tux,buy,0,1,k,1,0,,,,,", /count/],
  ["t,sale,Tux,buy,1,1,,1,0,,,,,", /key/],
  ["t,sale,Tux,buy,1,1,k,x,0,,,,,", /whole number/],
  ["t,restock,Tux,,-0,,,,,,,,,", /whole number/],
  ["t,fence,,,,,,,,7,,,,", /fence/],
  ["t,fence,,,,,,,,7.1.1,,,,", /fence/],
  ["t,fence,,,,,,,,x.1,,,,", /whole number/],
];

test("a row of another kind or shape is not guessed at", () => {
  for (const [payload, message] of NO_ROWS) {
    assert.throws(() => readRow(payload), { name: "AppError", reason: "bad_request", message });
  }
});
