/** What comes late, twice or for another leader is not taken: nothing of it is done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "../../order/arrivals.ts";
import { hasReason } from "../../shared/errors.ts";

function refusesAs(reason: "not_leader" | "unavailable") {
  return (error: unknown) => hasReason(error, reason);
}

test("a sender's batches are taken in their order, each once", () => {
  const arrivals = new Arrivals();
  arrivals.take({ term: 3, sender: "1.a", batch: 1 }, 3);
  arrivals.take({ term: 3, sender: "1.a", batch: 4 }, 3);
  for (const batch of [4, 2, 1]) {
    const late = () => arrivals.take({ term: 3, sender: "1.a", batch }, 3);
    assert.throws(late, refusesAs("unavailable"), `batch ${batch}`);
  }
  arrivals.take({ term: 3, sender: "1.a", batch: 5 }, 3);
});

test("senders do not stand in each other's way, and a restarted one is another", () => {
  const arrivals = new Arrivals();
  arrivals.take({ term: 3, sender: "1.a", batch: 9 }, 3);
  arrivals.take({ term: 3, sender: "2.b", batch: 1 }, 3);
  arrivals.take({ term: 3, sender: "1.c", batch: 1 }, 3);
});

test("a batch for a leader before, or for one to come, is for another", () => {
  const arrivals = new Arrivals();
  arrivals.take({ term: 3, sender: "1.a", batch: 1 }, 3);
  for (const term of [2, 4]) {
    const other = () => arrivals.take({ term, sender: "1.a", batch: 2 }, 3);
    assert.throws(other, refusesAs("not_leader"), `term ${term}`);
  }
  // It leads again: what was sent to it in its first term does not count for the second.
  arrivals.take({ term: 5, sender: "1.a", batch: 2 }, 5);
  const late = { term: 3, sender: "1.a", batch: 3 };
  assert.throws(() => arrivals.take(late, 5), refusesAs("not_leader"));
});
