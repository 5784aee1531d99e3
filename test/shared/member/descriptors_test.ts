/** How many files this process may have open, as the system says. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { descriptorLimit } from "../../../shared/member/descriptors.ts";

const URL_OF_IT = new URL("../../../shared/member/descriptors.ts", import.meta.url).href;
const CODE = `import { descriptorLimit } from "${URL_OF_IT}"; console.log(descriptorLimit());`;

test("the limit is the process's own", () => {
  const limit = descriptorLimit();
  assert(limit > 0, String(limit));
  const [shell, ...words] = ["sh", "-c", 'ulimit -n 321; exec "$0" "$@"', process.execPath];
  const args = ["--import", "tsx", "--input-type=module", "-e", CODE];
  const { stdout, stderr } = spawnSync(shell!, [...words, ...args], { encoding: "utf8" });
  assert.equal(stdout, "321\n", stderr);
});

test("where the system has no list of limits, a shell knows it", () => {
  assert.equal(descriptorLimit("/nowhere/limits"), descriptorLimit());
});
