/** Keeping the lease, on a clock and with a catalog that the test moves by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SHARED_LEASE_BYTES, SharedLease } from "../../../frontend/cache/shared_lease.ts";
import { LeaseKeeper } from "../../../frontend/owner/lease_keeper.ts";
import { FollowerReadIndex } from "../../../frontend/owner/follower_read_index.ts";
import { AppError } from "../../../shared/errors.ts";
import { createLog } from "../../../shared/logging.ts";
import type { LeaseAnswer, LeaseRequest } from "../../../shared/messages/messages.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";

interface Asked {
  request: LeaseRequest;
  answer: (answer: Partial<LeaseAnswer>) => void;
  fail: (error: AppError) => void;
}

class Bench {
  readonly clock = new HandClock();
  readonly #startedAtMs = this.clock.monotonicMs();
  readonly asked: Asked[] = [];
  /** What happened to the shared memory, in order. */
  readonly events: string[] = [];
  readonly lease = new SharedLease(new SharedArrayBuffer(SHARED_LEASE_BYTES));
  readonly told = new FollowerReadIndex();
  readonly keeper: LeaseKeeper;

  constructor() {
    const raiseAll = (): void => {
      this.events.push(this.isFresh ? "raised while fresh" : "raised");
    };
    this.keeper = new LeaseKeeper({
      frontend: 1,
      lease: this.lease,
      epochs: { raiseAll },
      told: this.told,
      clock: this.clock,
      log: createLog({ member: "frontend-1", level: "error" }),
      ask: (request) => new Promise((resolve, fail) => {
        const usual = { leadership: "1.a", number: 1, index: 0, since: 0, leaseMs: 1_000 };
        this.asked.push({ request, answer: (answer) => resolve({ ...usual, ...answer }), fail });
      }),
    });
  }

  /** One renewal that is answered at once; the proof of a new leadership goes the same way. */
  async renew(answer: Partial<LeaseAnswer> = {}): Promise<void> {
    const first = this.asked.length;
    const renewing = this.keeper.renew();
    this.asked[first]!.answer(answer);
    await turn();
    this.asked[first + 1]?.answer(answer);
    await renewing;
  }

  /** Since the beginning of the test. */
  get nowMs(): number {
    return this.clock.monotonicMs() - this.#startedAtMs;
  }
  /** No timer fires on the way. */
  set nowMs(nowMs: number) {
    this.clock.jump(nowMs - this.nowMs);
  }

  get isFresh(): boolean {
    return this.lease.isFresh(this.clock.monotonicMs());
  }
}

test("nine tenths of what was granted count, from when the request was sent", async () => {
  const bench = new Bench();
  bench.nowMs = 100;
  const renewing = bench.keeper.renew();
  bench.nowMs = 400;
  bench.asked[0]!.answer({ leaseMs: 800 });
  await turn();
  bench.asked[1]!.fail(new AppError("unavailable", "not now"));
  await renewing;
  // 100 + 720, not 400 + 720, nor 100 + 800.
  bench.nowMs = 819;
  assert.equal(bench.isFresh, true);
  bench.nowMs = 820;
  assert.equal(bench.isFresh, false);
});

test("a leadership's first lease is named to it at once: proof that all was dropped", async () => {
  const bench = new Bench();
  const renewing = bench.keeper.renew();
  bench.asked[0]!.answer({});
  await turn();
  assert.deepEqual(bench.asked.map(({ request }) => request.holds), [
    null,
    { leadership: "1.a", number: 1 },
  ]);
  assert.deepEqual(bench.events, ["raised"]);
  bench.asked[1]!.answer({});
  await renewing;
  assert.equal(bench.asked.length, 2);
});

