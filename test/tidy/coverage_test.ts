/**
 * Holds test/COVERAGE.md to the tests: every fault and every invariant has its row, and each row
 * names tests that are there, or says why there are none. Whether a test does what its row says,
 * only a reader can tell.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const TEST_FOLDER = fileURLToPath(new URL("../", import.meta.url));
const FAULTS = 71;
const INVARIANTS = 40;
/** Columns of a fault: row, what happens, what must come of it, tests, what is left out. */
const COLUMNS = { F: 5, I: 4 };

interface Row {
  id: string;
  /** What is told of it, before the tests. */
  words: string[];
  tests: { file: string; name: string }[];
  leftOut: string;
}

function readRows(markdown: string): Row[] {
  return markdown.split("\n").flatMap((line) => {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    const [id = ""] = cells;
    if (!/^[FI]\d+$/.test(id)) return [];
    assert.equal(cells.length, COLUMNS[id[0] as "F" | "I"], `${id} has a cell too few or too many`);
    const [tests, leftOut] = cells.slice(-2) as [string, string];
    return [{ id, words: cells.slice(1, -2), tests: readTests(id, tests), leftOut }];
  });
}

function readTests(id: string, cell: string): Row["tests"] {
  if (cell === "") return [];
  return cell.split("<br>").map((entry) => {
    const [, file, name] = /^`([\w/]+_test\.ts)`: (.+)$/.exec(entry) ?? [];
    assert(file !== undefined && name !== undefined, `${id}: ${entry} is not a file and a test`);
    return { file, name };
  });
}

/** The names of a file's tests; of one with values in it, what it may become. */
function namesIn(source: string): RegExp[] {
  const calls = source.matchAll(/\btest\(\s*("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)/g);
  return [...calls].map(([, literal]) => {
    const inside = literal!.slice(1, -1).replace(/\\(["`])/g, "$1");
    const parts = literal!.startsWith("`") ? inside.split(/\$\{[^{}]*\}/) : [inside];
    const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${escaped.join(".+")}$`);
  });
}

const rows = readRows(readFileSync(join(TEST_FOLDER, "COVERAGE.md"), "utf8"));

test("every fault and every invariant has its row, in order", () => {
  const ids = [
    ...Array.from({ length: FAULTS }, (_, at) => `F${at + 1}`),
    ...Array.from({ length: INVARIANTS }, (_, at) => `I${at + 1}`),
  ];
  assert.deepEqual(rows.map(({ id }) => id), ids);
  for (const { id, words } of rows) assert(words.every((text) => text !== ""), id);
});

test("each row names a test, or says why there is none", () => {
  const bare = rows.filter(({ tests, leftOut }) => tests.length === 0 && leftOut === "");
  assert.deepEqual(bare.map(({ id }) => id), []);
});

test("the tests that are named are there", () => {
  const known = new Map<string, RegExp[]>();
  const missing = rows.flatMap(({ id, tests }) => tests.flatMap(({ file, name }) => {
    const path = join(TEST_FOLDER, file);
    if (!existsSync(path)) return [`${id}: there is no ${file}`];
    if (!known.has(file)) known.set(file, namesIn(readFileSync(path, "utf8")));
    const isThere = known.get(file)!.some((pattern) => pattern.test(name));
    return isThere ? [] : [`${id}: ${file} has no test "${name}"`];
  }));
  assert.deepEqual(missing, []);
});

test("a name that is not there, or only nearly, is not found", () => {
  const source = [
    'test("one", () => {});', "t.test(", "  `row ${nth}: ${what}`, f);", 'test("a \\"b\\"", f);',
  ].join("\n");
  const names = namesIn(source);
  const isThere = (name: string) => names.some((pattern) => pattern.test(name));
  assert(["one", "row 3: a body", 'a "b"'].every(isThere));
  assert(!["on", "one more", "row 3", "row : "].some(isThere));
  assert.throws(() => readRows("| F1 | a | b | `x_test.ts` | |"), /not a file and a test/);
  assert.throws(() => readRows("| F1 | a | b | |"), /a cell too few/);
});
