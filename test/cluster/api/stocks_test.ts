/** The stock bazaar, by its contract: shares are bought and sold, up to so many of each. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { audit } from "../../../client/check/main.ts";
import { client } from "../../client/run_client.ts";
import { startStore, type TestStore } from "../support/harness.ts";
import { Shopper } from "../support/shopper.ts";

const DATA = new URL("../../../catalog/data/stocks.csv", import.meta.url);

/** The traders' max_volume. */
const BOUND = 400;

interface Shown {
  volume: number;
}

async function trade(store: TestStore, order: object) {
  const { status, body } = await store.shopper.order(order as never);
  return { status, body };
}

async function show(store: TestStore, path: string): Promise<unknown> {
  const { status, body } = await store.shopper.ask(path);
  assert.equal(status, 200, path);
  return (body as { data: unknown }).data;
}

test("stocks are shown, bought and sold in the words of the bazaar", async (t) => {
  const store = await startStore(t, { store: "stocks" });
  const before = { name: "GameStart", price: 15.99, quantity: 100, volume: 0, max_volume: 100_000 };
  for (const path of ["/stocks/GameStart", "/products/GameStart"]) {
    assert.equal(JSON.stringify(await show(store, path)), JSON.stringify(before));
  }
  const listed = (await show(store, "/products")) as object[];
  assert.equal(listed.length, 12);
  assert.deepEqual(listed.find((stock) => (stock as typeof before).name === "GameStart"), before);
  assert.deepEqual(await trade(store, { name: "GameStart", quantity: 3 }), {
    status: 200, body: { data: { transaction_number: 1 } },
  });
  assert.deepEqual(await trade(store, { name: "GameStart", quantity: 5, type: "sell" }), {
    status: 200, body: { data: { transaction_number: 2 } },
  });
  assert.deepEqual(await show(store, "/stocks/GameStart"), {
    ...before, quantity: 102, volume: 8,
  });
  assert.equal(
    JSON.stringify(await show(store, "/orders/2")),
    '{"number":2,"name":"GameStart","type":"sell","quantity":5}',
  );
  assert.deepEqual(await show(store, "/get_order_leader"), { order_leader: 3 });
  const { paths } = (await store.shopper.ask("/openapi.json")).body as { paths: object };
  assert("/stocks/{name}" in paths && "/get_order_leader" in paths);
  for (const [order, status] of [
    [{ name: "GameStart", quantity: 103 }, 409],
    [{ name: "GameStart", quantity: 1, type: "lend" }, 400],
    [{ name: "Nothing", quantity: 1, type: "sell" }, 404],
  ] as const) {
    assert.equal((await trade(store, order)).status, status, JSON.stringify(order));
  }
  assert.equal((await store.shopper.ask("/stocks/Nothing")).status, 404);
  await store.checkBooksBalance();
});

test("100 traders on both sides at once: books balance, no volume above its bound", async (t) => {
  const store = await startStore(t, {
    store: "stocks",
    frontends: 2,
    prepare(dataDir) {
      const own = join(dataDir, "catalog-1");
      mkdirSync(own, { recursive: true });
      const text = readFileSync(DATA, "utf8").replaceAll("100000", String(BOUND));
      writeFileSync(join(own, "initial.csv"), text);
      return () => {};
    },
  });
  const fronts = store.running.urls.map((url) => new Shopper(url));
  t.after(() => fronts.forEach((front) => front.close()));
  const names = ["GameStart", "FishCo"];
  const volumes: number[] = [];
  // Each trades until there is nothing left to trade, so that the bound is met under way.
  const traders = await Promise.all(Array.from({ length: 100 }, async (_, at) => {
    const front = fronts[at % 4 < 2 ? 0 : 1]!;
    const trader = { name: names[at % 2]!, type: at % 8 < 4 ? "buy" : "sell" };
    for (let pieces = 0; ; ) {
      const { status, body } = await front.order({ ...trader, quantity: 2 } as never);
      const shown = (await front.ask(`/stocks/${trader.name}`)).body as { data: Shown };
      volumes.push(shown.data.volume);
      if (status === 200) pieces += 2;
      else assert.equal(status, 409);
      if (/maximum volume/.test(JSON.stringify(body))) return { ...trader, pieces };
    }
  }));
  assert(volumes.every((volume) => volume <= BOUND), "at no moment was there more");
  for (const name of names) {
    const traded = (type: string) => traders.reduce((sum, one) =>
      sum + (one.name === name && one.type === type ? one.pieces : 0), 0);
    assert.deepEqual(await show(store, `/stocks/${name}`), {
      name,
      price: name === "FishCo" ? 11.25 : 15.99,
      quantity: 100 + traded("sell") - traded("buy"),
      volume: BOUND,
      max_volume: BOUND,
    });
    assert.equal(traded("buy") + traded("sell"), BOUND);
  }
  await store.checkLogsEqual();
  await store.checkBooksBalance();
  const { verdict } = await audit({ dataDir: store.running.dataDir, isNamed: true, url: null });
  assert.deepEqual(verdict.results.filter(({ ok }) => !ok), []);
});

test("the client trades there as it does anywhere", async (t) => {
  const store = await startStore(t, { store: "stocks" });
  const { code, json } = await client("0.5", "--url", store.running.url, "--json");
  assert.equal(code, 0);
  assert(json.types.order!.count > 0);
});
