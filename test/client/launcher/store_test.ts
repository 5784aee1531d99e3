/** Starting and stopping whole stores, of fake members, as a caller sees it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { runCommand } from "../../../client/launcher/command.ts";
import { startCommand } from "../../../client/launcher/start_command.ts";
import { stopCommand } from "../../../client/launcher/stop_command.ts";
import { startStore } from "../../../client/launcher/store.ts";
import { FAKE_PROGRAMS, fakeCall, ownFolder, ownPortBase, type Said } from "./own_folder.ts";

interface Shell {
  folder: string;
  portBase: number;
  /** Runs `start …` or `stop …` on DIR/data. */
  run(line: string, variables?: Record<string, string>): Promise<Said & { code: number }>;
  pids(): Record<string, number>;
}

async function ownShell(t: TestContext): Promise<Shell> {
  const folder = ownFolder(t);
  const portBase = await ownPortBase(t);
  return {
    folder,
    portBase,
    async run(line, variables = {}) {
      const [name, ...rest] = line.replace("PORTS", `--port-base ${portBase}`).split(" ");
      const { call, said } = fakeCall(folder, `--data data ${rest.join(" ")}`);
      Object.assign(call.environment, variables);
      const code = await runCommand(call, name === "start" ? startCommand : stopCommand);
      return { code, ...said };
    },
    pids() {
      const run = join(folder, "data", "run");
      const files = existsSync(run) ? readdirSync(run).filter((file) => /\.pid$/.test(file)) : [];
      return Object.fromEntries(files.sort().map((file) =>
        [file.replace(".pid", ""), Number(readFileSync(join(run, file), "utf8"))]));
    },
  };
}

const ALL = ["catalog-1", "frontend-1", "order-1", "order-2", "order-3"];

test("a store starts, says what there is, and stops", async (t) => {
  const shell = await ownShell(t);
  const { code, out, err } = await shell.run("start PORTS");
  assert.equal(code, 0, err);
  assert.match(out, /^Started the toys store in data in \d+\.\d s; it holds \d+ MB\.$/m);
  assert.match(out, new RegExp(`order 3 +leader +http://127.0.0.1:${shell.portBase + 223}`));
  assert.match(out, new RegExp(`frontend 1 +front-end +http://127.0.0.1:${shell.portBase}`));
  assert.equal(out.split("Try:")[1]!.trim().split("\n").length, 3);
  assert.deepEqual(Object.keys(shell.pids()), ALL);

  const stopped = await shell.run("stop");
  assert.equal(stopped.code, 0);
  assert.match(stopped.out, /^frontend 1 stopped/);
  assert.match(stopped.out, /catalog 1 stopped \(process \d+\)\.\n$/);
  assert.equal((await shell.run("stop")).out, "Nothing runs in data.\n");
  assert.deepEqual(shell.pids(), {});
});

test("called again it starts what is missing, with the settings of those that run", async (t) => {
  const shell = await ownShell(t);
  await shell.run("start PORTS --cache-size 7", { ORDER_QUORUM: "3" });
  const before = shell.pids();
  const again = await shell.run("start");
  assert.match(again.out, /^Running already: the toys store in data, \d+ MB\.$/m);
  assert.equal(again.code, 0);

  assert.match((await shell.run("stop order 2 --kill")).out, /^order 2 killed/);
  await shell.run("stop frontend 1");
  assert.match((await shell.run("stop order 2")).out, /order 2 does not run/);
  const { code, out } = await shell.run("start");
  assert.match(out, /^Started order 2, frontend 1 of the toys store/);
  assert.equal(code, 0);
  const { "order-3": orderThree } = shell.pids();
  assert.equal(orderThree, before["order-3"]);
  const log = readFileSync(join(shell.folder, "data/log/order-2.log"), "utf8");
  assert.equal(log, "cache 7, quorum 3\n".repeat(2));
});

