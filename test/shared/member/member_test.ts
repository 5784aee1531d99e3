/** A member as a process: signals, faults, wrong use, and the codes it ends with. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync,
  statSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const FIXTURE = fileURLToPath(new URL("../member_fixture.ts", import.meta.url));

function dataFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "member-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "secret"), "0123456789abcdef\n", { mode: 0o600 });
  return folder;
}

interface Run {
  environment: Record<string, string>;
  args?: string[];
}

function run(t: TestContext, { environment, args = [] }: Run) {
  const env = { PATH: process.env["PATH"], ...environment };
  const child = spawn(process.execPath, ["--import", "tsx", FIXTURE, ...args], { env });
  t.after(() => child.kill("SIGKILL"));
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (out.stdout += chunk));
  child.stderr.on("data", (chunk) => (out.stderr += chunk));
  const ended = once(child, "close").then(([code]) => ({ code: code as number, ...out }));
  const said = async (text: string): Promise<void> => {
    while (!out.stdout.includes(text)) await once(child.stdout, "data");
  };
  return { child, ended, said };
}

const messages = (stdout: string): string[] =>
  stdout.trim().split("\n").map((line) => JSON.parse(line).message);

test("SIGTERM and SIGINT end it gracefully, with 0", async (t) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const DATA_DIR = dataFolder(t);
    const member = run(t, { environment: { ID: "2", BIRTH: "b1", DATA_DIR } });
    await member.said("started");
    member.child.kill(signal);
    const { code, stdout, stderr } = await member.ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(messages(stdout), ["started", "stopping", "stopped"]);
    assert.deepEqual(readdirSync(join(DATA_DIR, "order-2")), ["birth"]);
  }
});

test("a second signal ends it at once", async (t) => {
  const environment = { ID: "1", BIRTH: "b1", DATA_DIR: dataFolder(t), MODE: "never-closes" };
  const member = run(t, { environment });
  await member.said("started");
  member.child.kill("SIGTERM");
  await member.said("stopping");
  member.child.kill("SIGTERM");
  assert.equal((await member.ended).code, 1);
});

test("whatever nobody caught is logged and ends it with 1", async (t) => {
  const faults = {
    throws: /planted exception/,
    rejects: /planted rejection/,
    fails: /planted failure/,
  };
  for (const [MODE, what] of Object.entries(faults)) {
    const environment = { ID: "1", BIRTH: "b1", DATA_DIR: dataFolder(t), MODE };
    const member = run(t, { environment });
    const { code, stdout } = await member.ended;
    assert.equal(code, 1);
    const last = JSON.parse(stdout.trim().split("\n").at(-1)!);
    assert.deepEqual([last.level, last.message], ["error", "fatal"]);
    assert.match(last.error, what);
  }
});

test("a close that fails is a fault", async (t) => {
  const environment = { ID: "1", BIRTH: "b1", DATA_DIR: dataFolder(t), MODE: "close-fails" };
  const member = run(t, { environment });
  await member.said("started");
  member.child.kill("SIGTERM");
  assert.equal((await member.ended).code, 1);
});

test("a taken port or folder is one line and 1", async (t) => {
  const DATA_DIR = dataFolder(t);
  const environment = { ID: "1", BIRTH: "b1", DATA_DIR };
  const failing = run(t, { environment: { ...environment, MODE: "start-fails" } });
  const taken = await failing.ended;
  assert.deepEqual([taken.code, taken.stderr], [1, "listen EADDRINUSE\n"]);
  const first = run(t, { environment });
  await first.said("started");
  const second = await run(t, { environment }).ended;
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^\S+order-1 is in use by process \d+\n$/);
  assert(second.stderr.includes(` ${first.child.pid}\n`));
});

test("wrong use is one line and 2, and nothing is made", async (t) => {
  const DATA_DIR = dataFolder(t);
  const environments: Record<string, string>[] = [
    { DATA_DIR },
    { DATA_DIR, ID: "1" },
    { DATA_DIR, ID: "1", BIRTH: "b1", THREADS: "0" },
    { DATA_DIR, ID: "1", BIRTH: "b1", STORE_SECRET_FILE: "/dev/null" },
    { DATA_DIR, ID: "1", BIRTH: "b1", FAILPOINT: "order.sold:explode" },
    { DATA_DIR, ID: "1", BIRTH: "b1", STORE_SECRET_FILE: join(DATA_DIR, "none") },
    { DATA_DIR: join(DATA_DIR, "none"), ID: "1", BIRTH: "b1" },
    { DATA_DIR, ID: "1", BIRTH: "b1", HOST: "192.0.2.1" },
    {
      DATA_DIR: join(DATA_DIR, "secret"), ID: "1", BIRTH: "b1",
      STORE_SECRET_FILE: join(DATA_DIR, "secret"),
    },
  ];
  for (const environment of environments) {
    const { code, stdout, stderr } = await run(t, { environment }).ended;
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^[^\n]+\n$/);
  }
  assert.deepEqual(readdirSync(DATA_DIR), ["secret"]);
  assert.equal(existsSync(join(DATA_DIR, "none")), false);
});

test("SIGHUP opens its log's file again, and last words are in the new one", async (t) => {
  const DATA_DIR = dataFolder(t);
  const LOG_FILE = join(DATA_DIR, "order-1.log");
  const environment = { ID: "1", BIRTH: "b1", DATA_DIR, LOG_FILE, MODE: "throws-when-told" };
  const member = run(t, { environment });
  const textOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const logged = async (file: string, text: string): Promise<void> => {
    while (!textOf(file).includes(text)) await pause(5);
  };
  await logged(LOG_FILE, "started");
  renameSync(LOG_FILE, `${LOG_FILE}.1`);
  member.child.kill("SIGHUP");
  await logged(LOG_FILE, "opened again");
  assert.equal(member.child.exitCode, null, "it lives");
  member.child.stdin.write("now\n");
  const { code, stdout, stderr } = await member.ended;
  assert.deepEqual([code, stdout, stderr], [1, "", ""]);
  assert.deepEqual(messages(textOf(`${LOG_FILE}.1`)), ["started"]);
  assert.deepEqual(messages(textOf(LOG_FILE)), [
    "the log's file is opened again", "a warning of another thread", "fatal",
  ]);
  assert.match(textOf(LOG_FILE), /planted exception/);
});

test("a log's file that cannot be opened again stays the one it is", async (t) => {
  const DATA_DIR = dataFolder(t);
  const LOG_FILE = join(DATA_DIR, "order-1.log");
  const member = run(t, { environment: { ID: "1", BIRTH: "b1", DATA_DIR, LOG_FILE } });
  const kept = `${LOG_FILE}.1`;
  while (!existsSync(LOG_FILE) || !readFileSync(LOG_FILE, "utf8").includes("started")) {
    await pause(5);
  }
  renameSync(LOG_FILE, kept);
  mkdirSync(LOG_FILE);
  member.child.kill("SIGHUP");
  while (!readFileSync(kept, "utf8").includes("cannot be opened again")) await pause(5);
  member.child.kill("SIGTERM");
  assert.equal((await member.ended).code, 0);
  assert.equal(messages(readFileSync(kept, "utf8")).at(-1), "stopped");
});

test("without a file of its own SIGHUP is ignored, with a line", async (t) => {
  const member = run(t, { environment: { ID: "1", BIRTH: "b1", DATA_DIR: dataFolder(t) } });
  await member.said("started");
  member.child.kill("SIGHUP");
  await member.said("SIGHUP is ignored");
  member.child.kill("SIGTERM");
  assert.equal((await member.ended).code, 0);
});

test("nobody else may read what it writes, whatever mask it was started under", async (t) => {
  const DATA_DIR = dataFolder(t);
  const LOG_FILE = join(DATA_DIR, "order-1.log");
  const before = process.umask(0);
  t.after(() => process.umask(before));
  const member = run(t, { environment: { ID: "1", BIRTH: "b1", DATA_DIR, LOG_FILE } });
  process.umask(before);
  while (!existsSync(LOG_FILE) || !readFileSync(LOG_FILE, "utf8").includes("started")) {
    await pause(5);
  }
  const modeOf = (...path: string[]) => statSync(join(DATA_DIR, ...path)).mode & 0o777;
  assert.deepEqual(
    [modeOf("order-1"), modeOf("order-1", "birth"), modeOf("order-1.log")],
    [0o700, 0o600, 0o600],
  );
  member.child.kill("SIGTERM");
  assert.equal((await member.ended).code, 0);
});

test("a folder of its own that others could read is narrowed at its start", async (t) => {
  const DATA_DIR = dataFolder(t);
  const folder = join(DATA_DIR, "order-1");
  const files = ["birth", "log.csv"].map((name) => join(folder, name));
  mkdirSync(folder);
  writeFileSync(files[0]!, '{"id":"b1","store":"toys","catalogs":1,"orders":3,"format":2}\n');
  writeFileSync(files[1]!, "");
  for (const file of files) chmodSync(file, 0o644);
  chmodSync(folder, 0o755);
  const member = run(t, { environment: { ID: "1", DATA_DIR } });
  await member.said("started");
  const modes = [folder, ...files].map((path) => statSync(path).mode & 0o777);
  assert.deepEqual(modes, [0o700, 0o600, 0o600]);
  member.child.kill("SIGTERM");
  assert.deepEqual(messages((await member.ended).stdout), ["started", "stopping", "stopped"]);
});

test("--help explains, and does nothing else", async (t) => {
  const { code, stdout, stderr } = await run(t, { environment: {}, args: ["--help"] }).ended;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Examples:\n/);
});
