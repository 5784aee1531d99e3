/** The stores that can be started, by name. */
import { stocks } from "./stocks.ts";
import type { Store } from "./store.ts";
import { toys } from "./toys.ts";

export const STORES: ReadonlyMap<string, Store> = new Map(
  [toys, stocks].map((store) => [store.name, store]),
);
