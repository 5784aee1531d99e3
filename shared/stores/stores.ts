/** The stores that can be started, by name. */
import type { Store } from "./store.ts";
import { toys } from "./toys.ts";

export const STORES: ReadonlyMap<string, Store> = new Map([[toys.name, toys]]);
