/** Who fetches pages leaves room for others: it asks for one every 20 ms. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../../../shared/clock.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import type { Question } from "../../../shared/replication/core/messages.ts";
import { ReplicaNetwork } from "../../../shared/replication/replica_network.ts";
import { HandClock } from "../../support/hand_clock.ts";

const TOOK_MS = 8;
const PAGE_EVERY_MS = 20;
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

test("a page is asked for every 20 ms, or when the one before is there", async () => {
  for (const [options, times] of [
    [{ tookMs: TOOK_MS }, [0, PAGE_EVERY_MS, 2 * PAGE_EVERY_MS]],
    [{ tookMs: 100 }, [0, 100, 200]],
  ] as const) {
    const { askedMs, clock, network } = open(options);
    const three = (async () => {
      for (let page = 1; page <= 3; page++) await network.ask(2, PAGE, { isUrgent: false });
    })();
    await clock.pass(1_000);
    await three;
    assert.deepEqual(askedMs, times);
  }
});

test("who has rested for long enough asks at once", async () => {
  const { askedMs, clock, network } = open();
  const first = network.ask(2, PAGE, { isUrgent: false });
  await clock.pass(10 * PAGE_EVERY_MS);
  await first;
  void network.ask(2, PAGE, { isUrgent: false });
  await clock.pass(0);
  assert.deepEqual(askedMs, [0, 10 * PAGE_EVERY_MS]);
});

test("it rests only while others are served", async () => {
  const { askedMs, clock, network } = open({ served: 0 });
  const three = (async () => {
    for (let page = 1; page <= 3; page++) await network.ask(2, PAGE, { isUrgent: false });
  })();
  await clock.pass(10 * PAGE_EVERY_MS);
  await three;
  assert.deepEqual(askedMs, [0, PAGE_EVERY_MS, PAGE_EVERY_MS + TOOK_MS]);
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
