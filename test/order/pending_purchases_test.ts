/** Who waits for a purchase that does not end. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { PendingPurchases } from "../../order/pending_purchases.ts";
import { dropAnswered, PlaceCall, queued, type Asked } from "../../order/place_batch.ts";
import { PLACE_TIMEOUT_MS } from "../../shared/limits.ts";
import { buy, startLeader, until } from "./leader.ts";

function ask(quantity = 1): Asked {
  return { call: new PlaceCall(1), slot: 0, purchase: buy("a", quantity) };
}

test("who was answered at a deadline is let go, and the first is still the first", async () => {
  const placedAgain: Asked[] = [];
  const purchases = new PendingPurchases((asked) => placedAgain.push(asked));
  const pending = queued(ask());
  purchases.add(pending);
  const [late, lateRival, twin, rival] = [ask(), ask(2), ask(), ask(2)];
  for (const asked of [late, lateRival, twin, rival]) assert(purchases.join(asked));
  for (const { call, slot } of [pending.waiters[0]!, late, lateRival]) {
    call.settle(slot, { code: "unknown", message: "late" });
  }
  dropAnswered(pending);
  assert.deepEqual([pending.waiters.length, pending.rivals.length], [2, 1]);
  purchases.end(pending, { code: "ordered", number: 7, replayed: false });
  assert.deepEqual(await twin.call.done, [{ code: "ordered", number: 7, replayed: true }]);
  assert.deepEqual(placedAgain, [rival]);
});

test("repeats of a purchase whose row is never committed take no memory", async (t) => {
  const { orders, host, clock } = startLeader(t);
  host.commitsAtOnce = false;
  const first = orders.place([buy("a")]);
  await until(() => host.rows.length === 2);
  const find = t.mock.method(PendingPurchases.prototype, "find");
  const repeats = Array.from({ length: 200 }, () => orders.place([buy("a"), buy("a", 2)]));
  await clock.pass(PLACE_TIMEOUT_MS);
  for (const [twin, rival] of await Promise.all(repeats)) {
    assert.deepEqual([twin!.code, rival!.code], ["unknown", "unknown"]);
  }
  assert.equal((await first)[0]!.code, "unknown");
  const pending = find.mock.calls.at(-1)!.result!;
  assert.deepEqual([pending.waiters.length, pending.rivals.length], [1, 0]);
});
