/**
 * Mistakes of the store itself: in what it shows, in selling, in keeping files.
 */
import { DISK_MUTANTS } from "./mutants_of_disks.ts";
import type { Focus } from "./focus.ts";
import { READ_MUTANTS } from "./mutants_of_reads.ts";
import { SALE_MUTANTS } from "./mutants_of_sales.ts";

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
}

export const STORE_MUTANTS: readonly StoreMutant[] = [
  ...READ_MUTANTS,
  ...SALE_MUTANTS,
  ...DISK_MUTANTS,
];

/** Not met in 300 seeds: these are hunted by hand, for as long as it takes (`--rare`). */
export const RARE: ReadonlySet<string> = new Set([
  "who asks joins a fetch from before the invalidation",
  "a lease is counted from when it came",
  "nothing is dropped for a new leadership",
  "back to a leadership of before",
  "nothing in hand is proof of an empty cache",
  "a lease for longer than a majority vouches",
  "a first lease without a round",
  "a look-up without a lease needs no round",
  "no such order, says one alone",
  "refused by what is not final",
  "every bad end is taken for torn",
  "a missing promise is no loss",
  "the log is shorter before the checkpoint is kept",
]);
