/** The rows of the log as text: read as written, and refused when they are not ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adminPayload, COLUMNS, fencePayload, openPayload, readRow, restockPayload, salePayload,
  type AdminRow, type SaleRow,
} from "../../catalog/rows.ts";
import { splitRow } from "../../shared/csv.ts";

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

test("a row of another kind or shape is not guessed at", () => {
  assert.throws(() => readRow("t,gift,Tux,,1,,,,,,,,,"), /unknown kind/);
  assert.throws(() => readRow("t,restock,Tux,,1,,,,,,,,"), /a row of the catalog's log/);
  assert.throws(() => readRow("t,restock,Tux,,-1,,,,,,,,,"), /count/);
  assert.throws(() => readRow("t,restock,Tux,,,,,,,,,,,"), /a number/);
  assert.throws(() => readRow("t,stock,Tux,,0.5,,,,,,,,,"), /a whole number/);
  assert.throws(() => readRow("t,price,Tux,,,,,,,,,,,"), /a number/);
  assert.throws(() => readRow("t,sale,Tux,give,1,1,k,1,0,,,,,"), /unknown type/);
});
