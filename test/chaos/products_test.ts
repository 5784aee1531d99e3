/** The catalogs of a chaos run are born alike, with little of what is in demand. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { splitRow } from "../../shared/csv.ts";
import { HOT_PRODUCTS, prepareWares, storeOf } from "./products.ts";

function rowsOf(text: string): string[][] {
  return text.trim().split("\n").slice(1).map(splitRow);
}

test("of stocks and books little is there, of a stock only so much may be traded", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "wares-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ["stocks", "books"]) {
    const dataDir = join(folder, name);
    const store = storeOf(name);
    prepareWares(dataDir, store, 3);
    const texts = [1, 2, 3].map((id) =>
      readFileSync(join(dataDir, `catalog-${id}`, "initial.csv"), "utf8"));
    assert.deepEqual(new Set(texts).size, 1, "all replicas begin with the same");
    const at = store.columns.indexOf("quantity");
    const rows = rowsOf(texts[0]!);
    assert.equal(rows.filter((row) => row[at] === "30").length, HOT_PRODUCTS);
    assert.equal(rows.filter((row) => row[at] === "100").length, 12 - HOT_PRODUCTS);
    if (name === "books") continue;
    const bounds = new Map(rows.map(([name, _price, _quantity, bound]) => [name, bound]));
    const those = ["BoarCo", "CactusAir", "FishCo"].map((stock) => bounds.get(stock));
    assert.deepEqual(those, ["300", "1500", "100000"]);
  }
});

test("toys are restocked, and begin as they always do", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "wares-"));
  t.after(() => rmSync(folder, { recursive: true }));
  prepareWares(folder, storeOf("toys"), 3);
  assert(!existsSync(join(folder, "catalog-1")));
});
