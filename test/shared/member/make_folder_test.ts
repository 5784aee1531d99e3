/** Folders are made with those above them, or refused: never tried for ever. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { makeFolder } from "../../../shared/member/make_folder.ts";

function ownFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "folders-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a folder is made with those above it; one that is there stays", (t) => {
  const own = ownFolder(t);
  const made: string[] = [];
  makeFolder(join(own, "a", "b"), made);
  assert.deepEqual(made, [join(own, "a"), join(own, "a", "b")]);
  makeFolder(join(own, "a", "b"), made);
  assert.equal(made.length, 2);
});

test("where none can be is said, with what was made until then", (t) => {
  const own = ownFolder(t);
  writeFileSync(join(own, "file"), "");
  assert.throws(() => makeFolder(join(own, "file")), { code: "EEXIST" });
  assert.throws(() => makeFolder(join(own, "file", "a")), { code: "ENOTDIR" });
  const made: string[] = [];
  const long = join(own, "a", "x".repeat(300));
  assert.throws(() => makeFolder(join(long, "b"), made), { code: "ENAMETOOLONG" });
  assert.deepEqual(made.filter((folder) => !existsSync(folder)), []);
});

const HAS_PROC = existsSync("/proc/self");

test("/proc refuses in a moment", { skip: !HAS_PROC && "no /proc here" }, () => {
  assert.throws(() => makeFolder("/proc/none/a"), { code: "ENOENT" });
});
