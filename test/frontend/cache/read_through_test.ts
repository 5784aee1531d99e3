/**
 * Every rule of the cache, with a catalog that can hold its answers back.
 * The stale-set race (57 of the fault list), simultaneous misses (61), a
 * lapsed lease and a paused process (16), a change of leadership (59).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Epochs, epochsBytes } from "../../../frontend/cache/epochs.ts";
import { LruCache } from "../../../frontend/cache/lru_cache.ts";
import { ReadThrough, type Fetched, type Read } from "../../../frontend/cache/read_through.ts";
import { NO_LEASE, SHARED_LEASE_BYTES, SharedLease } from "../../../frontend/cache/shared_lease.ts";
import type { Asker } from "../../../shared/threads/asker.ts";
import { askers } from "../../shared/asker.ts";

interface Asked {
  key: string;
  lease: number;
  asker: Asker;
  answer: (fetched: Fetched<string>) => void;
  fail: (error: Error) => void;
}

/** A front-end's cache on a clock and a lease that the test moves, and a catalog it speaks for. */
class Bench {
  nowMs = 0;
  readonly asked: Asked[] = [];
  readonly epochs = new Epochs(new SharedArrayBuffer(epochsBytes()));
  readonly lease = new SharedLease(new SharedArrayBuffer(SHARED_LEASE_BYTES));
  readonly counts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  readonly reader: ReadThrough<string>;

  constructor({ capacity = 10 } = {}) {
    const { epochs, lease, counts } = this;
    const cache = new LruCache<string>({ capacity, timeToLiveMs: null, epochs, counts });
    this.reader = new ReadThrough({
      cache,
      epochs,
      lease,
      slotOf: (key) => epochs.slotOf(key),
      nowMs: () => this.nowMs,
      fetch: (key, lease, asker) => {
        return new Promise((answer, fail) => this.asked.push({ key, lease, asker, answer, fail }));
      },
    });
  }

  /** As the lease keeper does it. */
  grant(untilMs: number): void {
    this.lease.end();
    this.epochs.raiseAll();
    this.lease.renumber();
    this.lease.extend(untilMs);
  }

  cached(): string | undefined {
    return this.reader.cached("Tux");
  }

  fetch(asker?: Asker): Promise<Read<string>> {
    return this.reader.fetch("Tux", asker);
  }

  /** Answers the nth request that the catalog got. */
  answer(nth: number, value: string | null, keep = value !== null): void {
    this.asked[nth]!.answer({ value, keep });
  }

  async keep(value: string): Promise<void> {
    const fetching = this.fetch();
    this.answer(this.asked.length - 1, value);
    assert.equal((await fetching).outcome, "stored");
  }
}

/** With a fresh lease until 1,000. */
function leased(): Bench {
  const bench = new Bench();
  bench.grant(1_000);
  return bench;
}

test("what was fetched under a fresh lease is served from memory", async () => {
  const bench = leased();
  assert.equal(bench.cached(), undefined);
  await bench.keep("v1");
  assert.equal(bench.cached(), "v1");
  assert.equal(bench.asked[0]!.lease, bench.lease.identity);
  assert.deepEqual(bench.counts, { hits: 1, misses: 1, evictions: 0, entries: 1 });
});

test("an invalidated entry is a miss", async () => {
  const bench = leased();
  await bench.keep("v1");
  bench.epochs.raise(["Tux"]);
  assert.equal(bench.cached(), undefined);
});

test("an answer that an invalidation overtook is not stored", async () => {
  const bench = leased();
  const fetching = bench.fetch();
  bench.epochs.raise(["Tux"]);
  bench.answer(0, "v1");
  assert.deepEqual(await fetching, { value: "v1", outcome: "fetched" });
  assert.equal(bench.cached(), undefined);
});

test("an answer that must not be kept is not stored", async () => {
  const bench = leased();
  const fetching = bench.fetch();
  bench.answer(0, "v1", false);
  assert.deepEqual(await fetching, { value: "v1", outcome: "fetched" });
  assert.equal(bench.cached(), undefined);
});

test("what is not there is not stored", async () => {
  const bench = leased();
  const fetching = bench.fetch();
  bench.answer(0, null, true);
  assert.deepEqual(await fetching, { value: null, outcome: "fetched" });
  assert.equal(bench.cached(), undefined);
});

test("nothing is served once the lease is over by the clock of that very request", async () => {
  const bench = leased();
  await bench.keep("v1");
  bench.nowMs = 999;
  assert.equal(bench.cached(), "v1");
  // The process was paused here, and nobody told it anything.
  bench.nowMs = 1_000;
  assert.equal(bench.cached(), undefined);
  assert.equal(bench.counts.misses, 1);
});

test("a new lease revives nothing", async () => {
  const bench = leased();
  await bench.keep("v1");
  bench.nowMs = 2_000;
  bench.grant(3_000);
  assert.equal(bench.cached(), undefined);
});

test("an extended lease goes on serving", async () => {
  const bench = leased();
  await bench.keep("v1");
  bench.lease.extend(2_000);
  bench.nowMs = 1_500;
  assert.equal(bench.cached(), "v1");
});

test("an answer asked under one lease is not stored under another", async () => {
  const bench = leased();
  const fetching = bench.fetch();
  bench.grant(1_000);
  bench.answer(0, "v1");
  assert.deepEqual(await fetching, { value: "v1", outcome: "fetched" });
  assert.equal(bench.cached(), undefined);
});

test("an answer that came after its lease lapsed is not served under the next one", async () => {
  const bench = leased();
  const fetching = bench.fetch();
  bench.nowMs = 1_500;
  bench.answer(0, "v1");
  await fetching;
  assert.equal(bench.cached(), undefined);
  bench.grant(3_000);
  assert.equal(bench.cached(), undefined);
});

