/** The birth mark: made once, read ever after, never forced. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  readOrMakeBirth, writeBirth, type Birth,
} from "../../../shared/member/cluster_identity.ts";
import { readSettings, UsageError } from "../../../shared/member/config.ts";

const BIRTH: Birth = { id: "b1", store: "toys", catalogs: 1, orders: 3, format: 2 };

async function settingsIn(t: TestContext, environment: Record<string, string> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), "birth-"));
  t.after(() => rm(dataDir, { recursive: true }));
  const settings = (more: Record<string, string>) =>
    readSettings("order", { ID: "2", DATA_DIR: dataDir, ...environment, ...more }, []);
  return { settings, folder: join(dataDir, "order-2") };
}

test("an id makes the mark, and from then on it is read", async (t) => {
  const { settings, folder } = await settingsIn(t);
  assert.deepEqual(await readOrMakeBirth(settings({ BIRTH: "b1" })), BIRTH);
  assert.equal(await readFile(join(folder, "birth"), "utf8"), `${JSON.stringify(BIRTH)}\n`);
  assert.deepEqual(await readOrMakeBirth(settings({})), BIRTH);
  assert.deepEqual(await readOrMakeBirth(settings({ BIRTH: "b1" })), BIRTH);
});

test("neither mark nor id: refused, and nothing is made", async (t) => {
  const { settings, folder } = await settingsIn(t);
  await assert.rejects(readOrMakeBirth(settings({})), UsageError);
  assert.equal(existsSync(folder), false);
});

test("other data than the settings say is refused", async (t) => {
  const { settings, folder } = await settingsIn(t);
  const differing: [Partial<Birth>, RegExp][] = [
    [{ id: "b2" }, /^UsageError: BIRTH b1: .* was made with b2$/],
    [{ store: "books" }, /^UsageError: STORE toys: .* was made with books$/],
    [{ catalogs: 3 }, /^UsageError: CATALOGS of 1: .* was made with 3$/],
    [{ orders: 5 }, /^UsageError: ORDERS of 3: .* was made with 5$/],
    [{ format: 1 as 2 }, /format 1/],
  ];
  for (const [difference, line] of differing) {
    await writeBirth(folder, { ...BIRTH, ...difference });
    await assert.rejects(readOrMakeBirth(settings({ BIRTH: "b1" })), line);
  }
});

test("a replica that was lost says so before it has its mark", async (t) => {
  const { settings, folder } = await settingsIn(t, { RECOVER: "yes" });
  assert.deepEqual(await readOrMakeBirth(settings({ BIRTH: "b1" })), BIRTH);
  assert.equal(await readFile(join(folder, "recovering"), "utf8"), "its folder was lost\n");
  await rm(join(folder, "recovering"));
  assert.deepEqual(await readOrMakeBirth(settings({ BIRTH: "b1" })), BIRTH);
  assert.equal(existsSync(join(folder, "recovering")), false, "with a mark nothing was lost");
  await rm(join(folder, "birth"));
  await writeFile(join(folder, "log.csv"), "whose is this?");
  await assert.rejects(readOrMakeBirth(settings({ BIRTH: "b1" })), /has a log but no birth mark/);
  assert.equal(await readFile(join(folder, "log.csv"), "utf8"), "whose is this?");
});

test("the only replica that was lost has nobody to recover from; a front-end loses nothing",
  async (t) => {
    const { settings, folder } = await settingsIn(t, { RECOVER: "yes", BIRTH: "b1" });
    const only = settings({ ID: "1", ORDERS: "1=http://127.0.0.1:8301" });
    await assert.rejects(readOrMakeBirth(only), /^UsageError: RECOVER yes: .* no other order/);
    assert.equal(existsSync(only.folder), false);
    const frontend = { ...settings({}), kind: "frontend" as const };
    await readOrMakeBirth(frontend);
    assert.deepEqual(await readdir(folder), ["birth"]);
  });

test("a broken mark is refused, never replaced", async (t) => {
  const { settings, folder } = await settingsIn(t);
  await writeBirth(folder, BIRTH);
  for (const text of ["", "{", "null", "7", "{}"]) {
    await writeFile(join(folder, "birth"), text);
    await assert.rejects(readOrMakeBirth(settings({ BIRTH: "b1" })), UsageError);
    assert.equal(await readFile(join(folder, "birth"), "utf8"), text);
  }
});
