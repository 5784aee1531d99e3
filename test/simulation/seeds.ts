/** Plays seeds of one world on all threads, and says what was met, what broke, and how. */
import { monotonicMs } from "../../shared/clock.ts";
import { COUNTED, noCounts } from "./log/coverage.ts";
import { History } from "./log/history.ts";
import { Violation as LogViolation } from "./log/judge.ts";
import { play as playScript, ScriptWriter, shorten as shortenScript } from "./log/script.ts";
import { Pool } from "./pool.ts";
import { EXPECTED } from "./store/coverage.ts";
import { drawPlan, type Plan } from "./store/plan.ts";
import { play, type RunOptions } from "./store/run.ts";
import { outcomeOf, shorten } from "./store/shorten.ts";
import { Violation } from "./store/violation.ts";
import type { Draw, Failure, World } from "./tasks.ts";

export type Say = (line: string) => void;

export interface Range {
  world: World;
  from: number;
  count: number;
  /** Monotonic; Infinity: all of them. */
  untilMs: number;
  /** file: URL of what each thread runs (build.ts). */
  module: string;
  threads: number;
  draw: Draw;
}

const SEEDS_AT_ONCE: Record<World, number> = { log: 100, store: 20 };
/** A run of so many seeds must have met everything that is counted. */
const BIG_RUN_SEEDS: Record<World, number> = { log: 2_000, store: 4_000 };
const FAILURES_MAX = 5;
const SHORTEN_TRIES: Record<World, number> = { log: 5_000, store: 600 };

/** True when nothing broke and everything was met. */
export async function playAll(range: Range, say: Say): Promise<boolean> {
  const { world, from, count, untilMs, module, threads, draw } = range;
  const pool = new Pool(module, threads);
  const startMs = monotonicMs();
  const counts: Record<string, number> = {};
  for (const name of expected(world)) counts[name] = 0;
  const failures: Failure[] = [];
  let played = 0;
  let next = from;
  const work = async () => {
    while (next < from + count && monotonicMs() < untilMs && failures.length < FAILURES_MAX) {
      const size = Math.min(SEEDS_AT_ONCE[world], from + count - next);
      next += size;
      const task = { world, from: next - size, count: size, failuresMax: size, draw };
      const answer = await pool.run({ kind: "seeds", ...task });
      played += answer.seeds;
      failures.push(...answer.failures);
      for (const [name, met] of Object.entries(answer.counts)) {
        counts[name] = (counts[name] ?? 0) + met;
      }
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  await pool.close();
  const seconds = (monotonicMs() - startMs) / 1_000;
  const rate = Math.round(played / seconds);
  say(`${TITLES[world]}: ${played} seeds in ${seconds.toFixed(1)} s, ${rate} a second`);
  const isCovered = tellCoverage(world, counts, say) || played < BIG_RUN_SEEDS[world];
  failures.sort((one, other) => one.seed - other.seed);
  for (const { seed, message } of failures) say(`seed ${seed}: ${message}`);
  if (failures.length > 0) await tellShortest({ world, seed: failures[0]!.seed, draw }, say);
  const isPart = draw.without.length > 0 || draw.focus !== null || draw.store !== null;
  return failures.length === 0 && (isCovered || isPart);
}

export interface Telling {
  world: World;
  seed: number;
  draw: Draw;
  /** Of the store: each message too. */
  messages?: boolean;
}

/** The history of one seed in words; false when it breaks a promise. */
export async function tellSeed(telling: Telling, say: Say): Promise<boolean> {
  const { world, seed, draw } = telling;
  try {
    if (world === "log") new History(seed, noCounts(), { trace: say }).run();
    else await play(planOf(seed, draw), tracing(telling, say));
  } catch (error) {
    if (!(error instanceof Violation) && !(error instanceof LogViolation)) throw error;
    say(`seed ${seed}: ${error.message}`);
    await tellShortest(telling, say);
    return false;
  }
  say(`seed ${seed}: nothing broke`);
  return true;
}

function tracing({ messages = false }: Telling, say: Say): RunOptions {
  return { counts: new Map(), trace: say, ...(messages ? { messages: say } : {}) };
}

const TITLES: Record<World, string> = { log: "The replicated log", store: "The whole store" };

function expected(world: World): readonly string[] {
  return world === "log" ? COUNTED : EXPECTED;
}

/** True when nothing is missing. */
function tellCoverage(world: World, counts: Record<string, number>, say: Say): boolean {
  const names = Object.keys(counts);
  const width = Math.max(...names.map((name) => name.length));
  for (const name of names) say(`  ${name.padEnd(width)} ${String(counts[name]).padStart(10)}`);
  const missing = expected(world).filter((name) => counts[name] === 0);
  for (const name of missing) say(`Not met: ${name}`);
  return missing.length === 0;
}

/** The shortest history found that breaks the same promise as this seed. */
async function tellShortest(telling: Telling, say: Say): Promise<void> {
  const { world, seed, draw } = telling;
  if (world === "log") return tellShortestScript(seed, say);
  const plan = planOf(seed, draw);
  const first = await outcomeOf(plan);
  if (first === null) return say("It does not break again: the run is not a function of its seed");
  const shortest = await shorten(plan, first, SHORTEN_TRIES.store);
  say(`\nseed ${seed}, ${shortest.plan.events.length} events of ${plan.events.length}:`);
  await play(shortest.plan, tracing(telling, say)).catch(() => {});
  say(shortest.violation.message);
}

function planOf(seed: number, draw: Draw): Plan {
  return drawPlan(seed, new Set(draw.without), draw);
}

function tellShortestScript(seed: number, say: Say): void {
  const writer = new ScriptWriter();
  try {
    new History(seed, noCounts(), { writer }).run();
  } catch (error) {
    if (!(error instanceof LogViolation)) throw error;
  }
  if (playScript(writer.script, null) === null) {
    return say(`Only the whole history: --world log --seed ${seed}`);
  }
  const script = shortenScript(writer.script, SHORTEN_TRIES.log);
  say(`\nseed ${seed}, ${script.actions.length} actions of ${writer.script.actions.length}:`);
  say(playScript(script, say)!.violation.message);
}
