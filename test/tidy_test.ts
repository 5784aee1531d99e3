/**
 * Style that matters is a test (after TigerBeetle's src/tidy.zig): who may
 * import whom, who may read a clock, how long things may get. Each rule says
 * what it found, by file and line, so that nobody has to look the rule up.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { blank, functionsOf, PROJECT_FOLDER, readSources, type Source } from "./tidy/source.ts";

const FILE_LINES_MAX = 300;
const LINE_LENGTH_MAX = 100;
const FUNCTION_LINES_MAX = 60;
const SERVICES = ["frontend", "catalog", "order"];

const TOP_LEVEL = [
  ...SERVICES, "client", "shared", "test", "start.sh", "stop.sh", "package.json", "tsconfig.json",
  "README.md", "package-lock.json",
];
/** What .gitignore names. */
const NOT_KEPT = /^(?:node_modules|data)$|\.(?:log|cpuprofile)$/;

const sources = readSources();

test("no service imports another, the client or a test; shared/ imports only itself", () => {
  const allowed: Record<string, string[]> = { shared: ["shared"], client: ["client", "shared"] };
  for (const service of SERVICES) allowed[service] = [service, "shared"];
  none(sources.flatMap((source) =>
    source.imports
      .filter((path) => allowed[folderOf(source.path)]?.includes(folderOf(path)) === false)
      .map((path) => `${source.path} imports ${path}`),
  ));
});

/** Within a service: what a folder imports, of what. */
const WALLS: { room: string; never?: string[]; only?: string[] }[] = [
  { room: "frontend/api/", never: ["frontend/owner/"] },
  { room: "frontend/owner/", never: ["frontend/api/"] },
  { room: "catalog/state/", never: ["catalog/leader/", "catalog/calls/"] },
  {
    room: "shared/replication/core/",
    only: ["shared/replication/core/", "shared/assert.ts", "shared/limits.ts"],
  },
  {
    room: "shared/replication/storage/",
    never: ["core/replica.ts", "core/transitions.ts", "core/election.ts", "core/leader.ts",
      "core/follower.ts", "core/recovery.ts", "core/checkpoint_transfer.ts"]
      .map((name) => `shared/replication/${name}`),
  },
];

test("the walls within services stand", () => {
  const isIn = (path: string, rooms: readonly string[]) =>
    rooms.some((room) => path.startsWith(room));
  none(WALLS.flatMap(({ room, never = [], only }) => {
    const within = sources.filter(({ path }) => path.startsWith(room));
    assert(within.length > 0, `${room} is there`);
    return within.flatMap(({ path, imports }) => imports
      .filter((imported) => isIn(imported, never) || (only !== undefined && !isIn(imported, only)))
      .map((imported) => `${path} imports ${imported}`));
  }));
});

test("only shared/clock.ts reads a clock", () => {
  const reads = /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.(?:now|timeOrigin)|\bhrtime\b/;
  none(linesWith(reads, sources.filter(({ path }) => path !== "shared/clock.ts")));
});

test("the replica imports nothing of Node, no clock and no chance", () => {
  const pure = closureOf("shared/replication/core/replica.ts");
  assert(pure.length > 0, "shared/replication/core/replica.ts is there");
  none(pure.flatMap(({ path, packages }) =>
    packages.map((name) => `${path} imports ${name}`)));
  none(pure.filter(({ path }) => path === "shared/clock.ts")
    .map(() => "the replica reaches shared/clock.ts"));
  none(linesWith(/\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\./, pure));
});

test("files, lines and functions stay short", () => {
  none(sources.flatMap(({ path, text, code }) => [
    ...(lengthOf(text) > FILE_LINES_MAX ? [`${path} has ${lengthOf(text)} lines`] : []),
    ...text.split("\n").flatMap((line, index) =>
      line.length > LINE_LENGTH_MAX ? [`${path}:${index + 1} has ${line.length} characters`] : []),
    ...functionsOf(code).filter(({ lines }) => lines > FUNCTION_LINES_MAX)
      .map(({ line, lines }) => `${path}:${line} a function of ${lines} lines`),
  ]));
});

test("the top level holds what it is meant to hold", () => {
  none(readdirSync(PROJECT_FOLDER)
    .filter((name) => !name.startsWith(".") && !NOT_KEPT.test(name) && !TOP_LEVEL.includes(name)));
});

test("the dependencies are the allowed ones", () => {
  const { dependencies, devDependencies } = readPackage();
  assert.deepEqual(Object.keys(dependencies), ["csv-simple-parser"]);
  assert.deepEqual(Object.keys(devDependencies).sort(), ["@types/node", "tsx", "typescript"]);
  const used = sources.flatMap(({ path, packages }) =>
    packages.filter((name) => !name.startsWith("node:")).map((name) => ({ path, name })));
  none(used
    .filter(({ name }) => !["csv-simple-parser", "tsx/esm/api"].includes(name))
    .map(({ path, name }) => `${path} imports ${name}`));
});

