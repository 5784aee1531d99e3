/**
 * Mistakes of the store itself: in what it shows, in selling, in what only
 * some stores have, in products that come and go, in keeping files.
 */
import { DISK_MUTANTS } from "./mutants_of_disks.ts";
import type { Focus } from "./focus.ts";
import { FOLLOWER_MUTANTS } from "./mutants_of_followers.ts";
import { LIST_MUTANTS } from "./mutants_of_lists.ts";
import { PRODUCT_MUTANTS } from "./mutants_of_products.ts";
import { READ_MUTANTS } from "./mutants_of_reads.ts";
import { SALE_MUTANTS } from "./mutants_of_sales.ts";
import { STORES_MUTANTS } from "./mutants_of_stores.ts";
import type { StoreName } from "./wares.ts";

export interface Edit {
  /** From the project's folder. */
  file: string;
  /** Must be there exactly once. */
  find: string;
  replace: string;
}

export interface StoreMutant extends Edit {
  name: string;
  effect: string;
  /** Other guards against the same mistake, which fall with it. */
  also?: readonly Edit[];
  /** What its runs are about: those in which it shows soonest. Default: each seed's own. */
  focus?: Focus;
  /** The store that they are of. Default: each seed's own. */
  store?: StoreName;
  /** Chance meets it seldom: the hunt begins a little before a seed that does. Default: 1. */
  fromSeed?: number;
}

export const STORE_MUTANTS: readonly StoreMutant[] = [
  ...READ_MUTANTS,
  ...FOLLOWER_MUTANTS,
  ...SALE_MUTANTS,
  ...STORES_MUTANTS,
  ...PRODUCT_MUTANTS,
  ...LIST_MUTANTS,
  ...DISK_MUTANTS,
];
