/**
 * npm run simulate: looks for a history in which the replicated log breaks a
 * promise. See usage below; without arguments a thousand random histories.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { monotonicMs } from "../../shared/clock.ts";
import { addCounts, COUNTED, noCounts, notMet, type Counts } from "./log/coverage.ts";
import { History } from "./log/history.ts";
import { hunt } from "./hunt.ts";
import { Violation } from "./log/judge.ts";
import { MUTANTS } from "./log/mutants.ts";
import { Pool } from "./pool.ts";
import { play, ScriptWriter, shorten } from "./log/script.ts";
import { SEARCH_CASES } from "./log/search_cases.ts";

const USAGE = `npm run simulate -- [options]
  --seeds N       so many random histories, from --seed on (default 1000, from 1)
  --seed S        alone: the history of this seed in words, and if it fails the shortest one found
  --minutes M     random histories for so long
  --exhaustive    breadth-first search of every case; --states N of each (default 150000)
  --mutants       planted bugs, each must be found; --only TEXT those whose name has it
  --threads N     default: one a core
`;

const MODULE = new URL("./worker.ts", import.meta.url).href;
const SEEDS_AT_ONCE = 100;
/** A run of so many seeds must have met everything that is counted. */
const BIG_RUN_SEEDS = 2_000;
const FAILURES_MAX = 5;
const SHORTEN_TRIES = 5_000;
const HUNT = { seedsMax: 4_000, statesMax: 400_000, failuresMax: 5 };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      minutes: { type: "string" },
      exhaustive: { type: "boolean" },
      states: { type: "string", default: "150000" },
      mutants: { type: "boolean" },
      only: { type: "string", default: "" },
      threads: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean" },
    },
  });
  if (values.help) {
    say(USAGE);
    return true;
  }
  const { seeds, minutes, exhaustive, mutants } = values;
  const threads = Number(values.threads);
  const wantsSeeds = seeds !== undefined || minutes !== undefined;
  if (values.seed !== undefined && !wantsSeeds) return tellSeed(Number(values.seed));
  const verdicts: boolean[] = [];
  if (wantsSeeds || (!exhaustive && !mutants)) {
    const untilMs = minutes === undefined ? Infinity : monotonicMs() + Number(minutes) * 60_000;
    const count = Number(seeds ?? (minutes === undefined ? 1_000 : Infinity));
    const from = Number(values.seed ?? 1);
    verdicts.push(await playAll({ from, count, untilMs, threads }));
  }
  if (exhaustive) verdicts.push(await searchAll(Number(values.states), threads));
  if (mutants) verdicts.push(await huntAll(values.only, threads));
  return verdicts.every((isGood) => isGood);
}

interface Range {
  from: number;
  count: number;
  untilMs: number;
  threads: number;
}

async function playAll({ from, count, untilMs, threads }: Range): Promise<boolean> {
  const pool = new Pool(MODULE, threads);
  const startMs = monotonicMs();
  const counts = noCounts();
  const failures: { seed: number; message: string }[] = [];
  let played = 0;
  let next = from;
  const work = async () => {
    while (next < from + count && monotonicMs() < untilMs && failures.length < FAILURES_MAX) {
      const size = Math.min(SEEDS_AT_ONCE, from + count - next);
      next += size;
      const task = { kind: "seeds", from: next - size, count: size, failuresMax: size } as const;
      const answer = await pool.run(task);
      played += answer.seeds;
      failures.push(...answer.failures);
      addCounts(counts, answer.counts);
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  await pool.close();
  const seconds = (monotonicMs() - startMs) / 1_000;
  say(`${played} seeds in ${seconds.toFixed(1)} s, ${Math.round(played / seconds)} a second`);
  const isCovered = tellCoverage(counts, played);
  failures.sort((one, other) => one.seed - other.seed);
  for (const { seed, message } of failures) say(`seed ${seed}: ${message}`);
  if (failures.length > 0) tellShortest(failures[0]!.seed);
  return failures.length === 0 && isCovered;
}

function tellCoverage(counts: Counts, seeds: number): boolean {
  const width = Math.max(...COUNTED.map((name) => name.length));
  for (const name of COUNTED) say(`  ${name.padEnd(width)} ${String(counts[name]).padStart(10)}`);
  const missing = notMet(counts);
  for (const name of missing) say(`Not met: ${name}`);
  return missing.length === 0 || seeds < BIG_RUN_SEEDS;
}

function tellSeed(seed: number): boolean {
  try {
    new History(seed, noCounts(), { trace: say }).run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    say(`seed ${seed}: ${error.message}`);
    tellShortest(seed);
    return false;
  }
  say(`seed ${seed}: nothing broke`);
  return true;
}

/** The shortest history found that breaks the same promise as this seed. */
function tellShortest(seed: number): void {
  const writer = new ScriptWriter();
  try {
    new History(seed, noCounts(), { writer }).run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
  }
  if (play(writer.script, null) === null) return say(`Only the whole history: --seed ${seed}`);
  const script = shorten(writer.script, SHORTEN_TRIES);
  say(`\nseed ${seed}, ${script.actions.length} actions of ${writer.script.actions.length}:`);
  say(play(script, say)!.violation.message);
}

async function searchAll(statesMax: number, threads: number): Promise<boolean> {
  const pool = new Pool(MODULE, threads);
  const startMs = monotonicMs();
  let states = 0;
  let isGood = true;
  const search = async ({ name }: { name: string }) => {
    const ownMs = monotonicMs();
    const answer = await pool.run({ kind: "search", name, statesMax });
    states += answer.states;
    const how = answer.isExhausted ? "all" : "first";
    const seconds = ((monotonicMs() - ownMs) / 1_000).toFixed(1);
    say(`${how} ${answer.states} states, ${answer.depth} moves deep: ${name} (${seconds} s)`);
    if (answer.found) say(answer.trace.join("\n"));
    if (answer.found) isGood = false;
  };
  await Promise.all(SEARCH_CASES.map(search));
  await pool.close();
  const seconds = (monotonicMs() - startMs) / 1_000;
  say(`${states} states in ${seconds.toFixed(1)} s, ${Math.round(states / seconds)} a second`);
  return isGood;
}

async function huntAll(only: string, threads: number): Promise<boolean> {
  const mutants = MUTANTS.filter(({ name }) => name.includes(only));
  const startMs = monotonicMs();
  let next = 0;
  let found = 0;
  const work = async () => {
    while (next < mutants.length) {
      const mutant = mutants[next++]!;
      const { isFound, how, broke, trace } = await hunt(mutant, HUNT);
      if (isFound) found++;
      say(`${isFound ? "found" : "MISSED"}  ${mutant.name}: ${how}`);
      if (isFound) say(`       ${broke}`);
      for (const line of trace.slice(0, -1)) say(`         ${line}`);
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  const seconds = (monotonicMs() - startMs) / 1_000;
  say(`${found} of ${mutants.length} planted bugs found in ${seconds.toFixed(1)} s`);
  return found === mutants.length;
}

process.exitCode = (await main()) ? 0 : 1;
