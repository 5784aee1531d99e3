/**
 * A store is a small table of words and rules: the services hold none of
 * their own and never ask which store they are in. A fourth store is a fourth
 * file beside this one, found by its name, and a CSV in catalog/data.
 */
import type { OrderType, Product, Traits } from "../messages/messages.ts";

/** What a CSV may tell of a product. */
export type Column = "name" | "price" | "quantity" | keyof Traits;

/**
 * What a store's own word may stand for; the path's one parameter, if it has one, says of what.
 * product, of a name; product_by_id, quantity and buy, of an id; list, by id; topic, the same of
 * one topic; order_leader.
 */
export type Meaning =
  | "product" | "product_by_id" | "quantity" | "buy" | "list" | "topic" | "order_leader";

/** A word of one store's own for what every store answers. */
export interface StoreRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly as: Meaning;
  /** As /openapi.json names it. */
  readonly operationId: string;
}

/**
 * The same for what the admin does: create; patch and remove, of a name; of an id set_price and
 * add_quantity, to or by what the second parameter says.
 */
export type AdminMeaning = "create" | "patch" | "remove" | "set_price" | "add_quantity";

export interface AdminRoute {
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly as: AdminMeaning;
  readonly operationId: string;
}

export interface Store {
  readonly name: string;
  /** The path that start.sh suggests to try first. */
  readonly example: string;
  /**
   * Columns of `catalog/data/<name>.csv`, in this order. With `max_volume` a product is not
   * traded beyond that.
   */
  readonly columns: readonly Column[];
  /** Fields of a product in the order in which they are shown. */
  readonly productFields: readonly (keyof Product)[];
  /** What a customer may do: a store where nobody sells back knows no `sell`. */
  readonly orderTypes: readonly OrderType[];
  /** What the answer to an order calls its number. */
  readonly orderNumberField: string;
  /** True: every RESTOCK_MS what is out of stock is set back to RESTOCK_TO. */
  readonly restocks: boolean;
  /** Beside the common ones. */
  readonly routes: readonly StoreRoute[];
  readonly adminRoutes: readonly AdminRoute[];
}
