/** The data folder before the first member starts: marks, secret, and what --fresh may delete. */
import assert from "node:assert/strict";
import {
  existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  deleteStore, findBirth, makeFolders, readOrMakeSecret, writeBirths,
} from "../../../client/launcher/data_folder.ts";
import { DEFAULT_SETTINGS } from "../../../client/launcher/settings.ts";
import { UsageError } from "../../../shared/usage.ts";
import { ownFolder } from "./own_folder.ts";

async function born(folder: string): Promise<string> {
  const births = await findBirth(folder, DEFAULT_SETTINGS);
  await writeBirths(folder, births);
  return births.birth.id;
}

test("all members bear one mark, and keep it", async (t) => {
  const folder = ownFolder(t);
  const id = await born(folder);
  const labels = ["catalog-1", "frontend-1", "order-1", "order-2", "order-3"];
  assert.deepEqual(readdirSync(folder).sort(), labels);
  for (const label of labels) {
    assert.deepEqual(JSON.parse(readFileSync(join(folder, label, "birth"), "utf8")), {
      id, store: "toys", catalogs: 1, orders: 3, format: 2,
    });
  }
  const again = await findBirth(folder, { ...DEFAULT_SETTINGS, frontends: 2 });
  assert.equal(again.birth.id, id);
  assert.deepEqual(again.missing.map((member) => member.name), ["frontend 2"]);
});

test("data of another store, of other sizes or of two stores is refused", async (t) => {
  const folder = ownFolder(t);
  await born(folder);
  await assert.rejects(findBirth(folder, { ...DEFAULT_SETTINGS, store: "books" }), UsageError);
  await assert.rejects(
    findBirth(folder, { ...DEFAULT_SETTINGS, orders: 5 }),
    /--orders 5: the data in .* was begun with 3; repeat with --orders 3, or with --fresh/,
  );
  const mark = join(folder, "order-2", "birth");
  writeFileSync(mark, readFileSync(mark, "utf8").replace(/"id":"\w/, '"id":"x'));
  await assert.rejects(findBirth(folder, DEFAULT_SETTINGS), /holds two stores/);
});

test("a replica that lost its folder recovers, and is not taken for new", async (t) => {
  const folder = ownFolder(t);
  await born(folder);
  deleteStore(folder);
  await born(folder);
  writeFileSync(join(folder, "order-1", "log.csv"), "");
  rmSync(join(folder, "order-2", "birth"));
  writeFileSync(join(folder, "order-2", "log.csv"), "of nobody");
  const births = await findBirth(folder, DEFAULT_SETTINGS);
  assert.deepEqual(births.lost.map((member) => member.name), ["order 2"]);
  await writeBirths(folder, births);
  assert.deepEqual(readdirSync(join(folder, "order-2")).sort(), ["birth", "recovering"]);

  rmSync(join(folder, "order-2"), { recursive: true });
  rmSync(join(folder, "order-3"), { recursive: true });
  await assert.rejects(findBirth(folder, DEFAULT_SETTINGS), /order-2 has no birth mark/);
});

test("the catalog that lost its folder has nobody to recover from", async (t) => {
  const folder = ownFolder(t);
  await born(folder);
  rmSync(join(folder, "catalog-1", "birth"));
  writeFileSync(join(folder, "catalog-1", "log.csv"), "");
  await assert.rejects(findBirth(folder, DEFAULT_SETTINGS), /catalog-1 has no birth mark/);
});

test("--fresh deletes what is the store's and leaves the rest", async (t) => {
  const folder = ownFolder(t);
  makeFolders(folder);
  await born(folder);
  mkdirSync(join(folder, "order-4"));
  const files = ["run/order-1.pid", "run/settings.json", "log/order-1.log", "log/syslog", "secret"];
  for (const file of [...files, "run/other.pid", "order-4/mine"]) {
    writeFileSync(join(folder, file), "");
  }
  deleteStore(folder);
  assert.deepEqual(readdirSync(folder).sort(), ["log", "order-4", "run", "secret"]);
  assert.deepEqual(readdirSync(join(folder, "log")), ["syslog"]);
  assert.deepEqual(readdirSync(join(folder, "run")), ["other.pid"]);
});

test("the secret is made once, for its owner only", (t) => {
  const folder = ownFolder(t);
  const secret = readOrMakeSecret(folder, DEFAULT_SETTINGS);
  assert.match(secret, /^[0-9a-f]{64}$/);
  assert.equal(statSync(join(folder, "secret")).mode & 0o777, 0o600);
  assert.equal(readOrMakeSecret(folder, DEFAULT_SETTINGS), secret);
  assert.deepEqual(readdirSync(folder), ["secret"]);
});

test("folders that stay empty are removed again, others are not", (t) => {
  const folder = ownFolder(t);
  const remove = makeFolders(join(folder, "a", "b"));
  assert(existsSync(join(folder, "a", "b", "run")));
  remove();
  assert.deepEqual(readdirSync(folder), []);
  const removeAgain = makeFolders(join(folder, "a"));
  writeFileSync(join(folder, "a", "log", "x.log"), "");
  removeAgain();
  assert.deepEqual(readdirSync(join(folder, "a")), ["log"]);
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => makeFolders(join(folder, "file")), /Cannot write to/);
});
