/** A member copies the CSV it was born with: an edit reaches the next store only. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { loadInitialProducts } from "../../../catalog/seed/seed_file.ts";
import { toys } from "../../../shared/stores/toys.ts";

const BORN = "name,price,quantity\nTux,15.99,100\n";
const EDITED = "name,price,quantity\nTux,1,5\n";

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "initial-"));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, "catalog-1");
  mkdirSync(folder);
  const warnings: string[] = [];
  const log = { warn: (message: string) => void warnings.push(message) };
  const file = join(root, "toys.csv");
  const options = { store: toys, dataFolder: root, folder, log };
  const load = () => loadInitialProducts(options)[0]!.quantity;
  return { file, folder, warnings, load };
}

test("an edit after the birth counts for the next store, and is named", (t) => {
  const { file, folder, warnings, load } = place(t);
  writeFileSync(file, BORN);
  assert.equal(load(), 100);
  assert.equal(load(), 100);
  assert.deepEqual(warnings, []);
  writeFileSync(file, EDITED);
  assert.equal(load(), 100);
  assert.equal(warnings.length, 1);
  assert.deepEqual(readdirSync(folder), ["initial.csv"]);
});

test("a store that is born goes on without the file, even with a broken one", (t) => {
  const { file, load } = place(t);
  writeFileSync(file, BORN);
  load();
  writeFileSync(file, "broken");
  assert.equal(load(), 100);
  rmSync(file);
  assert.equal(load(), 100);
});

test("a broken file is not copied: mended, it is read anew", (t) => {
  const { file, folder, load } = place(t);
  writeFileSync(file, "broken");
  assert.throws(load, /toys.csv, line 1/);
  assert.deepEqual(readdirSync(folder), []);
  writeFileSync(file, EDITED);
  assert.equal(load(), 5);
});

test("a missing file is named", (t) => {
  const { load } = place(t);
  assert.throws(load, /toys.csv: there is no such file/);
});
