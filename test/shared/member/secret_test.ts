/** The files of the secret and the token: who may touch them, and what they must hold. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { SECRET_LENGTH_MAX, SECRET_LENGTH_MIN } from "../../../shared/limits.ts";
import { readSecret } from "../../../shared/member/secret.ts";

const LONG = "0123456789abcdef";

function fileWith(t: TestContext, text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "secret-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "secret");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

test("a secret is long enough that nobody guesses it; a token is what the admin likes", (t) => {
  assert.equal(LONG.length, SECRET_LENGTH_MIN);
  assert.equal(readSecret("STORE_SECRET_FILE", fileWith(t, `${LONG}\n`)), LONG);
  assert.equal(readSecret("ADMIN_TOKEN_FILE", fileWith(t, "x\n")), "x");
  for (const text of ["", "x", LONG.slice(1), `${LONG} ${LONG}`, "x".repeat(257)]) {
    const file = fileWith(t, text);
    assert.throws(() => readSecret("STORE_SECRET_FILE", file), {
      name: "UsageError",
      message: `STORE_SECRET_FILE ${file}: it must hold 16 to ${SECRET_LENGTH_MAX} ` +
        "printable characters, none of them a space",
    });
  }
});

test("a file that others may read or change is refused, with what mends it", (t) => {
  if (process.platform === "win32") return t.skip("files have no such modes here");
  for (const variable of ["STORE_SECRET_FILE", "ADMIN_TOKEN_FILE"] as const) {
    for (const mode of [0o600, 0o400, 0o640, 0o440]) {
      assert.equal(readSecret(variable, fileWith(t, LONG, mode)), LONG);
    }
    for (const mode of [0o666, 0o644, 0o660, 0o602, 0o604]) {
      const file = fileWith(t, LONG, mode);
      const shown = mode.toString(8);
      assert.throws(() => readSecret(variable, file), {
        name: "UsageError",
        message: `${variable} ${file}: others may read or change it (mode ${shown}): ` +
          `chmod 600 ${file}`,
      });
    }
  }
});
