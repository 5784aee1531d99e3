/**
 * Every shell command of the README, as it stands there and in its order, as
 * a new user types them. They run in a copy of the project in which the port
 * 8080 reads otherwise, so that a store of the person who tests is not in the
 * way. `npm install-test` is what runs this test, and is left out.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { claimPortBase } from "../../../client/launcher/free_ports.ts";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";

const COPIED = [
  "frontend", "catalog", "order", "client", "shared", "start.sh", "stop.sh", "package.json",
  "package-lock.json", "README.md",
];
/** Where the default port stands, once or more often. */
const NAMES_THE_PORT = ["client/launcher/settings.ts", "client/load/options.ts", "README.md"];
const NOT_HERE = ["npm install-test"];

interface Copy {
  readme: string;
  run(command: string): ReturnType<typeof runIn>;
}

async function copyOfTheProject(t: TestContext): Promise<Copy> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "store-")));
  const run = (command: string) => runIn(folder, command);
  const { portBase, release } = await claimPortBase({});
  t.after(async () => {
    await run("./stop.sh --kill");
    release();
    rmSync(folder, { recursive: true });
  });
  for (const name of COPIED) {
    cpSync(join(PROJECT_FOLDER, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(PROJECT_FOLDER, "node_modules"), join(folder, "node_modules"));
  // Newer than what is installed, it would be installed again.
  utimesSync(join(folder, "package-lock.json"), 0, 0);
  for (const name of NAMES_THE_PORT) {
    const text = readFileSync(join(folder, name), "utf8");
    assert(text.includes("8080"), name);
    writeFileSync(join(folder, name), text.replaceAll("8080", String(portBase)));
  }
  return { readme: readFileSync(join(folder, "README.md"), "utf8"), run };
}

async function runIn(folder: string, command: string) {
  const { DATA_DIR: _dataDir, ...environment } = process.env;
  const child = spawn("/bin/bash", ["-c", command], {
    cwd: folder,
    env: { ...environment, PATH: `${dirname(process.execPath)}:${environment["PATH"]}` },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  const [code] = await once(child, "close");
  return { code: code as number, out, err };
}

/** The lines of all blocks of shell, what is continued on the next one in one piece. */
function commandsOf(readme: string): string[] {
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text!);
  const lines = blocks.flatMap((text) => text.split(/(?<!\\)\n/));
  return lines.filter((line) => line.trim() !== "");
}

/** What a command has to print; of those that are not here, only that they succeed counts. */
const PRINTS: [begin: string, pattern: RegExp][] = [
  ["./start.sh ", /^(Started|Running already).* in \d/],
  ["curl http", /^\{"data":\{"name":"Tux","price":15\.99,"quantity":\d+\}\}$/],
  ["curl -X POST", /^\{"data":\{"order_number":[1-9]\d*\}\}$/],
  ["npx tsx client/client.ts", /^OK: All \d+ orders are in the store exactly as they were made/m],
  ["./stop.sh --kill order 3", /^order 3 killed/],
  ["./stop.sh  ", /^frontend 1 stopped[^]*\ncatalog 1 stopped/],
];

test("the README's commands do what it says", async (t) => {
  const { readme, run } = await copyOfTheProject(t);
  const commands = commandsOf(readme);
  assert.equal(commands.filter((line) => isLeftOut(line)).length, NOT_HERE.length);
  assert.match(commands[0]!, /^\.\/start\.sh /);
  assert.match(commands.at(-1)!, /^\.\/stop\.sh /);
  for (const command of commands.filter((line) => !isLeftOut(line))) {
    const { code, out, err } = await run(command);
    assert.equal(code, 0, `${command}\n${out}${err}`);
    const [, pattern] = PRINTS.find(([begin]) => command.startsWith(begin)) ?? [];
    if (pattern !== undefined) assert.match(out, pattern, command);
  }
  for (const [begin] of PRINTS) {
    assert(commands.some((command) => command.startsWith(begin)), `the README has ${begin}`);
  }
});

test("the scripts and files that the README names are there", () => {
  const read = (name: string): string => readFileSync(join(PROJECT_FOLDER, name), "utf8");
  const readme = read("README.md");
  const { scripts } = JSON.parse(read("package.json"));
  const calls = readme.matchAll(/`npm (?:run )?([\w:]+)(?: [^`]*)?`/g);
  const named = [...calls].map(([, name]) => name!);
  assert(named.length >= 4, named.join(", "));
  for (const name of named) assert(Object.hasOwn(scripts, name), `npm run ${name}`);
  const files = [...readme.matchAll(/\]\(([^)]+)\)|\b(\w+\/main\.ts)\b/g)];
  for (const [, link, program] of files) assert(read((link ?? program)!) !== "");
});

function isLeftOut(command: string): boolean {
  return NOT_HERE.some((name) => command.startsWith(name));
}
