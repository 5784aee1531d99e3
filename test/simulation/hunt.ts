/**
 * The hunt for planted bugs: by random histories, or, for those that chance
 * hardly meets, by exhaustive search. One that is not found fails the run.
 */
import { availableParallelism } from "node:os";
import { Build, type Texts } from "./build.ts";
import type { Mutant } from "./mutants.ts";
import { plant, StaleMutant } from "./plant.ts";
import { Pool } from "./pool.ts";
import type { Failure, World } from "./tasks.ts";

export interface HuntOptions {
  seedsMax: Record<World, number>;
  statesMax: number;
  /** Enough findings to say how often it shows. */
  failuresMax: number;
  threads?: number;
  onCatch?: (caught: Catch) => void;
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

/** A mutant, and the project's texts with its bug in them. */
type Planted = [mutant: Mutant, texts: Texts];

const SEEDS_AT_ONCE: Record<World, number> = { log: 250, store: 10 };

/** One after the other on each thread; told of as soon as it is caught or given up. */
export async function hunt(
  mutants: readonly Mutant[],
  { onCatch = () => {}, threads = availableParallelism(), ...options }: HuntOptions,
): Promise<Catch[]> {
  const catches: Catch[] = [];
  const note = (caught: Catch): void => {
    catches.push(caught);
    onCatch(caught);
  };
  const planted: Planted[] = [];
  for (const mutant of mutants) {
    try {
      planted.push([mutant, plant(mutant)]);
    } catch (error) {
      if (!(error instanceof StaleMutant)) throw error;
      note(missed(mutant, error.message));
    }
  }
  const build = new Build();
  try {
    const modules = build.variants(planted.map(([, texts]) => texts));
    let next = 0;
    const work = async () => {
      for (let at = next++; at < planted.length; at = next++) {
        note(await huntOne(planted[at]![0], modules[at]!, options));
      }
    };
    await Promise.all(Array.from({ length: threads }, work));
  } finally {
    build.remove();
  }
  return catches;
}

function missed({ name }: Mutant, how: string): Catch {
  return { mutant: name, isFound: false, how, broke: "", trace: [] };
}

async function huntOne(
  mutant: Mutant,
  module: string,
  options: Omit<HuntOptions, "threads" | "onCatch">,
): Promise<Catch> {
  const pool = new Pool(module, 1);
  try {
    const caught =
      mutant.searchCase === undefined
        ? await huntBySeeds(mutant, pool, options)
        : await huntBySearch(mutant.name, mutant.searchCase, pool, options);
    return caught ?? missed(mutant, "not found");
  } finally {
    await pool.close();
  }
}

async function huntBySeeds(
  { name, world, focus, store, fromSeed = 1 }: Mutant,
  pool: Pool,
  options: Pick<HuntOptions, "seedsMax" | "failuresMax">,
): Promise<Catch | null> {
  const { failuresMax } = options;
  const seedsMax = options.seedsMax[world];
  const failures: Failure[] = [];
  let seeds = 0;
  while (seeds < seedsMax && failures.length < failuresMax) {
    const count = Math.min(SEEDS_AT_ONCE[world], seedsMax - seeds);
    const left = failuresMax - failures.length;
    const draw = { without: [], focus: focus ?? null, store: store ?? null };
    const task = { world, from: fromSeed + seeds, count, failuresMax: left, draw };
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
  { statesMax }: Pick<HuntOptions, "statesMax">,
): Promise<Catch | null> {
  const answer = await pool.run({ kind: "search", name: searchCase, statesMax });
  if (!answer.found) return null;
  const how = `by search in ${answer.depth} moves, ${answer.states} states of "${searchCase}"`;
  return { mutant: name, isFound: true, how, broke: answer.trace.at(-1)!, trace: answer.trace };
}