test("other settings while it runs change nothing and are named", async (t) => {
  const shell = await ownShell(t);
  await shell.run("start PORTS");
  const before = shell.pids();
  const kept = readFileSync(join(shell.folder, "data/run/settings.json"), "utf8");
  const other = await shell.run("start --orders 5", { ORDER_QUORUM: "1" });
  assert.equal(other.code, 1);
  assert.match(other.err, /runs with --orders 3, not 5; ORDER_QUORUM not set, not 1: stop it/);
  assert(other.err.includes(`(./stop.sh --data ${join(shell.folder, "data")})`), other.err);
  const fresh = await shell.run("start PORTS --fresh");
  assert.equal(fresh.code, 1);
  assert.match(fresh.err, /catalog 1, order 1, .* still runs/);
  assert.deepEqual(shell.pids(), before);
  assert.equal(readFileSync(join(shell.folder, "data/run/settings.json"), "utf8"), kept);
});

test("one member comes back by name", async (t) => {
  const shell = await ownShell(t);
  assert.equal((await shell.run("start order 3")).code, 2);
  assert.deepEqual(readdirSync(shell.folder), []);
  await shell.run("start PORTS");
  await shell.run("stop --kill order 3");
  const { code, out } = await shell.run("start order 3");
  assert.equal(code, 0);
  assert.match(out, /^Started order 3 of the toys store in data in/);
  assert.match((await shell.run("start order 3")).out, /^order 3 of .* runs already/);
  const wrong = await shell.run("start order 4");
  assert.deepEqual([wrong.code, wrong.err], [2, "order 4: this store has order 1 to 3\n"]);
  assert.equal((await shell.run("stop order 4")).code, 2);
});

test("a store on other data is wrong use; --fresh begins again", async (t) => {
  const shell = await ownShell(t);
  await shell.run("start PORTS");
  await shell.run("stop");
  const mark = () => readFileSync(join(shell.folder, "data/order-1/birth"), "utf8");
  const before = mark();
  const other = await shell.run("start PORTS --orders 1");
  assert.equal(other.code, 2);
  assert.match(other.err, /^--orders 1: .* was begun with 3; [^\n]*\n$/);
  assert.deepEqual(shell.pids(), {});
  assert.equal((await shell.run("start PORTS --orders 1 --fresh")).code, 0);
  assert.deepEqual(Object.keys(shell.pids()), ["catalog-1", "frontend-1", "order-1"]);
  assert.notEqual(mark(), before);
});

test("a start that fails shows why and stops what it had started", async (t) => {
  const shell = await ownShell(t);
  const { code, err } = await shell.run("start PORTS", { FAKE_FAULT: "order-2:breaks" });
  assert.equal(code, 1);
  assert.match(err, /^order 2 ended as it started \(exit code 1\)\nThe end of .*order-2\.log:\n/);
  assert.match(err, /\n {2}this is why\n$/);
  assert.deepEqual(shell.pids(), {});
  assert.equal((await shell.run("start PORTS")).code, 0);
});

test("a failed start leaves alone what ran before", async (t) => {
  const shell = await ownShell(t);
  await shell.run("start PORTS");
  await shell.run("stop --kill order 2");
  const before = shell.pids();
  const { code } = await shell.run("start", { FAKE_FAULT: "order-2:breaks" });
  assert.equal(code, 1);
  assert.deepEqual(shell.pids(), before);
});

test("a port in somebody's hands is named before anything starts", async (t) => {
  const shell = await ownShell(t);
  const port = shell.portBase + 222;
  const holder = createServer().listen(port, "127.0.0.1");
  await once(holder, "listening");
  t.after(() => holder.close());
  const { code, err } = await shell.run("start PORTS");
  assert.equal(code, 1);
  assert.match(err, new RegExp(`^Port ${port} for order 2 is held by .*store_test\\.ts.*` +
    `\\(process ${process.pid}\\)`));
  assert.deepEqual(readdirSync(shell.folder), []);
});

test("a member whose pid file got lost is found by its port", async (t) => {
  const shell = await ownShell(t);
  await shell.run("start PORTS");
  const before = shell.pids();
  const run = join(shell.folder, "data/run");
  rmSync(join(run, "order-1.pid"));
  assert.match((await shell.run("start")).out, /^Running already/);
  assert.deepEqual(shell.pids(), before);
});

