/** Names by id: what was found is not asked for again, what was not found is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseId, NamesById } from "../../../frontend/api/names_by_id.ts";

test("a name is asked for once, and one that was not there again", async () => {
  const asked: unknown[] = [];
  let found: string | null = null;
  const ask = async <T>(kind: string, body: unknown): Promise<T> => {
    asked.push([kind, body]);
    return found as T;
  };
  const names = new NamesById({ owner: { ask }, lease: { held: () => 5 }, nowMs: () => 0 });
  assert.equal(await names.find(7), null);
  assert.equal(names.known(7), undefined);
  found = "The Quorum";
  assert.equal(await names.find(7), found);
  assert.equal(await names.find(7), found);
  assert.equal(names.known(7), found);
  const once = ["name", { id: 7, lease: 5 }];
  assert.deepEqual(asked, [once, once]);
});

test("the time that a name took is gone for what is to be done with it", async () => {
  let atMs = 100;
  const ask = async <T>(): Promise<T> => {
    atMs += 40;
    return "The Quorum" as T;
  };
  const names = new NamesById({ owner: { ask }, lease: { held: () => 5 }, nowMs: () => atMs });
  assert.deepEqual(await names.findWithin(7, 1_000), { name: "The Quorum", leftMs: 960 });
  assert.deepEqual(await names.findWithin(7, 1_000), { name: "The Quorum", leftMs: 1_000 });
});

test("an id is a whole number from 1, in the one way to write it", () => {
  assert.equal(parseId("999999999"), 999_999_999);
  for (const text of ["0", "01", "-1", "1.0", "1e3", "", "x", "1000000000", "%31"]) {
    assert.throws(() => parseId(text), { reason: "bad_request" }, text);
  }
});
