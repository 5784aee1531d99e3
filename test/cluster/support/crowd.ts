/**
 * Buyers with keys who ask until they have their order, what they were told, and whether the
 * store keeps to it: for tests in which members die, sleep and come back.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { frontend, type TestStore } from "./harness.ts";
import { checkAllKept } from "./kept_orders.ts";
import { type Answer, type Purchased, Shopper } from "./shopper.ts";
import { until } from "../../support/until.ts";

/** What a crowd buys, and how many of each a store begins with. */
const TOYS = ["Tux", "Fox", "Uno"];
const EACH = 100;
const BUY_MAX_MS = 20_000;

interface Bought extends Pick<Purchased, "key" | "name"> {
  number: number;
  /** Answers before it that were a 503, and requests that got none. */
  refused: number;
  broken: number;
}

function numberIn({ body }: Answer): number {
  return (body as { data: { order_number: number } }).data.order_number;
}

/** Buyers with keys, and what they were told. */
export class Crowd {
  readonly bought: Bought[] = [];
  readonly #store: TestStore;
  /** One for each front-end. */
  readonly #shoppers: readonly Shopper[];
  #keys = 0;

  constructor(t: TestContext, store: TestStore) {
    this.#store = store;
    this.#shoppers = store.running.urls.map((url) => new Shopper(url));
    t.after(() => this.#shoppers.forEach((shopper) => shopper.close()));
  }

  /** One toy each, and one twin: the same purchase under the same key has the same order. */
  async buy(): Promise<Bought[]> {
    const keys = TOYS.map(() => this.#newKey());
    const buyers = [...TOYS.keys(), 0];
    const bought = await Promise.all(buyers.map((at) => this.#buy(1, TOYS[at]!, keys[at]!)));
    assert.equal(bought.at(-1)!.number, bought[0]!.number, "one key, one order");
    return bought;
  }

  /**
   * A buyer at a front-end that dies of it: asks at the first one, with the same key, then at
   * the dead one until it is back, and hears the same from both.
   */
  async buyAt(front: number, whenDead: () => Promise<void>): Promise<void> {
    const key = this.#newKey();
    const buying = this.#buy(front, TOYS[0]!, key);
    await whenDead();
    const here = await this.#buy(1, TOYS[0]!, key);
    await this.#store.restart(frontend(front));
    const there = await buying;
    assert(there.broken > 0, "the front-end that died did not answer");
    assert.equal(there.number, here.number, "one key, one order");
  }

  /** Asks at this front-end and never again, whatever becomes of it. @returns the key */
  askOnce(front: number): string {
    const key = this.#newKey();
    this.#shoppers[front - 1]!.order({ name: TOYS[0]!, quantity: 1 }, key).catch(() => {});
    return key;
  }

  /** The order is made though nobody asks for it again; who then does hears of it. */
  async checkMade(key: string): Promise<void> {
    await until(`the order of ${key}`, async () => {
      const rows = this.#store.rows(await this.#store.leader());
      return rows.some((row) => row.key === key);
    }, BUY_MAX_MS);
    await this.#buy(1, TOYS[0]!, key);
  }

  /** Asks with the same key until there is an order. */
  async #buy(front: number, name: string, key: string): Promise<Bought> {
    const noticed = { refused: 0, broken: 0 };
    const number = await until(`the order of ${key}`, async () => {
      const answer = await this.#shoppers[front - 1]!.order({ name, quantity: 1 }, key)
        .catch(() => null);
      if (answer?.status === 200) return numberIn(answer);
      if (answer !== null) assert.equal(answer.status, 503, `${key}: nothing is sold out`);
      noticed[answer === null ? "broken" : "refused"] += 1;
      return null;
    }, BUY_MAX_MS);
    const bought = { key, name, number, ...noticed };
    this.bought.push(bought);
    return bought;
  }

  #newKey(): string {
    return `crowd-${++this.#keys}`;
  }

  /** Every front-end shows what is left now, whatever it held in its cache. */
  async checkShown(): Promise<void> {
    for (const toy of TOYS) {
      const keys = this.bought.filter(({ name }) => name === toy).map(({ key }) => key);
      const left = EACH - new Set(keys).size;
      for (const shopper of this.#shoppers) {
        const { status, body } = await shopper.ask(`/products/${toy}`);
        assert.equal(status, 200);
        assert.equal((body as { data: { quantity: number } }).data.quantity, left, toy);
      }
    }
  }

  /** Nothing is lost or doubled, all members are equal, and who asks again hears the same. */
  async checkKept(): Promise<void> {
    const store = this.#store;
    await checkAllKept(store, this);
    const catalogs = store.running.members.filter(({ kind }) => kind === "catalog");
    await until("equal catalogs", () => {
      const [first, ...others] = catalogs.map((member) => store.logText(member));
      return others.every((text) => text === first);
    });
    await this.checkShown();
    const { name, key, number } = this.bought.at(-1)!;
    const again = await this.#shoppers[0]!.order({ name, quantity: 1 }, key);
    assert.deepEqual([again.status, numberIn(again)], [200, number], "asked again");
  }
}
