/**
 * Of three catalogs, one comes back whose rows the others have dropped long ago, and one whose
 * folder is gone: each takes the checkpoint while buyers buy, and leads afterwards.
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { audit } from "../../../client/check/main.ts";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { CHECKPOINT_EVERY_ROWS } from "../../../shared/limits.ts";
import { catalog, startStore, type TestStore } from "../support/harness.ts";
import { agesOf, lastOf, makeOld } from "../support/old_catalog.ts";
import type { Buyers } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const PLENTY = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
/** Until the checkpoint that takes the rows of who was away. */
const ROWS_LEFT = 200;
const PATIENCE_MS = 20_000;
const TOOK = "takes a checkpoint in place of its log";

function folderOf({ running }: TestStore, member: MemberName): string {
  return memberFolder(running.dataDir, member);
}

/** They have taken the next checkpoint, and dropped the rows up to the one before it. */
async function untilDropped(store: TestStore, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    await until(`the shorter log of catalog ${id}`, async () => {
      const { checkpoint } = await agesOf(folderOf(store, catalog(id)));
      return checkpoint === CHECKPOINT_EVERY_ROWS;
    }, PATIENCE_MS);
  }
}

/** Back with a checkpoint, it has what was committed before, and more is bought meanwhile. */
async function comeBack(store: TestStore, buyers: Buyers, member: MemberName): Promise<void> {
  const took = () => store.logged(member, "info").filter((line) => line.includes(TOOK)).length;
  const [before, sold] = [took(), buyers.bought.length];
  await store.restart(member);
  await until(`catalog ${member.id} to take the checkpoint`, async () => {
    const { state, commitIndex } = await store.health(member);
    return state === "normal" && Number(commitIndex) > CHECKPOINT_EVERY_ROWS;
  }, PATIENCE_MS);
  assert.equal(took(), before + 1);
  await until("orders meanwhile", () => buyers.bought.length > sold + 50, PATIENCE_MS);
}

async function catalogLeader(store: TestStore): Promise<MemberName | null> {
  for (const id of [1, 2, 3]) {
    const health = await store.health(catalog(id)).catch(() => null);
    if (health?.serving === true) return catalog(id);
  }
  return null;
}

/** Leaders die and come back until it leads: the highest id is nominated first. */
async function lead(store: TestStore, buyers: Buyers, member: MemberName): Promise<void> {
  await until(`catalog ${member.id} to lead`, async () => {
    const leader = await catalogLeader(store);
    if (leader === null || leader.id === member.id) return leader !== null;
    await store.kill(leader);
    await until("another leader", () => catalogLeader(store), PATIENCE_MS);
    await store.restart(leader);
    return false;
  }, PATIENCE_MS);
  const sold = buyers.bought.length;
  await until("sales by it", () => buyers.bought.length > sold + 50, PATIENCE_MS);
}

async function failuresOf(store: TestStore): Promise<string[]> {
  const { verdict } = await audit({ dataDir: store.running.dataDir, isNamed: true, url: null });
  return verdict.results.filter(({ ok }) => !ok)
    .flatMap(({ name, findings }) => findings.map((finding) => `${name}: ${finding}`));
}

test("catalogs whose rows are gone come back by the checkpoint, while buyers buy", async (t) => {
  const store = await startStore(t, { catalogs: 3, orders: 1, environment: PLENTY });
  for (let number = 1; number <= 5; number++) await store.buy("Tux");
  const away = await store.stop(catalog(3));
  for (let number = 6; number <= 20; number++) await store.buy("Fox");
  for (const id of [2, 1]) await store.stop(catalog(id));
  const folders = [1, 2, 3].map((id) => folderOf(store, catalog(id)));
  const last = Math.max(...await Promise.all(folders.map(lastOf)));
  for (const folder of folders) await makeOld(folder, ROWS_LEFT, last);
  await store.running.start([catalog(1), catalog(2)]);
  const buyers = store.buyers(4);

  await untilDropped(store, [1, 2]);
  await comeBack(store, buyers, away);
  await lead(store, buyers, away);
  assert.deepEqual(await failuresOf(store), []);

  await store.stop(away);
  rmSync(folderOf(store, away), { recursive: true });
  await store.markBirths();
  await comeBack(store, buyers, away);
  await lead(store, buyers, away);
  await buyers.stop();
  await store.running.stopAll();
  assert.deepEqual(await failuresOf(store), []);
  const failed = buyers.answers.filter(({ status }) => status !== 200 && status !== 409);
  assert.deepEqual(failed, []);
});
