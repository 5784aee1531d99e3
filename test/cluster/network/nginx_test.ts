/** A store behind a real nginx, as the project configures it, while its front-ends come and go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bought, frontend, startStore, type TestStore } from "../support/harness.ts";
import { checkAllKept } from "../support/kept_orders.ts";
import { messageOf, NO_NGINX, startNginx } from "../support/nginx.ts";
import { Buyers, type Question, Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const ORDER: Question = { method: "POST", body: { name: "Tux", quantity: 1 } };

/** Which front-ends answered look-ups; nginx takes them in turns. */
async function seenAt(shopper: Shopper): Promise<Set<string>> {
  const looks = Array.from({ length: 20 }, () => shopper.ask("/products/Whale"));
  const answers = await Promise.all(looks);
  return new Set(answers.map(({ headers }) => String(headers["cache-status"]).split(";")[0]!));
}

const BOTH = new Set(["frontend-1", "frontend-2"]);
const TOYS = ["Tux", "Fox", "Uno", "Elephant"];

/** What is sold out is restocked with more than a test can buy. */
async function stockUp(store: TestStore): Promise<Bought[]> {
  const sold = await Promise.all(TOYS.map((name) => store.buy(name, 100)));
  await until("full stocks", async () => {
    const products = await Promise.all(TOYS.map((name) => store.product(name)));
    return products.every(({ quantity }) => quantity > 1_000);
  });
  return sold;
}

test("behind nginx a front-end is killed, stopped and comes back, and no client sees it",
  async (t) => {
    if (NO_NGINX) return t.skip(NO_NGINX);
    const environment = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
    const store = await startStore(t, { frontends: 2, environment });
    const sold = await stockUp(store);
    const frontends = store.running.urls.map((address) => new URL(address).host);
    // Its clients are in a hurry, and have one address.
    const url = await startNginx(t, frontends, [["rate=200r/s", "rate=100000r/s"]]);
    const shopper = new Shopper(url);
    t.after(() => shopper.close());
    await until("both front-ends", async () => (await seenAt(shopper)).size === 2);
    const buyers = new Buyers(shopper, { count: 4, names: TOYS.slice(1) });
    const keyless = new Keyless(shopper, TOYS[0]!);
    const more = async (what: string) => {
      const [bought, without] = [buyers.bought.length, keyless.numbers.length];
      await until(`orders ${what}`, () =>
        buyers.bought.length > bought + 50 && keyless.numbers.length > without + 10, 10_000);
    };
    await more("at both");
    await store.kill(frontend(1));
    await more("at the other");
    await store.restart(frontend(1));
    await until("the first again", async () => (await seenAt(shopper)).size === 2, 15_000);
    await store.stop(frontend(2));
    await more("at the first");
    await store.restart(frontend(2));
    assert.deepEqual(await until("both again", async () => {
      const seen = await seenAt(shopper);
      return seen.size === 2 && seen;
    }, 15_000), BOTH);
    await Promise.all([buyers.stop(), keyless.stop()]);

    for (const { key, status, refused, broken } of buyers.answers) {
      assert.deepEqual([status, refused, broken], [200, 0, 0], key);
    }
    await checkAllKept(store, buyers);
    await checkEveryOrderOnce(store, [...sold, ...buyers.bought, ...keyless.numbers]);
    await checkShape(shopper);
  });

/** A buyer who sends no key, and is never refused. */
class Keyless {
  readonly numbers: number[] = [];
  readonly #loop: Promise<void>;
  #stopped = false;

  constructor(shopper: Shopper, name: string) {
    this.#loop = this.#buy(shopper, name);
    // It is looked at when the buyer is stopped.
    this.#loop.catch(() => {});
  }

  async #buy(shopper: Shopper, name: string): Promise<void> {
    while (!this.#stopped) {
      const { status, body } = await shopper.order({ name, quantity: 1 });
      assert.equal(status, 200, JSON.stringify(body));
      this.numbers.push((body as { data: { order_number: number } }).data.order_number);
    }
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.#loop;
  }
}

/** There are as many orders as purchases: nothing that was asked again was made twice. */
async function checkEveryOrderOnce(store: TestStore, purchases: readonly unknown[]) {
  const orders = store.rows(await store.leader()).filter(({ number }) => number !== "");
  assert.equal(orders.length, purchases.length);
}

/** The store's own refusals come through nginx as they are. */
async function checkShape(shopper: Shopper): Promise<void> {
  const wrong = await shopper.ask("/products/Tux", { method: "PUT", body: {} });
  assert.equal(wrong.status, 405);
  assert.match(String(wrong.headers["allow"]), /GET/);
  assert.match(messageOf(wrong), /./);
  assert.equal((await shopper.ask("/nowhere")).status, 404);
  const key = { "idempotency-key": "one", "content-type": "text/plain" };
  assert.equal((await shopper.ask("/orders", { ...ORDER, headers: key })).status, 415);
  const { headers } = await shopper.ask("/orders", ORDER);
  assert.match(String(headers["idempotency-key"]), /^nginx-/);
}
