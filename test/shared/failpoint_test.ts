/** Failpoints: how they are written, when they act, what they throw. They kill in test/cluster. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMs } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { armFailpoint, failpoint, parseFailpoint, type Step } from "../../shared/failpoint.ts";
import { createLog } from "../../shared/logging.ts";

const DELAY_MS = 50;

/** Arms this process; returns the lines that it logs. */
function arm(text: string): string[] {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  armFailpoint(parseFailpoint(text), createLog({ member: "order-1", level: "info", write }));
  return lines;
}

test("nobody is armed: a step does nothing", () => {
  failpoint("order.sold");
});

test("a step, an action, and for the how many-th time", () => {
  const parsed = (text: string) => Object.values(parseFailpoint(text));
  assert.deepEqual(parsed("order.sold:exit"), ["order.sold", "exit", 0, 1]);
  assert.deepEqual(parsed("log.written:stop:2"), ["log.written", "stop", 0, 2]);
  assert.deepEqual(parsed("vote.saved:error:3"), ["vote.saved", "error", 0, 3]);
  assert.deepEqual(parsed("log.cut:delay=500"), ["log.cut", "delay", 500, 1]);
  assert.deepEqual(parsed("log.cut:delay=1:9"), ["log.cut", "delay", 1, 9]);
});

test("what makes no sense is refused, on one line", () => {
  const wrong = {
    "order.sold": /one of exit, stop, error, delay/,
    "order.sould:exit": /one of frontend\.taken, .*order\.sold/,
    "toString:exit": /one of frontend\.taken/,
    "order.sold:explode": /one of exit, stop, error, delay/,
    "order.sold:exit:0": /count 0: .* from 1/,
    "order.sold:exit:": /count : /,
    "order.sold:exit:1:1": /step:action/,
    "order.sold:exit=5": /step:action/,
    "order.sold:delay": /step:delay=ms/,
    "order.sold:delay=": /delay : /,
    "order.sold:delay=0": /delay 0: .* from 1/,
    "order.sold:delay=1=1": /step:action/,
    "order.taken:error": /nothing can fail at order\.taken/,
  };
  for (const [text, line] of Object.entries(wrong)) {
    assert.throws(() => parseFailpoint(text), (error: Error) => {
      assert.match(error.message, line);
      return error.name === "UsageError" && !error.message.includes("\n");
    }, text);
  }
});

test("it acts at its step alone, the n-th time, once, and says so before", () => {
  const lines = arm("log.flushed:error:2");
  const steps: Step[] = ["log.written", "log.flushed", "log.written"];
  for (const step of steps) failpoint(step);
  assert.deepEqual(lines, []);
  assert.throws(() => failpoint("log.flushed"), { message: /EIO.*log\.flushed/, code: "EIO" });
  failpoint("log.flushed");
  assert.equal(lines.length, 1);
  const { level, message, step, action } = JSON.parse(lines[0]!);
  assert.deepEqual([level, message, step, action],
    ["warn", "failpoint", "log.flushed", "error"]);
});

test("a lost answer is one of which nobody knows what it did", () => {
  arm("order.sold:error");
  assert.throws(() => failpoint("order.sold"), (error) =>
    error instanceof AppError && error.reason === "unknown");
});

test("a delay stops all that this thread does", () => {
  arm(`log.written:delay=${DELAY_MS}`);
  const startedMs = monotonicMs();
  failpoint("log.written");
  assert(monotonicMs() - startedMs >= DELAY_MS - 1);
});
