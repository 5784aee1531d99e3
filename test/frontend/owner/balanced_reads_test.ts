/** Look-ups between the catalog's replicas: whose turn it is, and who stands in for whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_LEASE } from "../../../frontend/cache/shared_lease.ts";
import { CatalogClient } from "../../../frontend/owner/catalog_client.ts";
import { ReplicaPool } from "../../../frontend/owner/replica_pool.ts";
import { FollowerReadIndex } from "../../../frontend/owner/follower_read_index.ts";
import type { Balance } from "../../../shared/member/config.ts";
import { AppError } from "../../../shared/errors.ts";
import {
  FOLLOWER_OUT_MS, FOLLOWER_TIMEOUT_MS, NOMINATION_LAG_MAX_ROWS,
} from "../../../shared/limits.ts";
import type { HeldLease, LookupResult } from "../../../shared/messages/messages.ts";
import { askers, hangUp } from "../../shared/asker.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";
import { FakeFinder, FOLLOWER, type FakeCall } from "../fake_finder.ts";

const HELD: HeldLease = { leadership: "1.a", number: 4 };
const TUX: LookupResult = {
  product: { name: "Tux", price: 15.99, quantity: 100 }, version: 3, store: true,
};
const PAGE = { topic: null, q: null, limit: 100, after: null };

/** Replica 1 leads, 2 and 3 follow; lease 5 is held, since row 7, and row 9 is visible. */
class Bench {
  readonly finder = new FakeFinder();
  readonly clock = new HandClock();
  readonly told = new FollowerReadIndex();
  readonly client: CatalogClient;

  constructor(balance: Balance = "round-robin") {
    const { finder, clock, told } = this;
    const members = new Map([1, 2, 3].map((id) => [id, finder.peerOf(id)]));
    finder.lead(1, 1, members.get(1)!);
    for (const id of [2, 3]) finder.followers.set(id, FOLLOWER);
    told.begin(7);
    told.see(9);
    const replicas = new ReplicaPool({ members, finder, balance, clock });
    const heldAs = (identity: number): HeldLease | null => (identity === 5 ? HELD : null);
    this.client = new CatalogClient({ finder, replicas, told, frontend: 2, heldAs, clock });
  }

  /** Who is asked for each of so many look-ups, one after the other. */
  async asked(count: number, answer = answered): Promise<number[]> {
    const asked: number[] = [];
    for (let at = 0; at < count; at++) {
      const lookup = this.client.lookup("Tux", 5);
      const call = await this.finder.next();
      asked.push(call.to);
      await answer(call);
      await lookup;
    }
    return asked;
  }
}

function answered(call: FakeCall): void {
  const leadership = call.to === 1 ? "1.a" : null;
  call.answer({ leadership, index: 9, results: [TUX] });
}

test("look-ups go round all three, and a follower is told from what to answer", async () => {
  const { finder, client, told } = new Bench();
  told.change(["Fox"], 8);
  const reads = { least: 7, visible: 9 };
  const asker = { frontend: 2, lease: HELD };
  for (const [to, more] of [[1, {}], [2, { reads }], [3, { reads }]] as const) {
    const lookup = client.lookup("Tux", 5);
    const call = await finder.next();
    assert.deepEqual([call.to, call.body], [to, { names: ["Tux"], ...asker, ...more }]);
    answered(call);
    assert.equal((await lookup)!.keep, true);
  }
});

test("lists go round as well, and need the latest change of anything", async () => {
  const { finder, client, told } = new Bench();
  told.change(["Fox"], 8);
  const page = { products: [TUX.product], more: false, version: 8, store: true };
  for (const [to, reads] of [[1, undefined], [2, { least: 8, visible: 9 }]] as const) {
    const list = client.list(PAGE, 5);
    const call = await finder.next();
    assert.deepEqual([call.to, call.path, call.body.reads], [to, "/lists", reads]);
    call.answer({ leadership: to === 1 ? "1.a" : null, index: 9, results: [page] });
    assert.equal((await list).keep, true);
  }
});

test("a search goes to the followers, and to the leader when there is none to ask", async () => {
  const { finder, client } = new Bench();
  const page = { products: [TUX.product], more: false, version: 8, store: true };
  for (const [at, to] of [2, 3, 2, 1].entries()) {
    if (at === 3) finder.followers.clear();
    const asked = at % 2 === 0 ? { ...PAGE, q: "u" } : { ...PAGE, topic: "time" };
    const list = client.list(asked, 5);
    const call = await finder.next();
    assert.equal(call.to, to);
    call.answer({ leadership: to === 1 ? "1.a" : null, index: 9, results: [page] });
    assert.equal((await list).keep, true);
  }
});

test("a follower with too many searches refuses at once, and the leader is spared", async () => {
  const { finder, client } = new Bench();
  for (const to of [2, 3, 2]) {
    const refused = assert.rejects(client.list({ ...PAGE, q: "u" }, 5), { reason: "overloaded" });
    const call = await finder.next();
    assert.equal(call.to, to);
    call.answer({ leadership: null, index: 9, results: [null] });
    await refused;
  }
  assert.deepEqual(finder.suspected, []);
});

for (const [what, lease, prepare] of [
  ["that began without a lease", NO_LEASE, () => {}],
  ["that began under another lease", 4, () => {}],
  ["of what was told to be changing", 5, ({ told }: Bench) => told.change(["Tux"], 10)],
  ["under a lease that began with changes on their way", 5, ({ told }: Bench) => told.begin(10)],
] as const) {
  test(`a look-up ${what} goes to the leader`, async () => {
    const bench = new Bench();
    prepare(bench);
    for (let at = 0; at < 4; at++) {
      const lookup = bench.client.lookup("Tux", lease);
      const call = await bench.finder.next();
      assert.deepEqual([call.to, call.body.reads], [1, undefined]);
      answered(call);
      await lookup;
    }
  });
}