test("the lock file names no registry", () => {
  const lock = readFileSync(join(PROJECT_FOLDER, "package-lock.json"), "utf8");
  assert.equal(lock.includes('"resolved"'), false);
});

test("no any, no silenced check, nothing left to do", () => {
  none(linesWith(/(?::|\bas|<|,|\|)\s*any\b(?!\s*:)/, sources));
  none(textLinesWith(/@ts-(?:ignore|nocheck|expect-error)|\b(?:TODO|FIXME|XXX)\b/, others()));
});

test("signals and process.exit belong to the programs", () => {
  const programs = programPaths();
  const handles = /\bprocess\.(?:exit|abort)\b|\bprocess\.(?:on|once)\(/;
  none(linesWith(handles, sources.filter(({ path }) =>
    path !== "shared/member/member.ts" && !programs.has(path))));
});

test("every file opens with a comment", () => {
  none(sources.filter(({ text }) => !/^(?:#!.*\n)?\/[*/]/.test(text)).map(({ path }) => path));
});

/** Each of them is a store (stores.ts). */
const FOUND_BY_NAME = "shared/stores/";

test("no file is dead", () => {
  const imported = new Set(sources.flatMap(({ imports }) => imports));
  const programs = programPaths();
  none(sources.map(({ path }) => path).filter((path) =>
    !imported.has(path) && !programs.has(path) && !path.endsWith("_test.ts") &&
    !path.startsWith(FOUND_BY_NAME)));
});

test("imports name files that are there", () => {
  none(sources.flatMap(({ path, imports }) =>
    imports.filter((name) => name.endsWith(".ts") && !existsSync(join(PROJECT_FOLDER, name)))
      .map((name) => `${path} imports ${name}`)));
});

test("no path of somebody's machine", () => {
  none(textLinesWith(/\/(?:home|Users|root|work)\/[a-z]/, others()));
});

test("the scanner sees code and not what is written about it", () => {
  const code = blank('a("Date.now") // Date.now\nb(`x ${c} Date.now`) /* any */ + /any"/.d');
  assert.equal(/Date|any/.test(code), false);
  assert(/a\(.*b\(.*c.*\.d/s.test(code), code);
  const body = "x();\n".repeat(61);
  const lines = (text: string) => functionsOf(blank(text)).map((found) => found.lines);
  assert.deepEqual(lines(`function f(a: { b: 1 }): Promise<void> {\n${body}}`), [63]);
  assert.deepEqual(lines(`if (a) {\n${body}}`), []);
  assert.deepEqual(lines(`class A {\n  async b() {\n${body}}\n}`), [63]);
});

/** The files that are started: by a script, from a shell script, as documented, by a test. */
function programPaths(): Set<string> {
  const { scripts } = readPackage();
  const shells = ["start.sh", "stop.sh"].map((name) =>
    readFileSync(join(PROJECT_FOLDER, name), "utf8"));
  const started = [...Object.values(scripts), ...shells].join("\n").match(/[\w/]+\.ts\b/g) ?? [];
  const mains = SERVICES.map((service) => `${service}/main.ts`);
  return new Set([...started, ...mains, "client/client.ts", "test/client/launcher/fake_member.ts"]);
}

type PackageField = "scripts" | "dependencies" | "devDependencies";

function readPackage(): Record<PackageField, Record<string, string>> {
  return JSON.parse(readFileSync(join(PROJECT_FOLDER, "package.json"), "utf8"));
}

/** This file names what it looks for. */
function others(): Source[] {
  return sources.filter(({ path }) => path !== "test/tidy_test.ts");
}

/** A file and all that it imports, and so on. */
function closureOf(path: string): Source[] {
  const reached = new Set([path]);
  for (const next of reached) {
    const source = sources.find((candidate) => candidate.path === next);
    for (const name of source?.imports ?? []) reached.add(name);
  }
  return sources.filter((source) => reached.has(source.path));
}

function linesWith(pattern: RegExp, among: readonly Source[]): string[] {
  return among.flatMap(({ path, code }) => found(pattern, path, code));
}

function textLinesWith(pattern: RegExp, among: readonly Source[]): string[] {
  return among.flatMap(({ path, text }) => found(pattern, path, text));
}

function found(pattern: RegExp, path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) =>
    pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : []);
}

function folderOf(path: string): string {
  return path.split("/")[0]!;
}

function lengthOf(text: string): number {
  return text.trimEnd().split("\n").length;
}

function none(findings: string[]): void {
  if (findings.length > 0) assert.fail(findings.join("\n"));
}
