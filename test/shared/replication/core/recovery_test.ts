/** A damaged folder with others to ask: what is kept, what is marked, when the mark goes. */
import { strict as assert } from "node:assert";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RECOVERING_NAME } from "../../../../shared/replication/storage/log_open.ts";
import { HEADER, makeFolder, makeLog, makeRows, open } from "../stored_log.ts";

test("damage in the middle: the rows before it stay, and the mark stands", async (t) => {
  const { folder, rows } = await makeLog(t);
  const path = join(folder, "log.csv");
  const damaged = readFileSync(path, "utf8").replace("value 3", "value 7");
  writeFileSync(path, damaged);
  const opened = await open(folder);
  assert(opened.storage.isRecovering);
  assert.deepEqual(opened.rows, rows.slice(0, 2).map((row) => row.text));
  assert.equal(opened.storage.log.lastIndex, 2);
  assert.equal(readFileSync(`${path}.damaged`, "utf8"), damaged);
  assert.match(readFileSync(join(folder, RECOVERING_NAME), "utf8"), /line 4/);
  assert.match(opened.warnings.join(""), /recovering/);
});

test("it goes on recovering over restarts, until it has recovered", async (t) => {
  const { folder, rows } = await makeLog(t, { clean: true });
  rmSync(join(folder, "log.csv"));
  const first = await open(folder);
  assert(first.storage.isRecovering);
  const { term, vote } = first.storage;
  assert.deepEqual([term, vote], [1, 3], "its promises are still known");
  await first.append(...rows);
  const second = await open(folder);
  assert(second.storage.isRecovering);
  assert.equal(second.rows.length, 5);
  await second.recovered();
  assert(!existsSync(join(folder, RECOVERING_NAME)));
  const third = await open(folder);
  assert(!third.storage.isRecovering);
  assert.equal(third.rows.length, 5);
});

test("each way to lose something is a recovery", async (t) => {
  const losses: Record<string, (folder: string) => void> = {
    "term.json is gone": (folder) => rmSync(join(folder, "term.json")),
    "term.json is cut": (folder) => writeFileSync(join(folder, "term.json"), '{"term":1,"vo'),
    "the log is gone": (folder) => rmSync(join(folder, "log.csv")),
    "the header is another": (folder) => writeFileSync(join(folder, "log.csv"), "a,b\n1,2\n"),
    "rows at the end are gone": (folder) => {
      const text = readFileSync(join(folder, "log.csv"), "utf8");
      writeFileSync(join(folder, "log.csv"), text.split("\n").slice(0, 4).join("\n") + "\n");
    },
    "another log stands there": (folder) => {
      const other = makeRows(6, undefined, 4).map((row) => row.text + "\n").join("");
      writeFileSync(join(folder, "log.csv"), HEADER + other);
    },
  };
  for (const [name, lose] of Object.entries(losses)) {
    const { folder } = await makeLog(t, { clean: true });
    lose(folder);
    assert((await open(folder)).storage.isRecovering, name);
    assert((await open(folder)).storage.isRecovering, `${name}, opened again`);
  }
});

test("a folder wiped by hand and marked is recovering, not new", async (t) => {
  const folder = makeFolder(t);
  writeFileSync(join(folder, RECOVERING_NAME), "wiped\n");
  assert((await open(folder)).storage.isRecovering);
});

test("the only copy does not start: it says where, and what to do", async (t) => {
  const { folder } = await makeLog(t, { clean: true });
  rmSync(join(folder, "term.json"));
  await assert.rejects(open(folder, true), /term\.json line 1: .*only copy.*backup/);
  assert(!existsSync(join(folder, RECOVERING_NAME)), "nothing was changed");
});
