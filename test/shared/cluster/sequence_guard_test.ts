/** What comes late, twice or for another leader is not taken: nothing of it is done. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SequenceGuard, type Leadership } from "../../../shared/cluster/sequence_guard.ts";
import { hasReason } from "../../../shared/errors.ts";

function refusesAs(reason: "not_leader" | "unknown") {
  return (error: unknown) => hasReason(error, reason);
}

function leads(term: number): Leadership {
  return { term, leading: true, leader: 1, mayHaveLed: true };
}

test("a sender's batches are taken in their order, each once", () => {
  const arrivals = new SequenceGuard();
  arrivals.take({ term: 3, sender: "1.a", batch: 1 }, leads(3));
  arrivals.take({ term: 3, sender: "1.a", batch: 4 }, leads(3));
  for (const batch of [4, 2, 1]) {
    const late = () => arrivals.take({ term: 3, sender: "1.a", batch }, leads(3));
    // Its copy may have come first, and been taken.
    assert.throws(late, refusesAs("unknown"), `batch ${batch}`);
  }
  arrivals.take({ term: 3, sender: "1.a", batch: 5 }, leads(3));
});

test("senders do not stand in each other's way, and a restarted one is another", () => {
  const arrivals = new SequenceGuard();
  arrivals.take({ term: 3, sender: "1.a", batch: 9 }, leads(3));
  arrivals.take({ term: 3, sender: "2.b", batch: 1 }, leads(3));
  arrivals.take({ term: 3, sender: "1.c", batch: 1 }, leads(3));
});

test("a batch for a leader to come, or for one that this never was, is not taken", () => {
  const arrivals = new SequenceGuard();
  const follows: Leadership = { term: 3, leading: false, leader: 2, mayHaveLed: false };
  for (const own of [leads(2), { ...follows, term: 2 }, follows]) {
    const other = () => arrivals.take({ term: 3, sender: "1.a", batch: 2 }, own);
    assert.throws(other, refusesAs("not_leader"), JSON.stringify(own));
  }
});

test("a batch for a term that is over may have a copy that was taken in it", () => {
  const arrivals = new SequenceGuard();
  arrivals.take({ term: 3, sender: "1.a", batch: 1 }, leads(3));
  const over: Leadership = { term: 3, leading: false, leader: null, mayHaveLed: true };
  for (const own of [over, { ...over, term: 4, mayHaveLed: false }, leads(4)]) {
    const late = () => arrivals.take({ term: 3, sender: "1.a", batch: 2 }, own);
    assert.throws(late, refusesAs("unknown"), JSON.stringify(own));
  }
  // It leads again: what was sent to it in its first term does not count for the second.
  arrivals.take({ term: 5, sender: "1.a", batch: 2 }, leads(5));
});
