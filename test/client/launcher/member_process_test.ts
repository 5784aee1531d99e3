/** One member as a process: known again, ended, and never mistaken for another. */
import assert from "node:assert/strict";
import { mkdirSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { environmentOf, membersOf } from "../../../client/launcher/layout.ts";
import { MemberProcess, type Prefix } from "../../../client/launcher/member_process.ts";
import { probe } from "../../../client/launcher/probe.ts";
import { exists } from "../../../client/launcher/process_table.ts";
import { DEFAULT_SETTINGS } from "../../../client/launcher/settings.ts";
import { FAKE_PROGRAMS, ownFolder, ownPortBase } from "./own_folder.ts";

async function orderOne(t: TestContext, variables: Record<string, string> = {}, prefix?: Prefix) {
  const dataDir = ownFolder(t);
  mkdirSync(join(dataDir, "run"));
  mkdirSync(join(dataDir, "log"));
  const settings = { ...DEFAULT_SETTINGS, portBase: await ownPortBase(t) };
  const member = membersOf(settings).find(({ name }) => name === "order 1")!;
  const environment = environmentOf(member, {
    settings, dataDir, environment: { ...process.env, ...variables },
  });
  const order = new MemberProcess(member, { dataDir, programs: FAKE_PROGRAMS, prefix });
  const start = async () => {
    order.start(environment);
    while ((await probe(`${member.internalUrl}/livez`)) === null) {
      assert.equal(order.ended, null, order.lastLines(9).join("\n"));
    }
  };
  return { order, start, pidFile: join(dataDir, "run", "order-1.pid"), dataDir, member };
}

test("it starts, is found by its pid file, logs to its file and stops", async (t) => {
  const { order, start, pidFile, dataDir, member } = await orderOne(t, { ORDER_QUORUM: "3" });
  assert.equal(order.pid(), null);
  await start();
  const pid = order.pid();
  assert.equal(readFileSync(pidFile, "utf8"), `${pid}\n`);
  assert.deepEqual(order.lastLines(5), ["cache 10, quorum 3"]);
  const another = new MemberProcess(member, { dataDir, programs: FAKE_PROGRAMS });
  assert.equal(another.pid(), pid);
  assert.equal(await another.stop(), "stopped");
  assert.equal(exists(pid!), false);
  assert.equal(existsSync(pidFile), false);
  assert.equal(await order.stop(), "not running");
});

test("one that another command starts is the same process, also for others", async (t) => {
  const prefix = (member: { id: number }) => ["env", `CACHE_SIZE=${member.id + 40}`];
  const { order, start, dataDir, member } = await orderOne(t, {}, prefix);
  await start();
  assert.deepEqual(order.lastLines(5), ["cache 41, quorum 2"]);
  const another = new MemberProcess(member, { dataDir, programs: FAKE_PROGRAMS });
  assert.equal(another.pid(), order.pid());
  assert.equal(await another.kill(), "killed");
  assert.equal(order.pid(), null);
});

test("a paused one stops gracefully", async (t) => {
  const { order, start } = await orderOne(t);
  await start();
  assert.equal(order.signal("SIGSTOP"), true);
  assert.equal(await order.stop(), "stopped");
});

test("one that does not listen to SIGTERM is killed when patience ends", async (t) => {
  const { order, start } = await orderOne(t, { FAKE_FAULT: "order-1:deaf" });
  await start();
  assert.equal(await order.stop(100), "killed");
  assert.equal(order.pid(), null);
});

test("a pid that is somebody else's by now is neither believed nor signalled", async (t) => {
  const { order, pidFile } = await orderOne(t);
  for (const text of [`${process.pid}\n`, "1\n", "999999999\n", "", "x", "-1"]) {
    writeFileSync(pidFile, text);
    assert.equal(order.pid(), null);
    assert.equal(order.signal("SIGKILL"), false);
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  assert.equal(order.forgetIfGone(), true);
  assert.equal(existsSync(pidFile), false);
});

test("another store's order 1 is not this one's", async (t) => {
  const here = await orderOne(t);
  const there = await orderOne(t);
  await there.start();
  writeFileSync(here.pidFile, readFileSync(there.pidFile));
  assert.equal(here.order.pid(), null);
  assert.notEqual(there.order.pid(), null);
});
