/** What the admin asks of the catalog: POST /admin, from a front-end to the catalog's leader. */
import type { Arrival } from "../cluster/sequence_guard.ts";
import type { Product, Traits } from "./messages.ts";

/** At least one of price, quantity and added is there. */
export interface ProductPatch {
  kind: "patch";
  name: string;
  price?: number;
  /** So many it is to be from then on. */
  quantity?: number;
  /** So many more. */
  added?: number;
  /** It must be as the row of one of these indexes left it; null: however it is. */
  versions: number[] | null;
}
export interface NewProduct {
  kind: "create";
  name: string;
  price: number;
  quantity: number;
  /** Without an id it gets the next, in a store whose products have ids. */
  traits: Traits;
}
export interface Removal {
  kind: "remove";
  name: string;
  versions: number[] | null;
}
export type AdminChange = ProductPatch | NewProduct | Removal;
export type AdminRequest = Arrival & AdminChange;
/** Answered once it is visible: the product as the change left it. */
export interface AdminAnswer {
  product: Product;
  version: number;
}
