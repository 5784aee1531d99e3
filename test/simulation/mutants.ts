/**
 * Planted bugs: mistakes that are easy to make in this design. A simulator
 * that does not find them has proved nothing. They live here as replacements
 * of text, applied to a copy: production code knows no switch.
 */
import { LOG_MUTANTS } from "./log/mutants.ts";
import type { Focus } from "./store/focus.ts";
import { STORE_MUTANTS, type Edit } from "./store/mutants.ts";
import type { StoreName } from "./store/wares.ts";
import type { World } from "./tasks.ts";

export interface Mutant extends Edit {
  name: string;
  /** Whose histories find it. */
  world: World;
  effect: string;
  /** Other guards against the same mistake, which fall with it. */
  also?: readonly Edit[];
  /** What its runs are about: those in which it shows soonest. Default: each seed's own. */
  focus?: Focus;
  /** The store that they are of: its words are what is mistaken. */
  store?: StoreName;
  /** Chance meets it seldom: the hunt begins a little before a seed that does. Default: 1. */
  fromSeed?: number;
  /** The case in which a search finds it; chance hardly does. */
  searchCase?: string;
}

export const MUTANTS: readonly Mutant[] = [
  ...LOG_MUTANTS.map((mutant): Mutant => {
    const inFolder = <E extends Edit>(edit: E): E =>
      ({ ...edit, file: `shared/replication/core/${edit.file}` });
    return { ...inFolder(mutant), also: mutant.also?.map(inFolder), world: "log" };
  }),
  ...STORE_MUTANTS.map((mutant): Mutant => ({ ...mutant, world: "store" })),
];