test("every answer tells what is visible", async () => {
  const { finder, client, told } = new Bench();
  told.change(["Tux"], 12);
  const lookup = client.lookup("Tux", 5);
  (await finder.next()).answer({ leadership: "1.a", index: 12, results: [TUX] });
  await lookup;
  assert.equal(told.leastOf("Tux"), 12);
});

test("a follower that refuses is stood in for by the leader, and asked again", async () => {
  const { finder, client } = new Bench();
  for (const to of [1, 2, 3, 1, 2]) {
    const lookup = client.lookup("Tux", 5);
    let call = await finder.next();
    assert.equal(call.to, to);
    if (to !== 1) {
      call.fail(new AppError("not_leader", "it is behind"));
      call = await finder.next();
      assert.equal(call.to, 1);
    }
    answered(call);
    assert.equal((await lookup)!.keep, true);
  }
  assert.deepEqual(finder.suspected, []);
});

test("one that does not answer is stood in for, and left out for a while", async () => {
  const bench = new Bench();
  const { finder, clock, client } = bench;
  assert.deepEqual(await bench.asked(1), [1]);
  const lookup = client.lookup("Tux", 5);
  const call = await finder.next();
  assert.equal(call.to, 2);
  call.fail(new AppError("unknown", "no answer"));
  const instead = await finder.next();
  assert.equal(instead.to, 1);
  answered(instead);
  await lookup;
  assert.deepEqual(await bench.asked(4), [3, 1, 3, 1]);
  clock.jump(FOLLOWER_OUT_MS);
  assert.deepEqual(await bench.asked(3), [2, 3, 1]);
});

test("what waited behind a batch that failed does not wait for a failure of its own", async () => {
  const { finder, client } = new Bench();
  finder.leader = null;
  finder.followers.delete(3);
  // One batch a turn, four at once: the fifth look-up waits.
  const lookups: Promise<unknown>[] = [];
  for (let at = 0; at < 5; at++) {
    lookups.push(client.lookup("Tux", 5));
    await turn();
  }
  const [first] = finder.calls;
  assert.deepEqual(finder.calls.map(({ to }) => to), [2, 2, 2, 2]);
  finder.lead(1, 1);
  first!.fail(new AppError("unknown", "no answer"));
  await turn();
  assert.deepEqual(finder.calls.map(({ to }) => to), [2, 2, 2, 2, 1, 1]);
  for (const call of finder.calls.slice(1)) answered(call);
  await Promise.all(lookups);
});

test("a leader that fails is stood in for by a follower, and suspected", async () => {
  const { finder, client } = new Bench();
  const lookup = client.lookup("Tux", 5);
  (await finder.next()).fail(new AppError("unavailable", "nobody there"));
  const call = await finder.next();
  assert.equal(call.to, 2);
  answered(call);
  assert.equal((await lookup)!.keep, true);
  assert.deepEqual(finder.suspected, [1]);
});

test("while nobody leads the followers answer", async () => {
  const bench = new Bench();
  bench.finder.leader = null;
  assert.deepEqual(await bench.asked(4), [2, 3, 2, 3]);
});

for (const [what, health] of [
  ["does not answer when asked for its health", null],
  ["has lost rows", { ...FOLLOWER, state: "recovering" as const }],
  ["says that it leads", { ...FOLLOWER, role: "leader" as const }],
  ["is far behind", { ...FOLLOWER, commitIndex: -NOMINATION_LAG_MAX_ROWS }],
] as const) {
  test(`no look-up goes to a follower that ${what}`, async () => {
    const bench = new Bench();
    if (health === null) bench.finder.followers.delete(2);
    else bench.finder.followers.set(2, health);
    assert.deepEqual(await bench.asked(4), [1, 3, 1, 3]);
  });
}

test("a slow one is asked less where that counts", async () => {
  for (const [balance, most] of [["round-robin", 4], ["least-response-time", 1]] as const) {
    const bench = new Bench(balance);
    const asked = await bench.asked(12, (call) => {
      if (call.to === 3) bench.clock.jump(200);
      answered(call);
    });
    assert.equal(asked.filter((id) => id === 3).length, most, balance);
  }
});

test("one that keeps its look-ups waiting is asked less by least-connections", async () => {
  const { finder, client } = new Bench("least-connections");
  const waiting: Promise<unknown>[] = [];
  for (let at = 0; at < 12; at++) {
    const lookup = client.lookup("Tux", 5);
    const call = await finder.next();
    if (call.to === 3) {
      waiting.push(lookup);
      continue;
    }
    answered(call);
    await lookup;
  }
  assert.equal(waiting.length, 1);
});

test("the time that a follower has is longer than one takes that is only slow", () => {
  assert(FOLLOWER_TIMEOUT_MS >= 2 * 200);
});

test("one whose askers are gone is none the worse for it, and no other is asked", async () => {
  const bench = new Bench();
  const { finder, client } = bench;
  const asking = askers(6);
  const found = asking.map((asker) => client.lookup("Tux", 5, asker));
  const left = found.map((asked) => assert.rejects(asked, { reason: "abandoned" }));
  hangUp(asking, client);
  await Promise.all(left);
  assert.equal(client.abandoned, 6);
  assert.deepEqual(finder.calls, []);
  assert.deepEqual(await bench.asked(3), [1, 2, 3]);
});
