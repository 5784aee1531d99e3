/** Whose turn it is, by each way of balancing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, ResponseTime, type Load } from "../../../frontend/owner/balance.ts";
import { BALANCES, type Balance } from "../../../shared/member/config.ts";

function loads(given: Record<number, Partial<Load>>): Load[] {
  return Object.entries(given).map(([id, load]) => {
    return { id: Number(id), underWay: 0, responseMs: 0, ...load };
  });
}

/** Who is asked, so many times in a row, when nobody's load ever changes. */
function turns(balance: Balance, given: Load[], count: number, last = 0): number[] {
  const chosen: number[] = [];
  for (let at = 0; at < count; at++) chosen.push(choose(balance, given, chosen.at(-1) ?? last).id);
  return chosen;
}

for (const balance of BALANCES) {
  test(`${balance}: equals take turns`, () => {
    assert.deepEqual(turns(balance, loads({ 1: {}, 2: {}, 3: {} }), 6), [1, 2, 3, 1, 2, 3]);
    assert.deepEqual(turns(balance, loads({ 2: {} }), 2, 7), [2, 2]);
  });

  test(`${balance}: one that is gone is passed over, and its neighbours stay equal`, () => {
    assert.deepEqual(turns(balance, loads({ 1: {}, 3: {} }), 4, 1), [3, 1, 3, 1]);
    assert.deepEqual(turns(balance, loads({ 2: {}, 3: {} }), 3, 3), [2, 3, 2]);
  });
}

test("round-robin asks the busy and the slow as often as the others", () => {
  const given = loads({ 1: {}, 2: { underWay: 50, responseMs: 300 } });
  assert.deepEqual(turns("round-robin", given, 4), [1, 2, 1, 2]);
});

test("least-connections asks who has the fewest look-ups under way", () => {
  const busy = { underWay: 2 };
  const given = loads({ 1: busy, 2: { underWay: 1, responseMs: 300 }, 3: busy });
  assert.deepEqual(turns("least-connections", given, 2), [2, 2]);
});

test("least-response-time asks who will have answered first", () => {
  const slow = { 1: { responseMs: 200 }, 2: { responseMs: 5, underWay: 30 } };
  assert.equal(choose("least-response-time", loads(slow), 2).id, 2);
  const busier = { 1: { responseMs: 200 }, 2: { responseMs: 5, underWay: 40 } };
  assert.equal(choose("least-response-time", loads(busier), 1).id, 1);
});

test("least-response-time takes less than a millisecond's difference for none", () => {
  const given = loads({ 1: { responseMs: 0.9 }, 2: { responseMs: 0.2 }, 3: {} });
  assert.deepEqual(turns("least-response-time", given, 3), [1, 2, 3]);
});

test("a slow answer is believed at once, fast ones little by little", () => {
  const time = new ResponseTime();
  assert.equal(time.at(0), 0);
  time.note(2, 0);
  time.note(200, 0);
  assert.equal(time.at(0), 200);
  time.note(0, 0);
  assert.equal(time.at(0), 150);
});

test("who was slow is tried again some seconds later", () => {
  const time = new ResponseTime();
  time.note(200, 0);
  assert.equal(time.at(1_000), 100);
  assert(time.at(7_000) > 1 && time.at(8_000) < 1);
});
