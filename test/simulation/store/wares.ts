/**
 * Which store a run is of, what it sells and what the admin may add to that.
 * Names are the same in all of them; a stock has a bound that is met soon, a
 * book an id and a topic.
 */
import type { InitialProduct } from "../../../catalog/state/products.ts";
import { books } from "../../../shared/stores/books.ts";
import { stocks } from "../../../shared/stores/stocks.ts";
import type { Store } from "../../../shared/stores/store.ts";
import { toys } from "../../../shared/stores/toys.ts";
import type { Initial } from "../../checker/history.ts";
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
/** Of a product that is made: there are lists of each. */
export const MADE_TOPICS = ["land", "sea"];
/** In no store at first. */
const NEW_NAMES = ["Owl", "Elk"];
const NEW_TOPICS = ["sea", "LAND"];
/** Topics as people ask for them. */
export const ASKED_TOPICS = [null, "land", "LAND", "sea"] as const;

/** Parts of names as people search for them: in none, in some, in all. */
export const PARTS = [null, null, null, "k", "o", "x", "zz"] as const;

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

/** What is not there at first and may come, with the topic that it has here or another. */
export type Newcomer = Pick<InitialProduct, "name" | "traits">;

/** Stocks stay as they are: whose volume began anew would need more than the orders to judge. */
export function newcomersOf(store: StoreName): Newcomer[] {
  if (store === "stocks") return [];
  return NEW_NAMES.map((name, at) => {
    if (store === "toys") return { name };
    return { name, traits: { id: NAMES.length + at + 1, topic: NEW_TOPICS[at]! } };
  });
}

/** As the judge wants to know it, by name. */
export function initialsOf(
  products: readonly InitialProduct[],
  newcomers: readonly Newcomer[],
): Map<string, Initial> {
  const notYet = newcomers.map((newcomer) => ({ ...newcomer, quantity: 0, price: NaN }));
  return new Map([...products, ...notYet].map(({ name, quantity, price, traits }, at) => {
    const { id = null, topic = null, max_volume: maxVolume = null } = traits ?? {};
    const isHere = at < products.length;
    return [name, { isHere, quantity, price, maxVolume, id, topic }];
  }));
}
