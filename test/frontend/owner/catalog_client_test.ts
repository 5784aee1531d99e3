/** Look-ups and lists on their way to the catalog, and what of the answers may be kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_LEASE } from "../../../frontend/cache/shared_lease.ts";
import { CatalogClient, type FoundList } from "../../../frontend/owner/catalog_client.ts";
import { ReplicaPool } from "../../../frontend/owner/replica_pool.ts";
import { FollowerReadIndex } from "../../../frontend/owner/follower_read_index.ts";
import type { Asker } from "../../../shared/threads/asker.ts";
import {
  SEARCHES_MAX, SEARCH_QUEUE_MS, SEARCH_SHED_ITEMS,
} from "../../../shared/door_limits.ts";
import { AppError } from "../../../shared/errors.ts";
import {
  ITEM_BYTES_MAX, KEY_LENGTH_MAX, LIST_BATCHES_MAX, LISTS_MAX, LOOKUP_DEADLINE_MS, NAME_LENGTH_MAX,
  QUANTITY_MAX,
} from "../../../shared/limits.ts";
import { parseName } from "../../../shared/messages/names.ts";
import type { HeldLease, LookupResult } from "../../../shared/messages/messages.ts";
import { askers, hangUp } from "../../shared/asker.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";
import { FakeFinder } from "../fake_finder.ts";

const HELD: HeldLease = { leadership: "1.a", number: 4 };
const TUX = { name: "Tux", price: 15.99, quantity: 100 };
const PAGE = { topic: null, q: null, limit: 100, after: null };

/** Lease 5 is the one that is held. */
function makeClient() {
  const finder = new FakeFinder();
  finder.lead(1, 1);
  const clock = new HandClock();
  const heldAs = (identity: number): HeldLease | null => (identity === 5 ? HELD : null);
  const members = new Map([1, 2, 3].map((id) => [id, finder.peerOf(id)]));
  const replicas = new ReplicaPool({ members, finder, balance: "round-robin", clock });
  const told = new FollowerReadIndex();
  const client = new CatalogClient({ finder, replicas, told, frontend: 2, heldAs, clock });
  return { finder, clock, client };
}

function result(store: boolean): LookupResult {
  return { product: TUX, version: 3, store };
}

test("look-ups of one turn go in one batch that names their lease", async () => {
  const { finder, client } = makeClient();
  const found = [client.lookup("Tux", 5), client.lookup("Nobody", 5)];
  const call = await finder.next();
  assert.equal(call.path, "/lookups");
  assert.deepEqual(call.body, { names: ["Tux", "Nobody"], frontend: 2, lease: HELD });
  call.answer({ leadership: "1.a", index: 0, results: [result(true), null] });
  assert.deepEqual(await found[0], { product: TUX, version: 3, keep: true });
  assert.equal(await found[1], null);
});

for (const [what, leases] of [
  ["began without a lease", [NO_LEASE]],
  ["began under one that is over", [4]],
  ["began under different ones", [5, 4]],
  ["began with and without one", [5, NO_LEASE]],
] as const) {
  test(`a batch of look-ups that ${what} names none, and nothing of it is kept`, async () => {
    const { finder, client } = makeClient();
    const found = leases.map((lease) => client.lookup("Tux", lease));
    const call = await finder.next();
    assert.equal(call.body.lease, null);
    call.answer({ leadership: "1.a", index: 0, results: leases.map(() => result(true)) });
    for (const lookup of found) assert.equal((await lookup)!.keep, false);
  });
}

for (const [what, leadership, store] of [
  ["the catalog says so", "1.a", false],
  ["it is of another leadership than the lease", "2.b", true],
] as const) {
  test(`an answer is not kept when ${what}`, async () => {
    const { finder, client } = makeClient();
    const lookup = client.lookup("Tux", 5);
    const list = client.list(PAGE, 5);
    for (const call of [await finder.next(), await finder.next()]) {
      const page = { products: [TUX], more: false, version: 3, store };
      const found = call.path === "/lists" ? page : result(store);
      call.answer({ leadership, index: 0, results: [found] });
    }
    assert.equal((await lookup)!.keep, false);
    assert.equal((await list).keep, false);
  });
}

test("a list goes as it was asked", async () => {
  const { finder, client } = makeClient();
  const query = { topic: null, q: "u", limit: 2, after: "Fox" };
  const list = client.list(query, 5);
  const call = await finder.next();
  assert.equal(call.path, "/lists");
  assert.deepEqual(call.body, { lists: [query], frontend: 2, lease: HELD });
  const page = { products: [TUX], more: true, version: 9 };
  call.answer({ leadership: "1.a", index: 0, results: [{ ...page, store: true }] });
  assert.deepEqual(await list, { ...page, keep: true });
});

