/** Searches beside sales: how long one holds the thread that sells, and what it finds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ListScan } from "../../../catalog/state/list_scan.ts";
import { initialRecord, Products, type InitialProduct } from "../../../catalog/state/products.ts";
import { LIST_ROWS, Searches } from "../../../catalog/calls/searches.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import {
  LIST_AT_ONCE_ROWS, LISTS_MAX, SEARCH_AHEAD_ROWS_MAX, SEARCH_TURN_ROWS,
} from "../../../shared/limits.ts";
import type { ListAnswer, ListQuery, SalesAnswer } from "../../../shared/messages/messages.ts";
import { HandClock, turn } from "../../support/hand_clock.ts";
import { buy, isSettled, Store } from "../store.ts";

const PRODUCTS = 200_000;

function toys(count: number): InitialProduct[] {
  return Array.from({ length: count }, (_, at) =>
    ({ name: `Toy ${String(at).padStart(6, "0")}`, price: 1, quantity: 9 }));
}

function query(fields: Partial<ListQuery>): ListQuery {
  return { topic: null, q: null, limit: 100, after: null, ...fields };
}

function search(store: Store, ...lists: ListQuery[]): Promise<ListAnswer> {
  return store.ask("POST /lists", { lists, frontend: 1, lease: null });
}

/** Counts the rows that are looked at, and the most of one stretch without anything else. */
class Watch {
  longest = 0;
  #rows = 0;

  constructor(store: Store) {
    const looked = (): void => void this.#rows++;
    for (const record of store.state.products.ordered()) {
      let life = record.visibleLife;
      const get = () => (looked(), life);
      const set = (next: typeof life) => void (life = next);
      Object.defineProperty(record, "visibleLife", { get, set });
    }
    const { clock } = store;
    const after = clock.after.bind(clock);
    clock.after = (delayMs, call) => after(delayMs, () => {
      this.end();
      call();
      this.end();
    });
  }

  /** Of a stretch. */
  end(): void {
    this.longest = Math.max(this.longest, this.#rows);
    this.#rows = 0;
  }
}

test("twenty searches that find nothing hold up no sale for longer than a slice", async () => {
  const store = await Store.open({ toys: toys(PRODUCTS) });
  const watch = new Watch(store);
  const searches: Promise<ListAnswer>[] = [];
  for (let at = 0; at < 20; at++) {
    searches.push(search(store, query({ q: `no such text ${at}` })));
    await turn();
    watch.end();
  }
  let sold: Promise<SalesAnswer> | null = null;
  let isFirst = true;
  const after = store.clock.after.bind(store.clock);
  store.clock.after = (delayMs, call) => {
    // As soon as a first slice is over, and long before the search is.
    if (isFirst) sold = store.sell(1, [buy("a", "Toy 000007")]);
    isFirst = false;
    return after(delayMs, call);
  };
  const rowsBefore = store.log.payloads.length;
  await store.clock.until(() => store.log.payloads.length > rowsBefore);
  store.log.commit();
  await sold!;
  assert(!(await isSettled(searches[0]!)), "it is sold before the search is over");
  await store.clock.pass(1);
  watch.end();
  for (const { results } of await Promise.all(searches)) {
    if (results[0] !== null) assert.deepEqual(results[0]!.products, []);
  }
  assert(watch.longest <= SEARCH_TURN_ROWS, `${watch.longest} rows in one stretch`);
});

test("what a turn may look through takes some milliseconds at most", () => {
  const products = new Products(toys(PRODUCTS).map(initialRecord));
  for (const q of ["no such text", "0 0", "z", "toy 00toy 00toy 00toy 00"]) {
    const scan = new ListScan({ products }, query({ q }));
    const slices: number[] = [];
    while (!scan.isComplete) {
      const since = monotonicMs();
      scan.step(SEARCH_TURN_ROWS);
      slices.push(monotonicMs() - since);
    }
    slices.sort((one, other) => one - other);
    assert(slices[slices.length >> 1]! < 5, `${q}: ${slices.at(-1)} ms`);
  }
});

test("a list of what is there, or of a few products, waits for no turn", async () => {
  const big = await Store.open({ toys: toys(PRODUCTS) });
  const lists = Array.from({ length: LISTS_MAX }, () => query({}));
  assert(await isSettled(search(big, ...lists)));
  assert(await isSettled(search(big, query({ q: "toy" }))));
  const small = await Store.open({ toys: toys(LIST_AT_ONCE_ROWS) });
  assert(await isSettled(search(small, query({ q: "no such text" }))));
});

test("a list by topic looks at that topic's products, whatever the case", () => {
  const products = new Products(toys(5_000).map((toy, at) => {
    const topic = at % 1_000 === 7 ? "Rare" : "common";
    return initialRecord({ ...toy, traits: { id: at + 1, topic } });
  }));
  for (const by of [undefined, "id"] as const) {
    const scan = new ListScan({ products }, query({ topic: "rARE", ...(by && { by }) }));
    assert.equal(scan.step(Infinity), 5);
    const ids = scan.result.page.map(({ life }) => life.traits.id);
    assert.deepEqual(ids, [8, 1008, 2008, 3008, 4008]);
  }
  const none = new ListScan({ products }, query({ topic: "none" }));
  none.step(1);
  assert(none.isComplete);
});

test("who would wait for too many others is refused at once, those before are served", async () => {
  const clock = new HandClock();
  const searches = new Searches(clock, LIST_ROWS);
  const scanOf = () => {
    let left = PRODUCTS;
    const step = (rows: number): number => {
      left -= rows;
      return rows;
    };
    return { rowsMax: PRODUCTS, step, get isComplete() { return left <= 0; } };
  };
  const fit = Math.floor(SEARCH_AHEAD_ROWS_MAX / PRODUCTS) + 1;
  const asked = Array.from({ length: fit + 3 }, () => searches.complete(scanOf()));
  assert.equal(asked.filter((search) => search === null).length, 3);
  assert(asked.slice(fit).every((search) => search === null));
  await clock.pass(1);
  await Promise.all(asked);
  assert.notEqual(searches.complete(scanOf()), null);
});

test("of a batch those are answered that have room", async () => {
  const store = await Store.open({ toys: toys(300_000) });
  const lists = Array.from({ length: LISTS_MAX - 1 }, (_, at) => query({ q: `none ${at}` }));
  const asked = search(store, query({}), ...lists);
  await turn();
  await store.clock.pass(1);
  const { results } = await asked;
  const lengths = results.map((result) => result?.products.length ?? null);
  assert.deepEqual(lengths, [100, 0, 0, 0, 0, 0, 0, null]);
});
