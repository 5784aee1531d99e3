/**
 * The hunt for planted bugs: by random histories, or, for those that chance
 * hardly meets, by exhaustive search. One that is not found fails the run.
 */
import { copyWith, StaleMutant } from "./copy.ts";
import type { Mutant } from "./mutants.ts";
import { Pool } from "./pool.ts";
import type { Failure, World } from "./tasks.ts";

export interface HuntOptions {
  seedsMax: Record<World, number>;
  statesMax: number;
  /** Enough findings to say how often it shows. */
  failuresMax: number;
}

export interface Catch {
  mutant: string;
  isFound: boolean;
  /** In how many seeds, or after how many states; or why not. */
  how: string;
  /** What it broke. */
  broke: string;
  /** Moves of the search, when it took one. */
  trace: string[];
}

const SEEDS_AT_ONCE: Record<World, number> = { log: 250, store: 25 };

export async function hunt(mutant: Mutant, options: HuntOptions): Promise<Catch> {
  const nothing = { mutant: mutant.name, isFound: false, broke: "", trace: [] };
  let pool: Pool | null = null;
  let remove = () => {};
  try {
    const copy = copyWith(mutant);
    remove = copy.remove;
    pool = new Pool(copy.module, 1);
    const caught =
      mutant.searchCase === undefined
        ? await huntBySeeds(mutant, pool, options)
        : await huntBySearch(mutant.name, mutant.searchCase, pool, options);
    return caught ?? { ...nothing, how: "not found" };
  } catch (error) {
    if (error instanceof StaleMutant) return { ...nothing, how: error.message };
    throw error;
  } finally {
    await pool?.close();
    remove();
  }
}

async function huntBySeeds(
  { name, world, focus }: Mutant,
  pool: Pool,
  options: HuntOptions,
): Promise<Catch | null> {
  const { failuresMax } = options;
  const seedsMax = options.seedsMax[world];
  const failures: Failure[] = [];
  let seeds = 0;
  while (seeds < seedsMax && failures.length < failuresMax) {
    const count = Math.min(SEEDS_AT_ONCE[world], seedsMax - seeds);
    const left = failuresMax - failures.length;
    const draw = { without: [], focus: focus ?? null };
    const task = { world, from: seeds + 1, count, failuresMax: left, ...draw };
    const answer = await pool.run({ kind: "seeds", ...task });
    seeds += answer.seeds;
    failures.push(...answer.failures);
  }
  const [first] = failures;
  if (first === undefined) return null;
  const how = `in ${failures.length} of ${seeds} seeds, first in ${first.seed}`;
  return { mutant: name, isFound: true, how, broke: first.message, trace: [] };
}

async function huntBySearch(
  name: string,
  searchCase: string,
  pool: Pool,
  { statesMax }: HuntOptions,
): Promise<Catch | null> {
  const answer = await pool.run({ kind: "search", name: searchCase, statesMax });
  if (!answer.found) return null;
  const how = `by search in ${answer.depth} moves, ${answer.states} states of "${searchCase}"`;
  return { mutant: name, isFound: true, how, broke: answer.trace.at(-1)!, trace: answer.trace };
}
