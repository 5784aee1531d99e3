/**
 * What front-ends are told of products: the visible state, and whether they
 * may keep it. While a change is on its way the old value goes out once more,
 * for the asker alone: a copy kept now would outlive its invalidation, which
 * may have passed already.
 */
import type { ListResult, LookupResult, Product, Traits } from "../../shared/messages/messages.ts";
import type { ListScan } from "../state/list_scan.ts";
import { NO_TRAITS, NEVER_LISTED, tradedOf, type ProductRecord } from "../state/products.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export function lookUp(state: CatalogState, name: string): LookupResult | null {
  const record = state.products.find(name);
  if (!record?.visibleLife.isHere) return null;
  return {
    product: visibleProduct(record),
    version: record.visibleVersion,
    store: record.visibleVersion === record.version,
  };
}

/** Of a scan that is complete at this instant: so no change of between its turns counts. */
export function listPage(state: CatalogState, scan: ListScan): ListResult {
  const version = state.lastVisibleChange;
  const store = state.isQuiet;
  const { page, more } = scan.result;
  return { products: page.map(visibleProduct), more, version, store };
}

/**
 * The name that this id stands for, for ever, though its product may be gone: who bought it may
 * ask again. Null: it has not been shown with any.
 */
export function nameOf(state: CatalogState, id: number): string | null {
  const record = state.products.findById(id);
  return record === undefined || record.visibleLife === NEVER_LISTED ? null : record.name;
}

/** As it is decided: shown to whoever waited until it was visible. */
export function decidedProduct(record: ProductRecord): Product {
  const { name, life, price, quantity } = record;
  return describe({ name, price, quantity }, life.traits, tradedOf(record));
}

function visibleProduct(record: ProductRecord): Product {
  const { name, visibleLife, visiblePrice: price, visibleQuantity: quantity } = record;
  return describe({ name, price, quantity }, visibleLife.traits, record.visibleTraded);
}

function describe(product: Product, traits: Traits, traded: number): Product {
  if (traits === NO_TRAITS) return product;
  const volume = traits.max_volume === undefined ? {} : { volume: traded };
  return { ...product, ...traits, ...volume };
}
