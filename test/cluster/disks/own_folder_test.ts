/**
 * The folder of a member belongs to one process, which must be able to write there: a second
 * process for it is refused while the first goes on, and so is one that lacks the rights, with
 * one line and before anything is changed.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { environmentOf, memberFolder, PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";

/** Whoever has no rights anywhere: for the administrator, permissions do not count. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const WITHOUT_RIGHTS = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** The folder and what is in it. */
function give(folder: string, user: number): void {
  for (const name of [".", ...readdirSync(folder)]) chownSync(join(folder, name), user, user);
}

/** Order 1 once more, with just its settings and no log file; how it ended and what it said. */
async function startAgain(t: TestContext, { running }: TestStore, asNobody = false) {
  const member = running.member(order(1));
  const { settings, dataDir } = running;
  const environment = environmentOf(member, { settings, dataDir, environment: process.env });
  const child = spawn(process.execPath, ["--import", "tsx", "order/main.ts"], {
    cwd: PROJECT_FOLDER,
    env: { ...environment, LOG_FILE: "" },
    ...(asNobody ? WITHOUT_RIGHTS : {}),
  });
  t.after(() => child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  const [code] = await once(child, "close");
  return { code: code as number, out, err };
}

test("a second process for a folder is refused, and the first one sells on", async (t) => {
  const store = await startStore(t);
  const folder = memberFolder(store.running.dataDir, order(1));
  await store.buy("Tux");
  await store.checkLogsEqual();
  const before = readdirSync(folder);
  const { code, err } = await startAgain(t, store);
  assert.equal(code, 1);
  const pid = store.running.process(order(1)).pid();
  assert.match(err, new RegExp(`^\\S+order-1 is in use by process ${pid}\\n$`));
  assert.deepEqual(readdirSync(folder), before);
  await store.checkOrderOn(await store.buy("Tux"), { replicas: 3 });
});

test("who may not write to its folder, or to its log, does not start", async (t) => {
  const program = JSON.stringify(join(PROJECT_FOLDER, "order", "main.ts"));
  const read = ["-e", `require("fs").readFileSync(${program})`];
  const { status } = spawnSync(process.execPath, read, { cwd: PROJECT_FOLDER, ...WITHOUT_RIGHTS });
  if (status !== 0) return t.skip("who has no rights cannot read the program either");
  const store = await startStore(t);
  await store.buy("Tux");
  await store.checkLogsEqual();
  const { dataDir } = store.running;
  const folder = memberFolder(dataDir, order(1));
  const log = join(folder, "log.csv");
  await store.kill(order(1));
  const text = readFileSync(log, "utf8");
  chmodSync(dataDir, 0o755);
  if (isRoot) chownSync(join(dataDir, "secret"), NOBODY, NOBODY);

  chmodSync(folder, 0o555);
  const closed = await startAgain(t, store, true);
  assert.equal(closed.code, 2);
  assert.match(closed.err, /^DATA_DIR \S+: it must be a folder .* write \(EACCES\)\n$/);

  chmodSync(folder, 0o755);
  if (isRoot) give(folder, NOBODY);
  chmodSync(log, 0o444);
  const locked = await startAgain(t, store, true);
  assert.equal(locked.code, 1, locked.err);
  const [fatal, ...more] = locked.out.trim().split("\n");
  assert.match(fatal!, /"fatal".*EACCES.*log\.csv/);
  assert.deepEqual(more, []);
  assert.equal(readFileSync(log, "utf8"), text, "nothing was changed");

  if (isRoot) give(folder, 0);
  chmodSync(log, 0o644);
  await store.restart(order(1));
  await store.checkOrderOn(await store.buy("Fox"), { replicas: 3 });
});
