/**
 * Which store a run is of, and what it sells. Names are the same in all of
 * them; a stock has a bound that is met soon, a book an id and a topic.
 */
import type { InitialProduct } from "../../../catalog/products.ts";
import { books } from "../../../shared/stores/books.ts";
import { stocks } from "../../../shared/stores/stocks.ts";
import type { Store } from "../../../shared/stores/store.ts";
import { toys } from "../../../shared/stores/toys.ts";
import type { Random } from "../random.ts";

export const STORE_NAMES = ["toys", "stocks", "books"] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/** Named one by one: shared/stores/stores.ts reads its folder, and a build is no such folder. */
export const STORES: Readonly<Record<StoreName, Store>> = { toys, stocks, books };

/** The first is in demand and runs out. */
const NAMES = ["Tux", "Fox", "Yak"];
const PRICE = 5;
/** Of what is not in demand. */
const ENOUGH = 40;
/** Two of them are the same: the case of a topic does not matter. */
const TOPICS = ["Land", "land", "sea"];
/** Topics as people ask for them. */
export const ASKED_TOPICS = [null, "land", "LAND", "sea"] as const;

/** Half of them sell toys: those run out and come back, where most that can go wrong does. */
export function drawStore(random: Random): StoreName {
  return random.pick(["toys", "toys", "stocks", "books"] as const);
}

export function drawProducts(random: Random, store: StoreName): InitialProduct[] {
  const stock = random.pick([3, 10, 100]);
  const bound = random.pick([30, 150, 1_000]);
  return NAMES.map((name, at) => {
    const product = { name, price: PRICE + at, quantity: at === 0 ? stock : ENOUGH };
    if (store === "stocks") return { ...product, traits: { max_volume: bound } };
    if (store === "books") return { ...product, traits: { id: at + 1, topic: TOPICS[at]! } };
    return product;
  });
}
