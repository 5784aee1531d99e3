/**
 * The books of every product: what the catalog's log brought in against what
 * the orders took out must leave what the catalog says is there. The two
 * sides come from two services' files.
 *
 *   initial + restocked + sold back + added - bought = quantity
 *   catalog   catalog     orders      catalog  orders  catalog
 */
import type { ProductState } from "./replay.ts";
import type { SalesOutcome } from "./sales.ts";

export interface ProductBooks {
  name: string;
  initial: number;
  restocked: number;
  soldBack: number;
  added: number;
  bought: number;
  quantity: number;
  /** What may be bought and sold back of it together; null: there is no bound. */
  maxVolume: number | null;
  /** What the bound does not count: traded before it was removed and came again. */
  tradedBefore: number;
}

/** @returns one for each product, by name */
export function booksOf(
  products: ReadonlyMap<string, ProductState>,
  sales: SalesOutcome,
): ProductBooks[] {
  const sum = (one: Map<string, number>, other: Map<string, number>, name: string) =>
    (one.get(name) ?? 0) + (other.get(name) ?? 0);
  return [...products].map(([name, product]) => ({
    name,
    initial: product.initial,
    restocked: product.restocked,
    soldBack: sum(sales.soldBack, sales.openSoldBack, name),
    added: product.added,
    bought: sum(sales.bought, sales.openBought, name),
    quantity: product.quantity,
    maxVolume: product.maxVolume,
    tradedBefore: product.tradedBefore,
  })).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What is wrong with a product's books, null when they balance and no bound is exceeded. */
export function imbalanceOf(books: ProductBooks): string | null {
  const { name, initial, restocked, soldBack, added, bought, quantity } = books;
  const left = initial + restocked + soldBack + added - bought;
  if (left === quantity) {
    const { maxVolume, tradedBefore } = books;
    const traded = soldBack + bought - tradedBefore;
    if (maxVolume === null || traded <= maxVolume) return null;
    return `${name}: ${traded} were traded, of at most ${maxVolume}`;
  }
  const terms = `${initial} + ${restocked} + ${soldBack} + ${added} - ${bought}`;
  return `${name}: ${terms} = ${left}, and the catalog has ${quantity}`;
}
