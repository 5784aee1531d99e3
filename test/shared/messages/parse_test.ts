/** Rows 5, 6, 14-20 of the bad inputs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasReason } from "../../../shared/errors.ts";
import { asArray, asIntegerIn, asRecord, asText } from "../../../shared/messages/parse.ts";

const isBadRequest = (error: unknown): boolean => hasReason(error, "bad_request");

test("a record has its fields and no others", () => {
  assert.deepEqual(asRecord({ a: 1 }, ["a"], ["b"]), { a: 1 });
  assert.deepEqual(asRecord({ b: 2, a: 1 }, ["a"], ["b"]), { b: 2, a: 1 });
  for (const value of [null, [], "a", 1, undefined, {}, { b: 1 }, { a: 1, c: 1 }]) {
    assert.throws(() => asRecord(value, ["a"], ["b"]), isBadRequest, JSON.stringify(value));
  }
});

test("__proto__ is an unknown field, and a missing one is not found on the prototype", () => {
  const texts = ['{"a":1,"__proto__":{}}', '{"__proto__":{"a":1}}', '{"a":1,"constructor":1}'];
  for (const text of texts) {
    assert.throws(() => asRecord(JSON.parse(text), ["a"]), isBadRequest, text);
  }
  assert.throws(() => asRecord({}, ["toString"]), isBadRequest);
});

test("no message repeats what came in", () => {
  assert.throws(() => asRecord({ "<evil>": 1 }, []), (error: Error) => !/evil/.test(error.message));
});

test("an integer is one of its range, without coercion", () => {
  assert.equal(asIntegerIn(1, "quantity", 1, 10), 1);
  assert.equal(asIntegerIn(10, "quantity", 1, 10), 10);
  assert.equal(asIntegerIn(0, "quantity", 0, 10), 0);
  const odd = [0, 11, -1, 1.5, "1", true, [1], null, undefined, NaN, 1e400, 9007199254740993, 1e21];
  for (const value of odd) {
    assert.throws(() => asIntegerIn(value, "quantity", 1, 10), isBadRequest, String(value));
  }
  assert.throws(() => asIntegerIn(-0, "quantity", 0, 10), isBadRequest);
});

test("text is bounded and well-formed", () => {
  assert.equal(asText("", "topic", 3), "");
  assert.equal(asText("abc", "topic", 3), "abc");
  for (const value of ["abcd", "\ud800", 1, null]) {
    assert.throws(() => asText(value, "topic", 3), isBadRequest);
  }
});

test("an array is bounded, and each item is read", () => {
  const item = (value: unknown): number => asIntegerIn(value, "number", 1, 9);
  assert.deepEqual(asArray([1, 2], "numbers", 2, item), [1, 2]);
  for (const value of [[1, 2, 3], [0], {}, "12", null, { length: 1 }]) {
    assert.throws(() => asArray(value, "numbers", 2, item), isBadRequest);
  }
});