test("a batch holds no more lists than an answer has room for", async () => {
  const { finder, client } = makeClient();
  const found = Array.from({ length: LISTS_MAX + 1 }, () => client.list(PAGE, 5));
  const page = { products: [TUX], more: false, version: 3, store: true };
  for (const count of [LISTS_MAX, 1]) {
    const call = await finder.next();
    assert.equal(call.body.lists!.length, count);
    call.answer({ leadership: "1.a", index: 0, results: new Array(count).fill(page) });
  }
  assert.equal((await Promise.all(found)).length, LISTS_MAX + 1);
});

test("a list does not wait for searches, and what nobody waits for is not done", async () => {
  const { finder, clock, client } = makeClient();
  const search = { ...PAGE, q: "none" };
  const found: Promise<FoundList>[] = [];
  for (let at = 0; at <= LISTS_MAX * LIST_BATCHES_MAX; at++) found.push(client.list(search, 5));
  const calls = [await finder.next(), await finder.next()];
  const list = client.list(PAGE, 5);
  const page = { products: [TUX], more: false, version: 3, store: true };
  const call = await finder.next();
  assert.deepEqual(call.body.lists, [PAGE]);
  call.answer({ leadership: "1.a", index: 0, results: [page] });
  await list;
  const late = found.map((asked) => assert.rejects(asked, { reason: "unavailable" }));
  await clock.pass(LOOKUP_DEADLINE_MS);
  await Promise.all(late);
  for (const { answer, body } of calls) {
    answer({ leadership: "1.a", index: 0, results: body.lists!.map(() => page) });
  }
  await turn();
  assert.equal(finder.calls.length, 3);
});

test("who would wait long for searches before his own is refused at once", async () => {
  const { finder, clock, client } = makeClient();
  const page = { products: [TUX], more: false, version: 3, store: true };
  const search = () => client.list({ ...PAGE, q: "none" }, 5);
  const [first] = [search(), search()];
  const call = await finder.next();
  assert.equal(call.body.lists!.length, SEARCHES_MAX);
  for (let nth = 0; nth < SEARCHES_MAX; nth++) void search().catch(() => {});
  const other = await finder.next();
  const queued = Array.from({ length: SEARCH_SHED_ITEMS }, search);
  queued.forEach((asked) => void asked.catch(() => {}));
  await clock.pass(SEARCH_QUEUE_MS + 1);
  call.answer({ leadership: "1.a", index: 0, results: [page, page] });
  await first;
  // One batch has left the queue, and as many come in its place.
  const next = await finder.next();
  for (let nth = 0; nth < SEARCHES_MAX; nth++) void search().catch(() => {});
  await assert.rejects(search(), { reason: "overloaded" });
  for (const { answer } of [other, next]) {
    answer({ leadership: "1.a", index: 0, results: [page, page] });
  }
  await queued[0];
});

test("one of a batch for which the catalog has no time is refused at once", async () => {
  const { finder, client } = makeClient();
  const found = client.list({ ...PAGE, q: "a" }, 5);
  const refused = assert.rejects(client.list({ ...PAGE, q: "b" }, 5), {
    reason: "overloaded",
    message: /Too many search/,
  });
  const page = { products: [TUX], more: false, version: 3, store: true };
  (await finder.next()).answer({ leadership: "1.a", index: 0, results: [page, null] });
  assert.equal((await found).keep, true);
  await refused;
  assert.deepEqual(finder.suspected, []);
});

test("no item is longer than the limits take it for", () => {
  const name = "\u{1f4d6}".repeat(NAME_LENGTH_MAX);
  assert.equal(parseName(name), name);
  const product = { name, price: 123_456_789.99, quantity: QUANTITY_MAX };
  const key = "k".repeat(KEY_LENGTH_MAX);
  const sale = { sale: 2 ** 53, key, name, type: "sell", quantity: QUANTITY_MAX };
  for (const item of [product, sale, { product, version: 2 ** 53, store: false }]) {
    assert(Buffer.byteLength(JSON.stringify(item)) < ITEM_BYTES_MAX);
  }
});

test("a failed look-up goes to the next leader, under the lease it began with", async () => {
  const { finder, client } = makeClient();
  const lookup = client.lookup("Tux", 5);
  (await finder.next()).fail(new AppError("unknown", "reset"));
  await turn();
  assert.deepEqual(finder.suspected, [1]);
  finder.lead(2, 2);
  const call = await finder.next();
  assert.deepEqual(call.body.lease, HELD);
  call.answer({ leadership: "2.b", index: 0, results: [result(true)] });
  assert.equal((await lookup)!.keep, false);
});

