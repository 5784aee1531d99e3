/** What befalls a catalog between two turns of a list, and what becomes of the list. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProductRecord } from "../../catalog/state/products.ts";
import type {
  FollowerRead, HeldLease, ListAnswer, ListQuery,
} from "../../shared/messages/messages.ts";
import { turn } from "../support/hand_clock.ts";
import { buy, isSettled, Store, type StoreOptions } from "./store.ts";

/** Of three toys: the first at once, the others in a turn each. */
const ROW_BY_ROW = { listRows: { atOnce: 1, aTurn: 1, aheadMax: 100 } } satisfies StoreOptions;

function query(fields: Partial<ListQuery> = {}): ListQuery {
  return { topic: null, q: null, limit: 100, after: null, ...fields };
}

interface Asking {
  lease?: HeldLease | null;
  reads?: FollowerRead;
  lists?: ListQuery[];
}

function list(store: Store, { lease = null, reads, lists = [query()] }: Asking = {}) {
  const holds = lease && { leadership: lease.leadership, number: lease.number };
  const body = { lists, frontend: 1, lease: holds, ...(reads && { reads }) };
  return store.ask<ListAnswer>("POST /lists", body);
}

function shownIn({ results: [found] }: ListAnswer): [string, number][] {
  return found!.products.map(({ name, quantity }) => [name, quantity]);
}

/** A row enters the log of one that does not lead. */
function follow(store: Store, name: string, quantity: number): number {
  const index = store.state.lastIndex + 1;
  store.state.apply(index, { kind: "stock", name, quantity });
  return index;
}

test("what is sold and shown between its turns is in a list, and may be kept with it", async () => {
  const store = await Store.open(ROW_BY_ROW);
  const lease = await store.lease(1, null);
  const asked = list(store, { lease });
  await turn();
  void store.sell(1, [buy("a", "Lego")]);
  await turn();
  store.log.commit();
  store.invalidation().confirm();
  await turn();
  await store.clock.pass(1);
  const answer = await asked;
  assert.deepEqual(shownIn(answer), [["Lego", 4], ["Tux", 100], ["Whale", 1]]);
  const { version, store: mayBeKept } = answer.results[0]!;
  assert.deepEqual([version, mayBeKept, answer.leadership], [3, true, lease.leadership]);
});

test("what is sold between its turns and not shown yet is not in it: nobody keeps it", async () => {
  const store = await Store.open(ROW_BY_ROW);
  const lease = await store.lease(1, null);
  const asked = list(store, { lease });
  await turn();
  void store.sell(1, [buy("a", "Lego")]);
  await turn();
  store.log.commit();
  await store.clock.pass(1);
  const answer = await asked;
  assert.deepEqual(shownIn(answer), [["Lego", 5], ["Tux", 100], ["Whale", 1]]);
  assert.deepEqual([answer.results[0]!.version, answer.results[0]!.store], [0, false]);
});

test("who lost the lead in between and has it again waits until no cache is older", async () => {
  const store = await Store.open({ ...ROW_BY_ROW, frontends: [1, 2] });
  const first = await store.lease(1, null);
  await store.lease(2, null);
  const asked = list(store, { lease: first });
  await turn();
  void store.sell(1, [buy("a", "Lego")]).catch(() => {});
  await turn();
  // Front-end 2 has not heard of the sale when the leadership ends that would have waited for it.
  store.log.commit();
  store.log.stepDown();
  store.log.lead(2, { bornNow: false });
  await store.clock.pass(1);
  assert(!(await isSettled(asked)), "front-end 2 may still show what was before");
  for (const frontend of [1, 2]) await store.lease(frontend, await store.lease(frontend, null));
  const answer = await asked;
  assert.deepEqual(shownIn(answer)[0], ["Lego", 4]);
  assert.equal(answer.leadership, "2.start", "nobody keeps it under the lease of before");
});

test("a follower that led for a moment in between does not answer with what it saw", async () => {
  const store = new Store(ROW_BY_ROW);
  const told = follow(store, "Tux", 1);
  store.log.payloads.push("told");
  store.log.commit(told);
  const asked = list(store, { reads: { least: told, visible: told } });
  const refused = assert.rejects(asked, { reason: "not_leader" });
  await turn();
  assert(!(await isSettled(asked)));
  store.log.lead(2, { bornNow: false });
  store.log.stepDown();
  await store.clock.pass(1);
  await refused;
});

test("a checkpoint that is taken over in between: the list is of its row", async () => {
  const [store, other] = [new Store(ROW_BY_ROW), new Store()];
  const asked = list(store, { reads: { least: 0, visible: 0 } });
  await turn();
  for (let row = 1; row <= 3; row++) follow(other, "Lego", 1);
  const made = { kind: "product", name: "Fox", quantity: 2, price: 1, traits: {} } as const;
  other.state.apply(4, made);
  store.catalog.restore(other.catalog.snapshot(), 4);
  store.log.commit(4);
  // Some other question has told it that so much is visible.
  await list(store, { reads: { least: 4, visible: 4 }, lists: [] });
  await store.clock.pass(1);
  const answer = await asked;
  assert.deepEqual(shownIn(answer), [["Fox", 2], ["Lego", 8], ["Tux", 100], ["Whale", 1]]);
  assert.equal(answer.results[0]!.version, 4);
});

test("a list that loses what it found again and again is given up after a while", async () => {
  const store = await Store.open(ROW_BY_ROW);
  store.log.isConfirming = false;
  const asked = list(store, { lists: [query({ limit: 1 })] });
  let times = 0;
  while (!(await isSettled(asked)) && times < 20) {
    store.log.confirmAll();
    await turn();
    await store.clock.pass(1);
    const gone = store.state.products.ordered().find(({ life }) => life.isHere)!;
    const row = { kind: "remove", name: gone.name, quantity: 0 - gone.quantity } as const;
    store.state.apply(store.state.lastIndex + 1, row);
    const traits = { kind: "product", price: 1, quantity: 1, traits: {} } as const;
    store.state.apply(store.state.lastIndex + 1, { ...traits, name: `Zebra ${times}` });
    store.state.reveal(store.state.lastIndex);
    times += 1;
  }
  assert.deepEqual((await asked).results, [null]);
  assert(times < 10, `${times} times`);
});

test("whether a list is answered or not, it is told of no change afterwards", async () => {
  const store = await Store.open(ROW_BY_ROW);
  let noted = 0;
  const { products } = store.state;
  const watch = products.watch.bind(products);
  products.watch = (scan) => {
    const note = scan.note.bind(scan);
    scan.note = (record: ProductRecord) => (noted++, note(record));
    watch(scan);
  };
  const found = list(store, { lists: [query(), query({ q: "none" })] });
  await turn();
  const change = () => {
    const row = { kind: "product", price: 1, quantity: 1, traits: {} } as const;
    const name = `Zebra ${store.state.lastIndex}`;
    store.state.apply(store.state.lastIndex + 1, { ...row, name });
    store.state.reveal(store.state.lastIndex);
  };
  change();
  assert.equal(noted, 2);
  await store.clock.pass(1);
  await found;
  const refused = assert.rejects(list(store), { reason: "not_leader" });
  await turn();
  store.log.stepDown();
  await store.clock.pass(1);
  await refused;
  change();
  assert.equal(noted, 2);
});
