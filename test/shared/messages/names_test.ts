/** Rows 7-13, 74 and 79 of the bad inputs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasReason } from "../../../shared/errors.ts";
import { parseInternalKey, parseKey, parseName } from "../../../shared/messages/names.ts";

const isBadRequest = (error: unknown): boolean => hasReason(error, "bad_request");

test("names that people give pass as they are", () => {
  const plain = ["Tux", "LEGO 10\" Castle, big", "__proto__", "constructor"];
  const long = ["x".repeat(64), "😀".repeat(64)];
  for (const name of [...plain, ...long, "Ärger", "木馬", "👩‍🚀", "a=b", "."]) {
    assert.equal(parseName(name), name);
  }
});

test("two spellings of one name are one name", () => {
  assert.equal(parseName("Cafe\u0301"), "Caf\u00e9");
});

test("names that break a row, run as a formula or hide what they are are refused", () => {
  const breaking = ["a\nb", "a\rb", "a\tb", "a\u0000b", "a\u007fb", "a\u2028b", "a\u0085b"];
  const bidirectional = ["\u202egpj.exe", "a\u2066b"];
  const hiding = [...bidirectional, "\ufeffTux", "\u200b", "a\ud800", "\u200d", "\u00ad"];
  const formulas = ["=1+1", "+1", "-1", "@x"];
  for (const name of [...breaking, ...hiding, ...formulas]) {
    assert.throws(() => parseName(name), isBadRequest, JSON.stringify(name));
  }
});

test("a name is text of 1 to 64 characters, not only spaces", () => {
  const odd = [undefined, null, 1, true, [], {}, "", " ", "\u00a0 "];
  for (const name of [...odd, "x".repeat(65), "😀".repeat(65)]) {
    assert.throws(() => parseName(name), isBadRequest);
  }
});

test("a key has 1 to 255 characters of its alphabet", () => {
  for (const key of ["a", "A-z_0.9:x", "k".repeat(255)]) assert.equal(parseKey(key), key);
  const bad = ["", "k".repeat(256), "a b", "a,b", "~a", '"a"', "é", "a\n", "=cmd", "-1", "-"];
  for (const key of bad) {
    assert.throws(() => parseKey(key), isBadRequest, key);
  }
});

test("between members a key may begin with ~, and only begin", () => {
  const good = ["a", "-of-an-old-log", "~a", `~${"k".repeat(254)}`];
  for (const key of good) assert.equal(parseInternalKey(key), key);
  for (const key of ["~", "", "a~", "~~a", `~${"k".repeat(255)}`, 1, null]) {
    assert.throws(() => parseInternalKey(key), isBadRequest, String(key));
  }
});
