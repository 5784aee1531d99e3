/** Batches of sales by number: decided once, remembered for a while, refused after. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sessions } from "../../../catalog/leader/sessions.ts";
import { SESSION_WINDOW_BATCHES } from "../../../shared/limits.ts";

function answer(left: number) {
  return Promise.resolve({ results: [{ code: "out_of_stock" as const, left }] });
}

test("a batch is undecided once, then has its answer", () => {
  const sessions = new Sessions("1.a");
  const session = sessions.open(false);
  assert.equal(sessions.find(session, 1), null);
  const decided = answer(1);
  sessions.remember(1, decided);
  assert.equal(sessions.find(session, 1), decided);
  assert.equal(sessions.find(session, 2), null);
});

test("batches may come out of order within the window", () => {
  const sessions = new Sessions("1.a");
  const session = sessions.open(false);
  const second = answer(2);
  sessions.remember(2, second);
  assert.equal(sessions.find(session, 1), null);
  sessions.remember(1, answer(1));
  assert.equal(sessions.find(session, 2), second);
});

test("a batch below the window is refused, decided or not", () => {
  const sessions = new Sessions("1.a");
  const session = sessions.open(false);
  for (let batch = 2; batch <= SESSION_WINDOW_BATCHES + 1; batch++) {
    sessions.remember(batch, answer(batch));
  }
  assert.throws(() => sessions.find(session, 1), { reason: "session" });
  assert.notEqual(sessions.find(session, 2), null);
  sessions.remember(SESSION_WINDOW_BATCHES + 2, answer(0));
  assert.throws(() => sessions.find(session, 2), { reason: "session" });
});

test("another session is refused: before the first, after the next", () => {
  const sessions = new Sessions("1.a");
  assert.throws(() => sessions.find("1.a.1", 1), { reason: "session" });
  const before = sessions.open(false);
  const session = sessions.open(false);
  assert.notEqual(session, before);
  assert.throws(() => sessions.find(before, 1), { reason: "session" });
  assert.equal(sessions.find(session, 1), null);
});

test("a repeated fence opens the same session until that has seen a batch", () => {
  const sessions = new Sessions("1.a");
  const session = sessions.open(false);
  assert.equal(sessions.open(true), session);
  sessions.remember(1, answer(1));
  const next = sessions.open(true);
  assert.notEqual(next, session, "numbers begin at 1 again, so nothing old may be remembered");
  assert.equal(sessions.find(next, 1), null);
});
