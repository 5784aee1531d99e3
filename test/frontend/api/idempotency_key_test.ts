/** Keys that the front-end makes, and those it takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeKey, parseBuyersKey } from "../../../frontend/api/idempotency_key.ts";
import { parseInternalKey } from "../../../shared/messages/names.ts";

test("keys made here differ, are let in between members, and by buyers who repeat", () => {
  const keys = new Set<string>();
  for (let nth = 0; nth < 2_000; nth++) {
    const key = makeKey();
    assert.equal(parseInternalKey(key), key);
    assert.equal(parseBuyersKey(key), key);
    keys.add(key);
  }
  assert.equal(keys.size, 2_000);
});

test("a buyer's own key does not begin with a tilde", () => {
  for (const key of ["~", "~mine", `${makeKey()}x`]) {
    assert.throws(() => parseBuyersKey(key), { name: "AppError", reason: "bad_request" });
  }
});
