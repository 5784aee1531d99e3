/** After the compiling no member has anything left to compile. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { KINDS, PROJECT_FOLDER } from "../../../client/launcher/layout.ts";

test("all that members load is compiled beforehand", (t) => {
  // tsx keeps what it compiled in the folder for temporary files.
  const TMPDIR = mkdtempSync(join(tmpdir(), "compile-"));
  t.after(() => rmSync(TMPDIR, { recursive: true }));
  const help = (program: string): void => {
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", program, "--help"], {
      cwd: PROJECT_FOLDER,
      env: { ...process.env, TMPDIR },
      encoding: "utf8",
    });
    assert.deepEqual([status, stderr], [0, ""]);
  };
  const compiled = (): string[] =>
    readdirSync(TMPDIR, { recursive: true, encoding: "utf8" }).sort();
  help("client/launcher/compile.ts");
  const before = compiled();
  assert(before.length > 50, `${before.length} files`);
  for (const kind of KINDS) help(`${kind}/main.ts`);
  assert.deepEqual(compiled(), before);
});
