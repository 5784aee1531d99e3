/** Who fetches pages leaves room for others: it rests as long as each took. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../../../shared/clock.ts";
import type { Peer } from "../../../shared/peer.ts";
import type { Question } from "../../../shared/replication/messages.ts";
import { ReplicaNetwork } from "../../../shared/replication/replica_network.ts";
import { HandClock } from "../hand_clock.ts";

const TOOK_MS = 8;
const AFTER = { index: 0, term: 0, checksum: 0 };
const PAGE: Question = { kind: "read_log", reader: 1, term: 3, after: AFTER };
const VOTE: Question = { kind: "vote", term: 4, candidate: 1, ask: true, handover: null };

/** A peer that takes its time, and when it was asked. Its commit index goes up by `served`. */
function open({ served = 1, tookMs = TOOK_MS } = {}) {
  const clock = new HandClock();
  const startedMs = clock.monotonicMs();
  const askedMs: number[] = [];
  let commit = 10;
  const answer = async <T>(): Promise<T> => {
    askedMs.push(clock.monotonicMs() - startedMs);
    await pause(clock, tookMs);
    commit += served;
    const page = { kind: "log_page", term: 3, result: "rows", prev: AFTER, commit };
    return { ...page, complete: false, rows: "" } as T;
  };
  const peer: Peer = {
    url: "fake:2", get: answer, post: answer, abandon: () => {}, close: () => {},
  };
  const network = new ReplicaNetwork(new Map([[2, peer]]), clock);
  return { askedMs, clock, network };
}

test("between two pages it rests as long as the first took, and no longer", async () => {
  const { askedMs, clock, network } = open();
  const two = (async () => {
    await network.ask(2, PAGE, { isUrgent: false });
    await network.ask(2, PAGE, { isUrgent: false });
  })();
  await clock.pass(10 * TOOK_MS);
  await two;
  assert.deepEqual(askedMs, [0, 2 * TOOK_MS]);
  await clock.pass(TOOK_MS);
  void network.ask(2, PAGE, { isUrgent: false });
  await clock.pass(0);
  assert.equal(askedMs.at(-1), 11 * TOOK_MS, "it has rested");
});

test("it rests only while others are served, and never for long", async () => {
  for (const [options, secondMs] of [
    [{ served: 0, tookMs: TOOK_MS }, 3 * TOOK_MS],
    [{ served: 1, tookMs: 100 }, 2 * 100 + 2 * 20],
  ] as const) {
    const { askedMs, clock, network } = open(options);
    const three = (async () => {
      for (let page = 1; page <= 3; page++) await network.ask(2, PAGE, { isUrgent: false });
    })();
    await clock.pass(1_000);
    await three;
    assert.equal(askedMs[2], secondMs);
  }
});

test("a nominee does not rest, nor does anything that is no page", async () => {
  const { askedMs, clock, network } = open();
  const all = (async () => {
    await network.ask(2, PAGE, { isUrgent: false });
    await network.ask(2, PAGE, { isUrgent: true });
    await network.ask(2, VOTE, { isUrgent: false });
  })();
  await clock.pass(10 * TOOK_MS);
  await all;
  assert.deepEqual(askedMs, [0, TOOK_MS, 2 * TOOK_MS]);
});
