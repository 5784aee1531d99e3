/**
 * What front-ends are told of products: the visible state, and whether they
 * may keep it. While a change is on its way the old value goes out once more,
 * for the asker alone: a copy kept now would outlive its invalidation, which
 * may have passed already.
 */
import type { ListQuery, ListResult, LookupResult, Product } from "../shared/wire.ts";
import { NO_TRAITS, type ProductRecord } from "./products.ts";
import type { CatalogState } from "./state.ts";

export function lookUp(state: CatalogState, name: string): LookupResult | null {
  const record = state.products.find(name);
  if (record === undefined) return null;
  return {
    product: visibleProduct(record),
    version: record.visibleVersion,
    store: record.visibleVersion === record.version,
  };
}

export function listPage(state: CatalogState, query: ListQuery): ListResult {
  const version = state.lastVisibleChange;
  const store = state.isQuiet;
  const { page, more } = state.products.list(query);
  return { products: page.map(visibleProduct), more, version, store };
}

function visibleProduct(record: ProductRecord): Product {
  const { name, traits, visiblePrice: price, visibleQuantity: quantity } = record;
  if (traits === NO_TRAITS) return { name, price, quantity };
  const isBounded = traits.max_volume !== undefined;
  const volume = isBounded ? { volume: record.visibleTraded } : {};
  return { name, price, quantity, ...traits, ...volume };
}
