/** Lines of the log. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../shared/logging.ts";

function capture(level: "debug" | "info" | "warn" | "error") {
  const lines: string[] = [];
  const log = createLog({ member: "order-3", level, write: (line) => lines.push(line) });
  return { log, lines };
}

test("a line is JSON: time, level, member, message, fields", () => {
  const { log, lines } = capture("info");
  log.info("following", { leader: 2 });
  assert.equal(lines.length, 1);
  assert(lines[0]!.endsWith("}\n"));
  const { time, ...rest } = JSON.parse(lines[0]!);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: "info", member: "order-3", message: "following", leader: 2 });
});

test("lines below the level are dropped", () => {
  const { log, lines } = capture("warn");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assert.deepEqual(lines.map((line) => JSON.parse(line).message), ["c", "d"]);
});

test("a child adds its fields to every line", () => {
  const { log, lines } = capture("info");
  log.child({ thread: 1 }).child({ part: "cache" }).info("x", { thread: 2 });
  assert.deepEqual(pick(lines[0]!, ["thread", "part"]), { thread: 2, part: "cache" });
});

test("errors show their stack, and what is no JSON harms nobody", () => {
  const { log, lines } = capture("info");
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  log.info("a", { error: new Error("broken") });
  log.info("b", { circular });
  log.info("c", { big: 12n });
  assert.match(JSON.parse(lines[0]!).error, /Error: broken\n/);
  assert.equal(JSON.parse(lines[1]!).unwritable, true);
  assert.equal(JSON.parse(lines[2]!).big, "12");
});

function pick(line: string, fields: string[]): Record<string, unknown> {
  const parsed = JSON.parse(line);
  return Object.fromEntries(fields.map((field) => [field, parsed[field]]));
}
