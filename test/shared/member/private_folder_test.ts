/** A folder that others could look into is its user's alone afterwards, or it is said why not. */
import assert from "node:assert/strict";
import {
  chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { narrowFolder } from "../../../shared/member/private_folder.ts";

const MODES = { "log.csv": 0o666, "birth": 0o644, "read-only": 0o444, "tool": 0o755, "own": 0o600 };

/** Modes are set one by one: a mask is the process's, which other tests share. */
function wideFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "wide-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, mode] of Object.entries(MODES)) {
    writeFileSync(join(folder, name), "");
    chmodSync(join(folder, name), mode);
  }
  chmodSync(folder, 0o755);
  return folder;
}

const modeOf = (...path: string[]) => statSync(join(...path)).mode & 0o777;

test("others may do nothing with the folder and its files afterwards", (t) => {
  const folder = wideFolder(t);
  assert.equal(narrowFolder(folder), null);
  assert.equal(modeOf(folder), 0o700);
  const modes = Object.keys(MODES).map((name) => modeOf(folder, name));
  assert.deepEqual(modes, [0o600, 0o600, 0o400, 0o600, 0o600]);
});

test("what lies deeper, or elsewhere, is left alone", (t) => {
  const [folder, elsewhere] = [wideFolder(t), wideFolder(t)];
  mkdirSync(join(folder, "deeper"));
  chmodSync(join(folder, "deeper"), 0o755);
  symlinkSync(join(elsewhere, "birth"), join(folder, "link"));
  symlinkSync(join(elsewhere, "none"), join(folder, "to-nothing"));
  assert.equal(narrowFolder(folder), null);
  assert.deepEqual([modeOf(folder, "deeper"), modeOf(elsewhere, "birth")], [0o755, 0o644]);
});

test("what is narrow already is not touched; what cannot be is told, and the rest done", (t) => {
  const folder = wideFolder(t);
  const tried: string[] = [];
  const refusing = (path: string, mode: number): void => {
    tried.push(path);
    if (!path.endsWith("birth")) return chmodSync(path, mode);
    throw Object.assign(new Error("not its owner"), { code: "EPERM" });
  };
  assert.equal(narrowFolder(folder, refusing as typeof chmodSync)?.code, "EPERM");
  assert.deepEqual([modeOf(folder), modeOf(folder, "log.csv")], [0o700, 0o600]);
  tried.length = 0;
  assert.equal(narrowFolder(folder, refusing as typeof chmodSync)?.code, "EPERM");
  assert.deepEqual(tried, [join(folder, "birth")]);
  assert.equal(narrowFolder(join(folder, "none"))?.code, "ENOENT");
});
