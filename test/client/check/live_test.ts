/** What running members say, held against each other and against their files. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { auditFiles, type LiveView } from "../../../client/check/audit.ts";
import { openFiles } from "../../../client/check/files.ts";
import { auditWitnesses, type Witness } from "../../../client/check/live.ts";
import type { Shown } from "../../../client/check/shown.ts";
import { Verdict } from "../../../client/check/verdict.ts";
import { goodPlan, opening, order, type Plan, writeStore } from "./store_folder.ts";

const FOLLOWER: Witness = {
  name: "order 1", group: "order", role: "follower", term: 2, committed: 7, checksum: "aa", at: 7,
};
const LEADER: Witness = { ...FOLLOWER, name: "order 3", role: "leader" };

function failuresOf(verdict: Verdict): string[] {
  return verdict.results.filter(({ ok }) => !ok).flatMap(({ name, findings }) =>
    findings.map((finding) => `${name}: ${finding}`));
}

function judge(...witnesses: Witness[]): string[] {
  const verdict = new Verdict();
  auditWitnesses(witnesses, verdict);
  return failuresOf(verdict);
}

test("replicas with one checksum and one leader pass; two of different terms too", () => {
  assert.deepEqual(judge(FOLLOWER, LEADER), []);
  assert.deepEqual(judge({ ...FOLLOWER, role: "leader", term: 1 }, LEADER), []);
  assert.deepEqual(judge({ ...FOLLOWER, checksum: null }, LEADER), []);
});

test("different checksums at one committed row: status fails", () => {
  assert.deepEqual(judge({ ...FOLLOWER, checksum: "bb" }, LEADER), [
    "status: committed rows up to 7 differ: order 1 bb, order 3 aa",
  ]);
});

test("two leaders of one term: status fails", () => {
  assert.deepEqual(judge({ ...FOLLOWER, role: "leader" }, LEADER), [
    "status: order 1 and order 3 both lead term 2",
  ]);
});

async function auditWith(t: TestContext, plan: Plan, live: Partial<LiveView>): Promise<string[]> {
  const verdict = new Verdict();
  const files = await openFiles(writeStore(t, plan), verdict);
  auditFiles(files, verdict, { committed: new Map(), shown: [], ...live });
  files.close();
  return failuresOf(verdict);
}

test("what is shown is what the row of its version left", async (t) => {
  const shown = (name: string, quantity: number, version: number): Shown =>
    ({ name, quantity, version, by: "frontend 2" });
  const good = [shown("Tux", 3, 3), shown("Tux", 4, 7), shown("Fox", 100, 0)];
  assert.deepEqual(await auditWith(t, goodPlan(), { shown: good }), []);
  assert.deepEqual(await auditWith(t, goodPlan(), { shown: [shown("Tux", 5, 7)] }), [
    "shown: frontend 2 shows 5 Tux as of row 7, and that row left 4 Tux",
  ]);
  assert.deepEqual(await auditWith(t, goodPlan(), { shown: [shown("Fox", 99, 0)] }), [
    "shown: frontend 2 shows 99 Fox as of row 0, and that row left 100 Fox",
  ]);
});

test("rows that two replicas count as committed must be the same", async (t) => {
  const plan = goodPlan();
  plan.replicas["order-3"]!.rows[6] = order(6, "Fox", 2, { type: "sell", term: 2 });
  plan.replicas["order-3"]!.rows.splice(6, 0, opening(2));
  assert.deepEqual(await auditWith(t, plan, {}), []);
  const committed = new Map([["order 1", 7], ["order 3", 7]]);
  const [failure] = await auditWith(t, plan, { committed });
  assert.match(failure!, /^replicas: row 7 differs \(both count it as committed\)/);
});

test("a row that is being written, and a sale not yet ordered, are no fault", async (t) => {
  const plan = goodPlan();
  plan.replicas["order-1"]!.tail = "8,1,7,2026-01-31T12:00";
  assert.deepEqual(await auditWith(t, plan, {}), []);
});
