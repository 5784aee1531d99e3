/** Rows as text: chained, read back exactly, refused when they do not follow. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import {
  formatRow, parseRow, parseRows, payloadOf,
} from "../../../../shared/replication/storage/row_format.ts";
import { START } from "../../../../shared/replication/core/log_index.ts";
import type { Row } from "../../../../shared/replication/core/messages.ts";

function makeRows(...payloads: string[]): Row[] {
  const rows: Row[] = [];
  for (const payload of payloads) {
    rows.push(formatRow(rows.length + 1, 3, payload, rows.at(-1)?.checksum ?? 0));
  }
  return rows;
}

test("a checksum is the CRC-32 of what stands before its comma, from the row before on", () => {
  const [one, two] = makeRows("a,b", "c,d");
  const first = crc32("1,3,a,b");
  assert.equal(one!.text, `1,3,a,b,${first.toString(16).padStart(8, "0")}`);
  assert.equal(two!.checksum, crc32("2,3,c,d", first));
});

test("rows read back, with names that need quotes and letters of any script", () => {
  const rows = makeRows("plain", '"a, ""b"""', "Käse 玩具", "");
  const text = rows.map((row) => row.text + "\n").join("");
  assert.deepEqual(parseRows(text, START), rows);
  assert.deepEqual(
    rows.map((row) => payloadOf(row.text)),
    ["plain", '"a, ""b"""', "Käse 玩具", ""],
  );
});

test("a row that does not follow is refused, whatever was done to it", () => {
  const rows = makeRows("a", "b", "c");
  const [a, b, c] = rows.map((row) => row.text + "\n") as [string, string, string];
  const stale = formatRow(2, 3, "other", rows[0]!.checksum).text + "\n";
  const bad = [
    a + c,
    a + a,
    b,
    a + b + b,
    a + stale + c,
    a.replace("a", "x"),
    (a + b).slice(0, -1),
    a.toUpperCase(),
    "\n",
    "1,3\n",
    a + "2,2,b,00000000\n",
    ",3,a,00000000\n",
    "1,,a,00000000\n",
    "1,3,00000000\n",
    "1.0,3,a,00000000\n",
    a.slice(0, -9) + a.slice(-9).toUpperCase(),
    a.replace(/.\n$/, "\n"),
    a.replace("\n", "0\n"),
  ];
  for (const text of bad) {
    assert.throws(() => parseRows(text, START), { reason: "bad_request" }, JSON.stringify(text));
  }
});

test("a term that falls is refused even with a checksum that fits", () => {
  const first = formatRow(1, 5, "a", 0);
  const second = formatRow(2, 4, "b", first.checksum);
  assert.throws(() => parseRow(second.text, first), { reason: "bad_request" });
});
