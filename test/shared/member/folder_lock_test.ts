/** One process a folder, also after a kill. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { lockFolder, LockedError } from "../../../shared/member/folder_lock.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lock-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a folder is taken once, and can be taken again when it is free", (t) => {
  const folder = folderFor(t);
  const unlock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), (error: Error) => {
    return error instanceof LockedError && error.message.includes(`process ${process.pid}`);
  });
  unlock();
  lockFolder(folder)();
  assert.deepEqual(readdirSync(folder), []);
});

test("the lock of a process that was killed is no lock", async (t) => {
  const folder = folderFor(t);
  const url = new URL("../../../shared/member/folder_lock.ts", import.meta.url).href;
  const code = `import { lockFolder } from "${url}";
    lockFolder(process.argv[1]);
    console.log("locked");
    setInterval(() => {}, 1e6);`;
  const args = ["--import", "tsx", "--input-type=module", "-e", code, folder];
  const holder = spawn(process.execPath, args);
  t.after(() => holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  assert.throws(() => lockFolder(folder), LockedError);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  lockFolder(folder)();
});

test("nor is that of one that was killed and that nobody reaps", async (t) => {
  if (process.platform !== "linux") return t.skip("ps shows it, but not how to tell");
  const folder = folderFor(t);
  const url = new URL("../../../shared/member/folder_lock.ts", import.meta.url).href;
  const code = `
    import { lockFolder } from "${url}";
    lockFolder(process.argv[1]);
    console.log(process.pid);
    setInterval(() => {}, 1e6);
  `;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", code, folder];
  // The shell becomes a sleep, which has a child now and never asks how it ended.
  const parent = spawn("sh", ["-c", '"$@" & exec sleep 60', "sh", ...node]);
  t.after(() => parent.kill("SIGKILL"));
  const [text] = await once(parent.stdout, "data");
  process.kill(Number(text), "SIGKILL");
  const proc = `/proc/${Number(text)}`;
  const isDead = () => readFileSync(`${proc}/stat`, "utf8").includes(") Z ");
  while (!isDead() || readdirSync(`${proc}/task`).length > 1) await new Promise(setImmediate);
  lockFolder(folder)();
});

test("nor is that of another process that had a number in use today, or garbage", (t) => {
  const folder = folderFor(t);
  for (const text of [`${process.pid} some:other-start\n`, "", "x", "0 1", "999999999 1\n"]) {
    writeFileSync(join(folder, "lock"), text);
    lockFolder(folder)();
  }
});
