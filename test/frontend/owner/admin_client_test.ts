/** The admin's changes on their way: one by one, each once, and what is told of each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AdminClient } from "../../../frontend/owner/admin_client.ts";
import { AppError } from "../../../shared/errors.ts";
import { ADMIN_DEADLINE_MS } from "../../../shared/limits.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";
import { FakeFinder } from "../fake_finder.ts";

const ANSWER = { product: { name: "Tux", price: 1, quantity: 5 }, version: 9 };

function makeClient() {
  const finder = new FakeFinder();
  finder.lead(1, 4);
  const clock = new HandClock();
  const client = new AdminClient({ sender: "1.a", finder, clock });
  const add = (added: number, withinMs = ADMIN_DEADLINE_MS) =>
    client.change({ change: { kind: "patch", name: "Tux", added, versions: null }, withinMs });
  return { finder, clock, add };
}

test("changes go one after the other, numbered upwards, for the leader's term", async () => {
  const { finder, add } = makeClient();
  const changes = [add(1), add(2)];
  const first = await finder.next();
  assert.deepEqual(first.body, {
    term: 4, sender: "1.a", batch: 1, kind: "patch", name: "Tux", added: 1, versions: null,
  });
  await turn();
  assert.equal(finder.calls.length, 1);
  first.answer(ANSWER);
  assert.deepEqual(await changes[0], ANSWER);
  const second = await finder.next();
  assert.equal(second.body.batch, 2);
  second.fail(new AppError("conflict", "too few"));
  await assert.rejects(changes[1]!, { reason: "conflict" });
});

for (const [reason, told] of [
  ["not_leader", "unavailable"], ["recovering", "unavailable"], ["unavailable", "unavailable"],
  ["unknown", "unknown"],
] as const) {
  test(`what fails as ${reason} is not asked again, and told as ${told}`, async () => {
    const { finder, add } = makeClient();
    const change = add(1);
    (await finder.next()).fail(new AppError(reason, "no"));
    await assert.rejects(change, { reason: told });
    assert.equal(finder.calls.length, 1);
  });
}

test("an answer that cannot be right leaves it unknown what was changed", async () => {
  const { finder, add } = makeClient();
  const change = add(1);
  (await finder.next()).answer({ product: { name: "Tux", price: "free" }, version: 9 });
  await assert.rejects(change, { reason: "unknown" });
  assert.equal(finder.calls.length, 1);
});

test("without a leader nothing is changed, and that is told at once", async () => {
  const { finder, add } = makeClient();
  finder.leader = null;
  await assert.rejects(add(1), { reason: "unavailable" });
});

test("at the deadline what was sent is unknown, and what still waits is never sent", async () => {
  const { finder, clock, add } = makeClient();
  const [sent, waiting, late] = [add(1), add(2), add(3, 10)];
  const call = await finder.next();
  const told = Promise.allSettled([sent, waiting]);
  const isOver = assert.rejects(late, { reason: "unavailable" });
  await clock.pass(10);
  await isOver;
  await clock.pass(ADMIN_DEADLINE_MS - 10);
  const reasons = (await told).map((one) => one.status === "rejected" && one.reason.reason);
  assert.deepEqual(reasons, ["unknown", "unavailable"]);
  call.answer(ANSWER);
  await turn();
  assert.equal(finder.calls.length, 1);
});