test("without a lease each look-up asks for itself and keeps nothing", async () => {
  const bench = new Bench();
  const [one, two] = [bench.fetch(), bench.fetch()];
  assert.deepEqual(bench.asked.map(({ lease }) => lease), [NO_LEASE, NO_LEASE]);
  // A lease that comes while they are under way changes nothing for them.
  bench.grant(1_000);
  bench.answer(0, "v1");
  bench.answer(1, "v2");
  assert.deepEqual(await one, { value: "v1", outcome: "fetched" });
  assert.deepEqual(await two, { value: "v2", outcome: "fetched" });
  assert.equal(bench.cached(), undefined);
});

test("with the cache off each look-up asks for itself, counts nothing, and says so", async () => {
  const bench = new Bench({ capacity: 0 });
  bench.grant(1_000);
  const [one, two] = [bench.fetch(), bench.fetch()];
  assert.deepEqual(bench.asked.map(({ lease }) => lease), [1, 1]);
  bench.answer(0, "v1");
  bench.answer(1, "v1");
  assert.equal((await one).outcome, "bypassed");
  assert.equal((await two).outcome, "bypassed");
  assert.equal(bench.cached(), undefined);
  assert.equal(bench.counts.misses, 0);
});

test("a thousand simultaneous misses share one fetch", async () => {
  const bench = leased();
  const reads = Array.from({ length: 1_000 }, () => bench.fetch());
  assert.equal(bench.asked.length, 1);
  bench.answer(0, "v1");
  const outcomes = (await Promise.all(reads)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes.slice(0, 2), ["stored", "collapsed"]);
  assert.equal(bench.asked.length, 1);
});

test("a fetch of an earlier epoch is not joined", async () => {
  const bench = leased();
  const one = bench.fetch();
  bench.epochs.raise(["Tux"]);
  const two = bench.fetch();
  assert.equal(bench.asked.length, 2);
  bench.answer(1, "v2");
  assert.deepEqual(await two, { value: "v2", outcome: "stored" });
  bench.answer(0, "v1");
  assert.deepEqual(await one, { value: "v1", outcome: "fetched" });
  assert.equal(bench.cached(), "v2", "the late answer of the first has changed nothing");
});

test("a fetch under an earlier lease is not joined", async () => {
  const bench = leased();
  const one = bench.fetch();
  bench.grant(1_000);
  void bench.fetch();
  assert.equal(bench.asked.length, 2);
  bench.answer(0, "v1");
  await one;
});

test("a fetch is not joined once the lease has lapsed", () => {
  const bench = leased();
  void bench.fetch();
  bench.nowMs = 1_000;
  void bench.fetch();
  assert.deepEqual(bench.asked.map(({ lease }) => lease), [1, NO_LEASE]);
});

test("an answer for its asker alone is not shared: those who joined ask themselves", async () => {
  const bench = leased();
  const [one, two, three] = [bench.fetch(), bench.fetch(), bench.fetch()];
  assert.equal(bench.asked.length, 1);
  bench.answer(0, "v1", false);
  assert.deepEqual(await one, { value: "v1", outcome: "fetched" });
  assert.equal(bench.asked.length, 3);
  bench.answer(1, "v2");
  bench.answer(2, "v2");
  assert.deepEqual(await two, { value: "v2", outcome: "stored" });
  assert.deepEqual(await three, { value: "v2", outcome: "stored" });
});

test("nor is 'not there' shared", async () => {
  const bench = leased();
  const [one, two] = [bench.fetch(), bench.fetch()];
  bench.answer(0, null, true);
  assert.equal((await one).value, null);
  bench.answer(1, "v1");
  assert.deepEqual(await two, { value: "v1", outcome: "stored" });
});

test("a failed fetch fails those who joined, and is not remembered", async () => {
  const bench = leased();
  const [one, two] = [bench.fetch(), bench.fetch()];
  bench.asked[0]!.fail(new Error("the catalog is gone"));
  await assert.rejects(one, /gone/);
  await assert.rejects(two, /gone/);
  await bench.keep("v1");
  assert.equal(bench.asked.length, 2);
});

test("a fetch that is shared is abandoned when the last who waits for it is gone", async () => {
  const bench = leased();
  const waiting = askers(3);
  const reads = waiting.map((asker) => bench.fetch(asker));
  assert.equal(bench.asked.length, 1);
  const { asker: fetching } = bench.asked[0]!;
  for (const at of [0, 2, 1]) {
    assert.equal(fetching.isGone, false);
    waiting[at]!.isGone = true;
  }
  assert.equal(fetching.isGone, true);
  const late = bench.fetch(askers(1)[0]!);
  assert.equal(bench.asked.length, 2, "nobody joins what may be dropped");
  assert.equal(bench.asked[1]!.asker.isGone, false);
  bench.asked[0]!.fail(new Error("dropped"));
  for (const read of reads) await assert.rejects(read, /dropped/);
  bench.answer(1, "v1");
  assert.deepEqual(await late, { value: "v1", outcome: "stored" });
});

test("a fetch for one alone is abandoned when that one is gone", async () => {
  for (const bench of [new Bench(), new Bench({ capacity: 0 })]) {
    const [asker] = askers(1);
    const read = bench.fetch(asker!);
    assert.equal(bench.asked[0]!.asker.isGone, false);
    asker!.isGone = true;
    assert.equal(bench.asked[0]!.asker.isGone, true);
    bench.answer(0, "v1");
    await read;
  }
});
