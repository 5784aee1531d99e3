/** Rows that read back exactly, and rows that are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteField, splitRow } from "../../shared/csv.ts";
import { hasReason } from "../../shared/errors.ts";

test("a field is quoted only where a reader needs it", () => {
  assert.equal(quoteField("Tux"), "Tux");
  assert.equal(quoteField(""), "");
  assert.equal(quoteField("Bricks, red"), '"Bricks, red"');
  assert.equal(quoteField('6" doll'), '"6"" doll"');
});

test("what was quoted reads back exactly", () => {
  const rows = [["Tux", "1", ""], ['a"b', "c,d", '""'], [",", '"', "é😀"], [""], ["", ""]];
  for (const row of rows) assert.deepEqual(splitRow(row.map(quoteField).join(",")), row);
});

test("a row that could be read in two ways is refused", () => {
  for (const row of ['a"b', '"a"b', '"a', 'x,"a""', '"a" ,b', ' "a"']) {
    assert.throws(() => splitRow(row), (error) => hasReason(error, "bad_request"), row);
  }
});

test("a separator at the end opens an empty field", () => {
  assert.deepEqual(splitRow("a,"), ["a", ""]);
  assert.deepEqual(splitRow('"a",'), ["a", ""]);
});