test("a renewed lease keeps its identity, and nothing is dropped", async () => {
  const bench = new Bench();
  await bench.renew();
  const { identity } = bench.lease;
  bench.nowMs = 500;
  await bench.renew();
  assert.equal(bench.lease.identity, identity);
  assert.deepEqual(bench.events, ["raised"]);
  bench.nowMs = 1_399;
  assert.equal(bench.isFresh, true);
  assert.deepEqual(bench.keeper.heldAs(identity), { leadership: "1.a", number: 1 });
  assert.equal(bench.keeper.heldAs(identity + 1), null);
});

for (const [what, answer] of [
  ["another number", { number: 2 }],
  ["another leadership", { leadership: "2.b" }],
] as const) {
  test(`${what}: everything is dropped before the new lease counts`, async () => {
    const bench = new Bench();
    await bench.renew();
    const { identity } = bench.lease;
    bench.nowMs = 250;
    await bench.renew(answer);
    assert.deepEqual(bench.events, ["raised", "raised"], "and never while the lease was fresh");
    assert.notEqual(bench.lease.identity, identity);
    assert.equal(bench.isFresh, true);
    assert.equal(bench.keeper.heldAs(identity), null);
  });
}

test("a lease that lapsed by the own clock is a new one, whatever the catalog says", async () => {
  const bench = new Bench();
  await bench.renew();
  const { identity } = bench.lease;
  bench.nowMs = 850;
  const renewing = bench.keeper.renew();
  // The answer is from before the lapse, its reading from after.
  bench.nowMs = 901;
  bench.asked.at(-1)!.answer({});
  await renewing;
  assert.deepEqual(bench.events, ["raised", "raised"]);
  assert.notEqual(bench.lease.identity, identity);
  assert.equal(bench.isFresh, true);
});

test("a leadership of a lower term is refused", async () => {
  const bench = new Bench();
  await bench.renew({ leadership: "10.b" });
  const { identity } = bench.lease;
  bench.nowMs = 250;
  await bench.renew({ leadership: "9.a", number: 7 });
  assert.equal(bench.lease.identity, identity);
  bench.nowMs = 899;
  assert.equal(bench.isFresh, true);
  bench.nowMs = 900;
  assert.equal(bench.isFresh, false, "it did not extend the lease either");
});

test("a failed renewal leaves the lease to run out", async () => {
  const bench = new Bench();
  await bench.renew();
  bench.nowMs = 250;
  const renewing = bench.keeper.renew();
  bench.asked.at(-1)!.fail(new AppError("unknown", "no answer"));
  await renewing;
  assert.equal(bench.isFresh, true);
  bench.nowMs = 900;
  assert.equal(bench.isFresh, false);
});

test("one request at a time", async () => {
  const bench = new Bench();
  const renewals = [bench.keeper.renew(), bench.keeper.renew()];
  assert.equal(bench.asked.length, 1);
  bench.asked[0]!.fail(new AppError("unavailable", "no leader"));
  await Promise.all(renewals);
});

test("closing ends the lease here, and gives it back once all is answered", async () => {
  const bench = new Bench();
  await bench.renew();
  const asked = bench.asked.length;
  void bench.keeper.renew();
  const closing = bench.keeper.close();
  assert.equal(bench.isFresh, false);
  await turn();
  assert.equal(bench.asked.length, asked + 1, "no release overtakes the renewal");
  bench.asked.at(-1)!.answer({});
  await turn();
  assert.equal(bench.isFresh, false, "the late renewal brings nothing back");
  assert.deepEqual(bench.asked.at(-1)!.request, {
    frontend: 1,
    holds: { leadership: "1.a", number: 1 },
    release: true,
  });
  bench.asked.at(-1)!.answer({ leaseMs: 0 });
  await closing;
  await bench.keeper.renew();
  assert.equal(bench.asked.length, asked + 2, "nothing is asked after that");
});

test("closing does not fail when the catalog is gone", async () => {
  const bench = new Bench();
  await bench.renew();
  const closing = bench.keeper.close();
  await turn();
  bench.asked.at(-1)!.fail(new AppError("unavailable", "gone"));
  await closing;
});
