/** Lists that are found over several turns, with products that come and go in between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCheckpoint } from "../../../catalog/state/state_checkpoint.ts";
import { ListScan } from "../../../catalog/state/list_scan.ts";
import { NO_TRAITS, type InitialProduct } from "../../../catalog/state/products.ts";
import type { Row } from "../../../catalog/state/rows.ts";
import { CatalogState } from "../../../catalog/state/catalog_state.ts";
import type { ListAnswer, ListQuery } from "../../../shared/messages/messages.ts";
import { turn } from "../../support/hand_clock.ts";
import { Random } from "../../simulation/random.ts";
import { buy, isSettled, Store } from "../store.ts";

const TOPICS = ["graphs", "Graphs", "trees"];
const NAMES = Array.from({ length: 40 }, (_, at) => `${"abAB"[at % 4]} ${at % 7} ${at}`);
const MANY = 30_000;

function query(fields: Partial<ListQuery>): ListQuery {
  return { topic: null, q: null, limit: 100, after: null, ...fields };
}

/** Some row that is possible now. */
function someRow(state: CatalogState, random: Random): Row {
  const name = random.pick(NAMES);
  const record = state.products.find(name);
  if (record?.life.isHere) {
    if (random.chance(0.5)) return { kind: "stock", name, quantity: 1 };
    return { kind: "remove", name, quantity: 0 - record.quantity };
  }
  const id = NAMES.indexOf(name) * 7 % 41 + 1;
  const traits = { id, topic: random.pick(TOPICS) };
  return { kind: "product", name, quantity: random.below(5), price: 1, traits };
}

/** Rows come, become visible, or are cut. */
function change(state: CatalogState, random: Random): void {
  for (let rows = random.below(4); rows > 0; rows--) {
    state.apply(state.lastIndex + 1, someRow(state, random));
  }
  const open = state.lastIndex - state.visibleIndex;
  if (random.chance(0.2)) state.cut(state.lastIndex - random.below(open + 1));
  else state.reveal(state.visibleIndex + random.below(open + 1));
  if (random.chance(0.02)) state.restore(readCheckpoint(state.snapshot()));
}

/** What is visible, looked through from end to end. */
function expected(state: CatalogState, { q, topic, limit, after, by }: ListQuery) {
  const all = NAMES.flatMap((name) => state.products.find(name) ?? []).filter((record) => {
    const { isHere, traits } = record.visibleLife;
    if (!isHere || (by === "id" && traits.id === undefined)) return false;
    if (q !== null && !record.name.toLowerCase().includes(q.toLowerCase())) return false;
    if (topic !== null && traits.topic!.toLowerCase() !== topic.toLowerCase()) return false;
    if (after === null) return true;
    return by === "id" ? traits.id! > Number(after) : record.name > after;
  });
  const byId = (one: typeof all[0], other: typeof all[0]) =>
    one.life.traits.id! - other.life.traits.id!;
  all.sort(by === "id" ? byId : (one, other) => one.name < other.name ? -1 : 1);
  return { page: all.slice(0, limit).map(({ name }) => name), more: all.length > limit };
}

test("whatever comes and goes between its turns, a list is what one of this instant is", () => {
  let turns = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed);
    const state = new CatalogState([]);
    for (let at = 0; at < 30; at++) change(state, random);
    const by = random.chance(0.5) ? "id" as const : undefined;
    const asked = query({
      q: random.pick([null, "A", "5", "none", "b 3"]),
      topic: random.pick([null, null, "graphs", "TREES"]),
      limit: 1 + random.below(6),
      after: random.pick([null, by === "id" ? "9" : "a", by === "id" ? "30" : "B 9"]),
      ...(by && { by }),
    });
    const scan = new ListScan(state, asked);
    for (let done = 0; done < 20; change(state, random)) {
      if (!scan.isComplete) {
        scan.step(1 + random.below(3));
        turns += 1;
        continue;
      }
      const { page, more } = scan.result;
      const found = { page: page.map(({ name }) => name), more };
      assert.deepEqual(found, expected(state, asked), `seed ${seed}: ${JSON.stringify(asked)}`);
      done += 1;
    }
    scan.close();
  }
  assert(turns > 2_000, `${turns} turns`);
});

async function openMany(): Promise<Store> {
  const toys: InitialProduct[] = Array.from({ length: MANY }, (_, at) =>
    ({ name: `Toy ${String(at).padStart(6, "0")}`, price: 1, quantity: 9 }));
  const [first, last] = [toys[0]!, toys.at(-1)!];
  toys[0] = { ...first, name: "A rare one" };
  toys[MANY - 1] = { ...last, name: "Z rare one" };
  return Store.open({ toys });
}

function rare(store: Store): Promise<ListAnswer> {
  const lists = [query({ q: "rare" })];
  return store.ask("POST /lists", { lists, frontend: 1, lease: null });
}

test("what is sold during a search is shown, and nobody keeps what is changing", async () => {
  const store = await openMany();
  const asked = rare(store);
  await turn();
  void store.sell(1, [buy("a", "A rare one", 2)]);
  await turn();
  store.log.commit();
  void store.sell(2, [buy("b", "Z rare one", 2)]);
  await store.clock.pass(1);
  const { index, results: [list] } = await asked;
  assert.deepEqual(list!.products.map(({ quantity }) => quantity), [7, 9]);
  assert.deepEqual([list!.version, list!.store], [index, false]);
});

test("who no longer leads when a list is found does not answer with it", async () => {
  const store = await openMany();
  const asked = rare(store);
  await turn();
  assert(!(await isSettled(asked)));
  store.log.stepDown();
  const refused = assert.rejects(asked, { reason: "not_leader" });
  await store.clock.pass(1);
  await refused;
});

test("without a lease it is vouched for by a majority once more when it is found", async () => {
  const store = await openMany();
  const asked = rare(store);
  await turn();
  store.log.isConfirming = false;
  await store.clock.pass(1);
  assert(!(await isSettled(asked)));
  // What is removed meanwhile is not shown, and what was found is no less whole.
  const row = { kind: "remove", name: "Z rare one", quantity: -9 } as const;
  store.state.apply(store.log.payloads.length + 1, row);
  store.state.reveal(store.state.lastIndex);
  store.log.confirmAll();
  const { results: [list] } = await asked;
  assert.deepEqual(list!.products.map(({ name }) => name), ["A rare one"]);
});

test("products without an id are in no list by id, and those of no topic in none by topic", () => {
  const state = new CatalogState([{ name: "Tux", price: 1, quantity: 1 }]);
  const scans = [query({ by: "id" }), query({ topic: "time" }), query({})].map((asked) => {
    const scan = new ListScan(state, asked);
    scan.step(9);
    return scan;
  });
  state.apply(1, { kind: "product", name: "Fox", price: 1, quantity: 1, traits: NO_TRAITS });
  state.reveal(1);
  assert.deepEqual(scans.map(({ result }) => result.page.length), [0, 0, 2]);
});
