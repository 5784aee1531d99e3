/** Mistakes of the store itself: in selling, logging, telling caches, and keeping files. */
export interface StoreMutant {
  name: string;
  /** From the project's folder. */
  file: string;
  /** Must be there exactly once. */
  find: string;
  replace: string;
  effect: string;
}

export const STORE_MUTANTS: readonly StoreMutant[] = [];
