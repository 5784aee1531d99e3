/** Which sales the catalog may forget. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Settlement } from "../../order/settlement.ts";

test("a sale without a committed order holds back those after it", () => {
  const settlement = new Settlement();
  settlement.start(7, 12);
  for (const sale of [8, 9, 10]) settlement.propose(sale);
  settlement.commit(10);
  settlement.commit(8);
  assert.equal(settlement.settled, 8);
  settlement.commit(9);
  assert.equal(settlement.settled, 10);
});

test("a sale gets one order, not two", () => {
  const settlement = new Settlement();
  settlement.start(0, 1);
  settlement.propose(1);
  assert.throws(() => settlement.propose(1), /one order, not two/);
  settlement.commit(1);
  assert.throws(() => settlement.propose(1), /one order, not two/);
  assert.throws(() => settlement.commit(2));
});

test("a new session of the same leadership forgets nothing that it knew", () => {
  const settlement = new Settlement();
  settlement.start(0, 1);
  for (const sale of [1, 2, 3]) settlement.propose(sale);
  settlement.commit(1);
  settlement.start(0, 4);
  assert.equal(settlement.settled, 1);
  assert(settlement.isKnown(3));
  settlement.start(2, 4);
  assert.equal(settlement.settled, 2);
});
