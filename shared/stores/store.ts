/**
 * A store is a small table of words and rules: the services hold none of
 * their own and never ask which store they are in. A fourth store is a fourth
 * file beside this one, a line in stores.ts and a CSV in catalog/data.
 */
import type { OrderType, Product } from "../wire.ts";

export interface Store {
  readonly name: string;
  /** Columns of `catalog/data/<name>.csv`, in this order. */
  readonly columns: readonly string[];
  /** Fields of a product in the order in which they are shown. */
  readonly productFields: readonly (keyof Product)[];
  /** What a customer may do: a store where nobody sells back knows no `sell`. */
  readonly orderTypes: readonly OrderType[];
  /** What the answer to an order calls its number. */
  readonly orderNumberField: string;
  /** True: every RESTOCK_MS what is out of stock is set back to RESTOCK_TO. */
  readonly restocks: boolean;
}
