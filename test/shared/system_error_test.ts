/** What the system refuses, as a person hears of it. */
import assert from "node:assert/strict";
import { readFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { isWithoutRoom, refusalOf, sentenceOf } from "../../shared/system_error.ts";

function errorOf(call: () => void): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail("it was not refused");
}

const refused = (code: string) => Object.assign(new Error(`${code}: x, write`), {
  code, syscall: "write",
});

test("a refusal says what is wrong in words, and where", () => {
  const missing = errorOf(() => readFileSync("/nowhere/at/all"));
  const said = "/nowhere/at/all: there is no such file or folder (ENOENT)";
  assert.equal(refusalOf(missing, "DIR"), said);
  assert.equal(refusalOf(refused("ENOSPC"), "DIR"), "DIR: the disk is full (ENOSPC)");
  for (const code of ["EDQUOT", "EACCES", "EROFS", "EMFILE", "ENFILE", "EIO"]) {
    assert.match(sentenceOf(refused(code))!, new RegExp(`^[a-z][^\\n]+ \\(${code}\\)$`));
  }
  assert.deepEqual(["ENOSPC", "EDQUOT", "EROFS", "EIO", "EMFILE"].map((code) => {
    return isWithoutRoom(refused(code));
  }), [true, true, true, false, false]);
});

test("what is no refusal of the file system stays what it is", async () => {
  const bug = errorOf(() => writeSync("x" as unknown as number, "x"));
  for (const error of [bug, new Error("x"), { code: "ENOSPC", syscall: "write" }, "ENOSPC", null]) {
    assert.deepEqual([sentenceOf(error), refusalOf(error, "DIR")], [null, null]);
    assert(!isWithoutRoom(error));
  }
  const socket = connect(1, "127.0.0.1");
  const [error] = await once(socket, "error").catch((thrown: unknown) => [thrown]);
  assert.equal(sentenceOf(error), null);
});
