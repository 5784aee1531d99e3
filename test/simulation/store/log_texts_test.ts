/** What of the logs of a group has to be equal when all is quiet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { comparable } from "./log_texts.ts";

function log(...rows: string[]): string {
  return ["index,term,value", ...rows, ""].join("\n");
}

function compared(...texts: string[]): string[] {
  const logs = texts.map((text, at) => [`order ${at + 1}`, text] as const);
  return [...comparable(new Map(logs))].map(([member, text]) => `${member}: ${text}`);
}

test("whole logs are compared whole", () => {
  assert.deepEqual(compared(log("1,1,a", "2,1,b"), log("1,1,a")), [
    "order 1: 1,1,a\n2,1,b", "order 2: 1,1,a",
  ]);
  assert.deepEqual(compared(log("1,1,a"), log()), ["order 1: 1,1,a", "order 2: "]);
});

test("rows that one has dropped are not looked at", () => {
  assert.deepEqual(compared(log("1,1,a", "2,1,b", "3,1,c"), log("2,1,b", "3,1,d")), [
    "order 1: 2,1,b\n3,1,c", "order 2: 2,1,b\n3,1,d",
  ]);
});

test("who lacks what nobody has any more is not compared", () => {
  assert.deepEqual(compared(log("3,1,c"), log("1,1,a"), log()), ["order 1: 3,1,c"]);
  assert.deepEqual(compared(log("3,2,c"), log("1,1,a", "2,1,b", "3,1,x")), ["order 1: 3,2,c"]);
});
