/** start.sh and stop.sh themselves: what is checked before any TypeScript runs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import { ownFolder } from "./own_folder.ts";

function shell(script: string, line: string, options: { folder: string; path?: string }) {
  const words = line.split(" ").filter((word) => word !== "");
  const { status, stdout, stderr } = spawnSync("/bin/bash", [script, ...words], {
    cwd: options.folder,
    encoding: "utf8",
    env: { ...process.env, PATH: options.path ?? nodeFirst() },
  });
  return { code: status, out: stdout, err: stderr };
}

/** The Node that runs the tests, then the usual programs. */
function nodeFirst(): string {
  return `${dirname(process.execPath)}:${process.env.PATH}`;
}

/** A folder with programs of these names that print these texts. */
function programs(t: TestContext, texts: Record<string, string>): string {
  const folder = ownFolder(t);
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const START = join(PROJECT_FOLDER, "start.sh");
const STOP = join(PROJECT_FOLDER, "stop.sh");

test("--help begins with two examples and ends with the exit codes", (t) => {
  const folder = ownFolder(t);
  for (const [script, name] of [[START, "start"], [STOP, "stop"]] as const) {
    const { code, out, err } = shell(script, "--help", { folder });
    assert.equal(code, 0, err);
    const lines = out.trimEnd().split("\n");
    assert(lines[0]!.startsWith(`./${name}.sh`) && lines[1]!.startsWith(`./${name}.sh`));
    assert.match(out, /--data DIR.*\(data/);
    assert.match(out, /Exit codes: 0 .* 1 .*2 wrong use/s);
    assert(lines.every((line) => line.length <= 100));
  }
});

test("wrong use is one line on stderr, exit 2 and nothing made", (t) => {
  const folder = ownFolder(t);
  for (const line of ["--bogus", "--data x --orders 0", "--data x order 0", "--data x --threads"]) {
    const { code, out, err } = shell(START, line, { folder });
    assert.deepEqual([code, out, err.trim().split("\n").length], [2, "", 1], `${line}: ${err}`);
  }
  const { code, err } = shell(STOP, "--data x everything", { folder });
  assert.deepEqual([code, err.trim().split("\n").length], [2, 1]);
  assert.deepEqual(readdirSync(folder), []);
});

test("--data is found from where the caller stands, also through a link to the script", (t) => {
  const folder = ownFolder(t);
  mkdirSync(join(folder, "bin"));
  const link = join(folder, "bin", "stop");
  symlinkSync(STOP, link);
  mkdirSync(join(folder, "here", "run"), { recursive: true });
  const { code, out, err } = shell(link, "--data here", { folder });
  assert.deepEqual([code, out, err], [0, "Nothing runs in here.\n", ""]);
});

test("without Node, or with one that is too old, start.sh says what to do", (t) => {
  const folder = ownFolder(t);
  const tools = programs(t, { dirname: 'exec /usr/bin/dirname "$@"' });
  const missing = shell(`${START}`, "", { folder, path: tools });
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^Node\.js is not installed: get version 20\.15 or later from .*\n$/);
  for (const version of ["v20.14.1", "v18.20.0"]) {
    const path = `${programs(t, { node: `echo ${version}` })}:${process.env.PATH}`;
    const { code, err } = shell(START, "", { folder, path });
    assert.equal(code, 1);
    assert.match(err, /^Node\.js \d+\.\d+\.\d+ is too old: get version 20\.15 or later/);
  }
});

test("where nothing is installed start.sh installs, and shows why it cannot", (t) => {
  const folder = ownFolder(t);
  const project = join(folder, "project");
  mkdirSync(project);
  for (const [from, name] of [[START, "start.sh"], [STOP, "stop.sh"]] as const) {
    spawnSync("cp", [from, join(project, name)]);
  }
  writeFileSync(join(project, "package-lock.json"), "{}");
  const npm = programs(t, { npm: "echo no network >&2; exit 3" });
  const { code, out, err } = shell(join(project, "start.sh"), "", {
    folder, path: `${npm}:${nodeFirst()}`,
  });
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /npm ci failed:\nno network\n$/);
  const stopped = shell(join(project, "stop.sh"), "", { folder });
  assert.deepEqual([stopped.code, stopped.out], [0, "Nothing runs: nothing is installed here.\n"]);
});

const OLD = new Date(0);

/** A project that asks for one package, which an older install has; npm and the launcher say so. */
function projectWith(t: TestContext, { found, linked }: { found: string; linked: boolean }) {
  const folder = ownFolder(t);
  const modules = join(folder, linked ? "elsewhere" : "node_modules");
  mkdirSync(modules);
  const lock = (version: string) => JSON.stringify({
    packages: {
      "": { version: "1.0.0" },
      "node_modules/tsx": { version },
      "node_modules/of-another-system": { version: "1.0.0", optional: true },
    },
  });
  const installed = join(modules, ".package-lock.json");
  writeFileSync(installed, lock(found));
  utimesSync(installed, OLD, OLD);
  writeFileSync(join(folder, "package-lock.json"), lock("4.0.0"));
  cpSync(START, join(folder, "start.sh"));
  if (linked) symlinkSync(modules, join(folder, "node_modules"));
  const tools = programs(t, {
    npm: `rm -f ${installed}; echo none >&2; exit 3`,
    node: `[ "$1" != --import ] || exec echo started; exec ${process.execPath} "$@"`,
  });
  const path = `${tools}:${process.env.PATH}`;
  const said = shell(join(folder, "start.sh"), "", { folder, path });
  return { ...said, installedAgain: !existsSync(installed) };
}

test("what is installed is not installed again, however young the lock file is", (t) => {
  for (const linked of [false, true]) {
    const { code, out, err, installedAgain } = projectWith(t, { found: "4.0.0", linked });
    assert.deepEqual([code, out, err, installedAgain], [0, "started\n", "", false]);
  }
  const other = projectWith(t, { found: "3.0.0", linked: false });
  assert.deepEqual([other.code, other.installedAgain], [1, true]);
});

test("a node_modules that is a link is never emptied", (t) => {
  const { code, out, err, installedAgain } = projectWith(t, { found: "3.0.0", linked: true });
  assert.deepEqual([code, out, installedAgain], [1, "", false]);
  assert.match(err, /^node_modules is a link, and lacks what package-lock.json asks for: .*\n$/);
});
