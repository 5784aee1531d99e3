/** Trading that is bounded: bought and sold back together, within a batch and across a cut. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCheckpoint } from "../../catalog/state/state_checkpoint.ts";
import type { InitialProduct } from "../../catalog/state/products.ts";
import { CatalogState } from "../../catalog/state/catalog_state.ts";
import type { Purchase } from "../../shared/messages/messages.ts";
import { turn } from "../support/hand_clock.ts";
import { buy, Store } from "./store.ts";

const SHARES: InitialProduct[] = [
  { name: "FishCo", price: 1, quantity: 100, traits: { max_volume: 10 } },
  { name: "Free", price: 1, quantity: 100 },
];

function sell(key: string, name: string, quantity: number): Purchase {
  return { key, name, type: "sell", quantity };
}

async function trade(store: Store, batch: number, ...purchases: Purchase[]) {
  const selling = store.sell(batch, purchases);
  await turn();
  store.log.commit();
  return (await selling).results.map((result) =>
    result.code === "over_volume" ? `over, ${result.left} left` : result.code);
}

test("buys and sells count together, and a trade above the bound is refused", async () => {
  const store = await Store.open({ toys: SHARES });
  const codes = await trade(store, 1,
    buy("a", "FishCo", 6), sell("b", "FishCo", 5), sell("c", "FishCo", 4), buy("d", "FishCo", 1));
  assert.deepEqual(codes, ["sold", "over, 4 left", "sold", "over, 0 left"]);
  assert.deepEqual(await trade(store, 2, buy("e", "FishCo", 1)), ["over, 0 left"]);
  assert.deepEqual(await trade(store, 3, sell("f", "Free", 1_000)), ["sold"]);
  const { product } = await store.look("FishCo");
  assert.deepEqual(product, {
    name: "FishCo", price: 1, quantity: 98, max_volume: 10, volume: 10,
  });
  assert.equal("volume" in (await store.look("Free")).product, false);
});

test("what was refused for want of stock is not counted as traded", async () => {
  const store = await Store.open({ toys: [{ ...SHARES[0]!, quantity: 2 }] });
  const codes = await trade(store, 1, buy("a", "FishCo", 3), sell("b", "FishCo", 10));
  assert.deepEqual(codes, ["out_of_stock", "sold"]);
});

test("a volume is shown with its quantity, once that is visible", async () => {
  const store = await Store.open({ toys: SHARES });
  const selling = store.sell(1, [buy("a", "FishCo", 3)]);
  await turn();
  const { product, store: mayBeKept } = await store.look("FishCo");
  assert.deepEqual([product.quantity, product.volume, mayBeKept], [100, 0, false]);
  store.log.commit();
  await selling;
  assert.equal((await store.look("FishCo")).product.volume, 3);
});

test("what is cut was not traded, and a checkpoint keeps volume and bound", () => {
  const state = new CatalogState(SHARES);
  const row = { kind: "sale", name: "FishCo", type: "buy", settled: 0 } as const;
  state.apply(1, { ...row, quantity: 4, key: "a", sale: 1 });
  state.apply(2, { ...row, quantity: 5, key: "b", sale: 2 });
  state.cut(1);
  state.reveal(1);
  assert.equal(state.products.find("FishCo")!.visibleTraded, 4);
  const copy = new CatalogState(SHARES);
  copy.restore(readCheckpoint(state.snapshot()));
  const { visibleTraded, life: { traits }, bought } = copy.products.find("FishCo")!;
  assert.deepEqual({ visibleTraded, traits, bought }, {
    visibleTraded: 4, traits: { max_volume: 10 }, bought: 4,
  });
  assert.equal(copy.snapshot(), state.snapshot());
});
