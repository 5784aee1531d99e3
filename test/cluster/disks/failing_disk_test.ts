/**
 * A member whose disk fails, is slow or stops the process in the middle of a write, at the very
 * system call: what was not flushed was not acknowledged, a failed flush ends the process, and
 * the others sell on.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import { LEADER_LEASE_MS } from "../../../shared/limits.ts";
import { checkComesBack, endOf } from "../support/comeback.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";
import { inject, NO_STRACE } from "../support/strace.ts";

/** Whichever of the two a file is flushed with. */
const FLUSH = "fsync,fdatasync";
/** How long a flush takes on a slow disk, and on one that is not slow enough to lose its leader. */
const SLOW_MS = 2_000;
const SOME_MS = LEADER_LEASE_MS / 2;
/** One thread for files: what strace counts by thread it then counts by process. */
const ONE_THREAD = { environment: { UV_THREADPOOL_SIZE: "1" } };

/** One order, and how long it took. */
async function timedBuy(store: TestStore): Promise<number> {
  const startedMs = monotonicMs();
  await store.buy("Tux");
  return monotonicMs() - startedMs;
}

test("an error of write or flush ends the process, and nothing is tried again", async (t) => {
  if (NO_STRACE) return t.skip(NO_STRACE);
  const store = await startStore(t, ONE_THREAD);
  for (const calls of ["pwrite64", FLUSH]) {
    for (const isLeader of [false, true]) {
      const victim = await (isLeader ? store.leader() : store.follower());
      // Only the first call fails: a second flush would report success, and lie.
      await inject(t, store, { into: victim, calls, fault: "error=EIO:when=1" });
      const bought = await store.buy("Tux");
      assert.equal(await endOf(store, victim), "exit code 1", calls);
      assert.match(store.logged(victim, "error").at(-1)!, /"fatal".*EIO/);
      await store.checkOrderOn(bought, { replicas: 2 });
      await checkComesBack(store, victim);
    }
  }
});

test("killed at a write or a flush: the order is made once, on this disk too", async (t) => {
  if (NO_STRACE) return t.skip(NO_STRACE);
  const store = await startStore(t);
  for (const calls of ["pwrite64", FLUSH]) {
    for (const isLeader of [false, true]) {
      const victim = await (isLeader ? store.leader() : store.follower());
      await inject(t, store, { into: victim, calls, fault: "signal=SIGKILL:when=1" });
      const bought = await store.buy("Tux");
      assert.equal(await endOf(store, victim), "SIGKILL");
      await checkComesBack(store, victim);
      await store.checkOrderOn(bought, { replicas: 3 });
    }
  }
});

/** A vote is written to a side file, flushed, renamed, and the folder flushed. */
const STEPS: [calls: string, name: string][] = [
  [FLUSH, "term.json.next"], ["rename,renameat,renameat2", "term.json.next"], [FLUSH, "."],
];

test("a vote that could not be written was not given, wherever that stopped", async (t) => {
  if (NO_STRACE) return t.skip(NO_STRACE);
  const store = await startStore(t);
  await store.buy("Tux");
  let tries = 0;
  for (const [calls, name] of STEPS) {
    for (const fault of ["error=EIO", "signal=SIGKILL"]) {
      const [voter, leader] = [await store.follower(), await store.leader()];
      const path = join(memberFolder(store.running.dataDir, voter), name);
      await inject(t, store, { into: voter, calls, fault, path });
      await store.kill(leader);
      const buying = store.shopper.purchase("Fox", `vote-${++tries}`);
      assert.equal(await endOf(store, voter), fault === "error=EIO" ? "exit code 1" : "SIGKILL");
      const { status } = await store.shopper.ask("/leader");
      assert.equal(status, 503, "one of three leads nobody");
      await Promise.all([store.restart(voter), store.restart(leader)]);
      assert.notEqual((await buying).number, null);
      await store.checkLogsEqual();
    }
  }
  await store.checkBooksBalance();
});

test("an order is answered when two of three disks have it, however slow the third", async (t) => {
  if (NO_STRACE) return t.skip(NO_STRACE);
  const store = await startStore(t);
  await store.buy("Tux");
  const delayed = (ms: number) => ({ calls: FLUSH, fault: `delay_enter=${ms * 1_000}` });
  const leader = await store.leader();
  const [one, other] = [1, 2, 3].filter((id) => id !== leader.id).map(order) as MemberName[];

  const slow = await inject(t, store, { into: leader, ...delayed(SLOW_MS) });
  const byFollowers = await timedBuy(store);
  assert(byFollowers < SLOW_MS, `${byFollowers} ms: both followers had it`);
  await slow.stop();

  const slowOne = await inject(t, store, { into: one!, ...delayed(SLOW_MS) });
  const byOther = await timedBuy(store);
  assert(byOther < SLOW_MS, `${byOther} ms: leader and other follower had it`);
  const slowOther = await inject(t, store, { into: other!, ...delayed(SOME_MS) });
  const byNone = await timedBuy(store);
  assert(byNone >= SOME_MS, `${byNone} ms: nobody but the leader had flushed it`);
  await Promise.all([slowOne.stop(), slowOther.stop()]);
  await store.checkLogsEqual();
});