for (const [what, ask, answer] of [
  ["a look-up of another product", "lookup", { ...result(true), product: { ...TUX, name: "Fox" } }],
  ["a look-up without a price", "lookup", { ...result(true), product: { name: "Tux" } }],
  ["a list of what is none", "list", { products: [7], more: false, version: 3, store: true }],
] as const) {
  test(`${what} counts as no answer, and another leader is asked`, async () => {
    const { finder, client } = makeClient();
    const found = ask === "lookup" ? client.lookup("Tux", 5) : client.list(PAGE, 5);
    (await finder.next()).answer({ leadership: "1.a", index: 0, results: [answer] });
    await turn();
    assert.deepEqual(finder.suspected, [1]);
    finder.lead(2, 2);
    const page = { products: [TUX], more: false, version: 3, store: true };
    const right = ask === "lookup" ? result(true) : page;
    (await finder.next()).answer({ leadership: "2.b", index: 0, results: [right] });
    assert.equal((await found)!.version, 3);
  });
}

test("a look-up that nobody answers in time is unavailable", async () => {
  const { finder, clock, client } = makeClient();
  const lookup = client.lookup("Tux", 5);
  const call = await finder.next();
  clock.jump(10_000);
  call.fail(new AppError("unknown", "reset"));
  await assert.rejects(lookup, { name: "AppError", reason: "unavailable" });
});

test("a try that hangs is waited for until the deadline and no longer", async () => {
  const { finder, clock, client } = makeClient();
  const lookup = client.lookup("Tux", 5);
  await finder.next();
  let isRefused = false;
  lookup.catch(() => (isRefused = true));
  await clock.pass(LOOKUP_DEADLINE_MS - 1);
  assert.equal(isRefused, false);
  await clock.pass(1);
  await assert.rejects(lookup, { name: "AppError", reason: "unavailable" });
});

test("a lease request goes once; a leader without one to give is not suspected", async () => {
  const { finder, client } = makeClient();
  const request = { frontend: 2, holds: null };
  for (const [reason, suspected] of [["unavailable", []], ["not_leader", [1]]] as const) {
    const asking = client.lease(request);
    const call = await finder.next();
    assert.deepEqual(call.body, request);
    call.fail(new AppError(reason, "no"));
    await assert.rejects(asking, { reason });
    assert.deepEqual(finder.suspected, suspected);
  }
});

/** So many batches of each kind may be under way. */
const BATCHES_MAX = 4;

for (const [what, kind, ask] of [
  ["look-ups", "names", (client, asker) => client.lookup("Tux", 5, asker)],
  ["lists", "lists", (client, asker) => client.list(PAGE, 5, asker)],
  ["names by id", "ids", (client, asker) => client.name(7, 5, asker)],
] satisfies [string, string, (client: CatalogClient, asker?: Asker) => Promise<unknown>][]) {
  test(`${what} whose askers are gone leave their queue; what is sent goes on`, async () => {
    const { finder, client } = makeClient();
    const most = kind === "lists" ? LIST_BATCHES_MAX : BATCHES_MAX;
    const sent: Promise<unknown>[] = [];
    const [early, ...late] = askers(514);
    for (let batch = 0; batch < most; batch++) {
      sent.push(ask(client, early));
      await finder.next();
    }
    const found = late.map((asker) => ask(client, asker));
    const left = found.slice(1).map((asked) => assert.rejects(asked, { reason: "abandoned" }));
    hangUp([early!, ...late.slice(1)], client);
    await Promise.all(left);
    assert.equal(client.abandoned, 512);
    assert.equal(finder.calls.length, most);
    const page = { products: [TUX], more: false, version: 3, store: true };
    const results = kind === "lists" ? [page] : [null];
    const answer = kind === "ids" ? { results } : { leadership: "1.a", index: 0, results };
    finder.calls[0]!.answer(answer);
    const next = await finder.next();
    assert.equal((next.body as Record<string, unknown[]>)[kind]!.length, 1);
    next.answer(answer);
    await Promise.all([sent[0], found[0]]);
    assert.deepEqual(finder.suspected, []);
  });
}

test("who is gone between two tries is not asked for again", async () => {
  const { finder, clock, client } = makeClient();
  const [asker] = askers(1);
  const left = assert.rejects(client.lookup("Tux", 5, asker), { reason: "abandoned" });
  (await finder.next()).fail(new AppError("not_leader", "no"));
  hangUp([asker!], client);
  finder.lead(1, 2);
  await clock.pass(LOOKUP_DEADLINE_MS);
  await left;
  assert.equal(finder.calls.length, 1);
});