test("two calls at the same time start one store", async (t) => {
  const shell = await ownShell(t);
  const calls = await Promise.all([shell.run("start PORTS"), shell.run("start PORTS")]);
  assert.deepEqual(calls.map(({ code }) => code), [0, 0]);
  const outs = calls.map(({ out }) => out.split(" ")[0]).sort();
  assert.deepEqual(outs, ["Running", "Started"]);
  assert.deepEqual(Object.keys(shell.pids()), ALL);
});

test("a lock and pid files that a dead call left behind do not matter", async (t) => {
  const shell = await ownShell(t);
  await shell.run("start PORTS");
  await shell.run("stop --kill");
  const dead = spawn(process.execPath, ["-e", "0"]);
  await once(dead, "exit");
  const run = join(shell.folder, "data/run");
  writeFileSync(join(run, "lock"), `${dead.pid} long ago\n`);
  writeFileSync(join(run, "order-1.pid"), `${dead.pid}\n`);
  writeFileSync(join(run, "order-2.pid"), `${process.pid}\n`);
  const { out, code } = await shell.run("stop");
  assert.equal(code, 0);
  assert.match(out, /order 1 had ended already; its pid file is removed/);
  writeFileSync(join(run, "order-2.pid"), `${process.pid}\n`);
  assert.equal((await shell.run("start PORTS")).code, 0);
});

test("wrong values stop the start before anything is made", async (t) => {
  const shell = await ownShell(t);
  const wrong: [string, Record<string, string>, RegExp][] = [
    ["start PORTS --store cars", {}, /cars/],
    ["start PORTS", { RESTOCK_MS: "soon" }, /^RESTOCK_MS soon: /],
    ["start PORTS", { ORDER_QUORUM: "4" }, /^ORDER_QUORUM 4: /],
    ["start PORTS", { LOG_LEVEL: "loud" }, /^LOG_LEVEL loud: /],
    ["start PORTS", { HOST: "a b" }, /^HOST a b: /],
    ["start PORTS", { HOST: "192.0.2.1" }, /^HOST 192\.0\.2\.1: /],
    ["start PORTS", { STORE_SECRET_FILE: "none/secret" }, /^STORE_SECRET_FILE \S+: /],
    ["start PORTS --fresh", { STORE_SECRET_FILE: "/dev/null" }, /^STORE_SECRET_FILE \S+: /],
    ["start PORTS --orders none", {}, /^--orders none: /],
    ["stop order", {}, /^order: /],
  ];
  for (const [line, variables, message] of wrong) {
    const { code, err, out } = await shell.run(line, variables);
    assert.equal(code, 2, `${line}: ${err}`);
    assert.match(err, message);
    assert.equal(err.trim().includes("\n"), false);
    assert.equal(out, "");
  }
  assert.deepEqual(readdirSync(shell.folder), []);
});

test("a start that is given up stops what it had started", async (t) => {
  const shell = await ownShell(t);
  const { call, said } = fakeCall(shell.folder, `--data data --port-base ${shell.portBase}`);
  call.environment.FAKE_FAULT = "frontend-1:lost";
  const giveUp = new AbortController();
  const running = runCommand({ ...call, signal: giveUp.signal }, startCommand);
  while (shell.pids()["frontend-1"] === undefined) await new Promise(setImmediate);
  giveUp.abort();
  assert.equal(await running, 130);
  assert.match(said.err, /Given up/);
  assert.deepEqual(shell.pids(), {});
});

test("stores of their own run side by side and are closed", async (t) => {
  const folder = ownFolder(t);
  const options = { programs: FAKE_PROGRAMS, orders: 1 };
  const [one, two] = await Promise.all([
    startStore({ ...options, dataDir: join(folder, "one") }),
    startStore({ ...options, dataDir: join(folder, "two"), environment: { ORDER_QUORUM: "1" } }),
  ]);
  assert.equal(one.running().length, 3);
  assert.equal((await fetch(`${two.url}/livez`)).status, 200);
  assert.deepEqual(two.process({ kind: "order", id: 1 }).lastLines(1), ["cache 10, quorum 1"]);
  await one.close();
  assert.equal(one.running().length, 0);
  assert.equal(two.running().length, 3);
  await two.kill({ kind: "order", id: 1 });
  await two.start([{ kind: "order", id: 1 }]);
  await two.close({ kill: true });
  assert.equal(two.running().length, 0);
});
