/**
 * A log that changes under its writer, by whoever may write there, or that may not grow: the
 * process notices with the next row and ends; what it holds after that is not what it promised,
 * and comes from the others.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { checkComesBack, endOf } from "../support/comeback.ts";
import { startStore, type TestStore } from "../support/harness.ts";

function logOf({ running }: TestStore, member: MemberName): string {
  return join(memberFolder(running.dataDir, member), "log.csv");
}

test("a log that may not grow (RLIMIT_FSIZE) ends its process within a row", async (t) => {
  const { error } = spawnSync("prlimit", ["--version"]);
  if (error !== undefined) return t.skip("there is no prlimit here");
  const store = await startStore(t);
  await store.buy("Tux");
  for (const isLeader of [false, true]) {
    await store.checkLogsEqual();
    const victim = await (isLeader ? store.leader() : store.follower());
    const { size } = statSync(logOf(store, victim));
    const pid = store.running.process(victim).pid()!;
    spawnSync("prlimit", ["--pid", String(pid), `--fsize=${size + 20}:`]);
    const bought = await store.buy("Tux");
    assert.equal(await endOf(store, victim), "exit code 1");
    assert.equal(statSync(logOf(store, victim)).size, size + 20, "a part of the row is there");
    await checkComesBack(store, victim);
    assert(store.logged(victim, "warn").some((line) => line.includes("torn")));
    await store.checkOrderOn(bought, { replicas: 3 });
  }
});

const TAMPERED: [string, (path: string) => void][] = [
  ["deleted", (path) => rmSync(path)],
  ["emptied", (path) => truncateSync(path)],
  ["replaced by a copy", (path) => {
    renameSync(path, `${path}.1`);
    copyFileSync(`${path}.1`, path);
  }],
  ["cut short", (path) => truncateSync(path, statSync(path).size - 30)],
];

test("a log deleted, replaced or cut under its writer ends it, and comes back whole", async (t) => {
  const store = await startStore(t);
  for (const [what, tamper] of TAMPERED) {
    await store.buy("Tux");
    await store.checkLogsEqual();
    const victim = await store.leader();
    tamper(logOf(store, victim));
    const bought = await store.buy("Tux");
    assert.equal(await endOf(store, victim), "exit code 1", what);
    await checkComesBack(store, victim);
    await store.checkOrderOn(bought, { replicas: 3 });
  }
});
