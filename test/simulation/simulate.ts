/**
 * npm run simulate: looks for a history in which the store, or the replicated
 * log under it, breaks a promise. See usage below; without arguments some
 * hundred random histories of each.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { monotonicMs } from "../../shared/clock.ts";
import { Build } from "./build.ts";
import { hunt, type Catch } from "./hunt.ts";
import { SEARCH_CASES } from "./log/search_cases.ts";
import { MUTANTS } from "./mutants.ts";
import { Pool } from "./pool.ts";
import { playAll, tellSeed } from "./seeds.ts";
import { FOCI, type Focus } from "./store/focus.ts";
import { FAULT_KINDS } from "./store/plan.ts";
import { MESSAGE_FAULTS } from "./store/network_weather.ts";
import { STORE_NAMES, type StoreName } from "./store/wares.ts";
import type { World } from "./tasks.ts";

/** Lines of the usage's second column. */
function column(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    if (lines.at(-1)!.length + word.length > 76) lines.push("");
    lines.push(`${lines.pop()}${word}, `);
  }
  const indent = " ".repeat(18);
  return lines.map((line) => indent + line.trimEnd()).join("\n").replace(/,$/, "");
}

const FAULTS = column([...FAULT_KINDS, ...MESSAGE_FAULTS]);
const USAGE = `npm run simulate -- [options]
  --seeds N       so many random histories, from --seed on (default 500, from 1)
  --seed S        alone: the history of this seed in words, and if it fails the shortest one found
  --messages      with --seed alone, of the store: each message too
  --minutes M     random histories for so long
  --world W       only 'store', the whole store, or 'log', the replicated log alone; default: both
  --without A,B   of the store, without some of these faults:
${FAULTS}
  --store S       runs of the store that are of ${STORE_NAMES.join(", ")}; default: the seed says
  --focus F       runs of the store about one of these; default: the seed says
${column(FOCI)}
  --exhaustive    breadth-first search of the log's cases; --states N of each (default 150000)
  --mutants       planted bugs, each must be found; --only TEXT those whose name has it
  --threads N     default: one a core
`;

const DEFAULT_SEEDS = 500;
const HUNT = { seedsMax: { log: 4_000, store: 4_000 }, statesMax: 400_000, failuresMax: 1 };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      messages: { type: "boolean", default: false },
      minutes: { type: "string" },
      world: { type: "string" },
      without: { type: "string", default: "" },
      focus: { type: "string" },
      store: { type: "string" },
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
  const draw = {
    without: values.without === "" ? [] : values.without.split(","),
    focus: values.focus === undefined ? null : focusOf(values.focus),
    store: values.store === undefined ? null : storeOf(values.store),
  };
  const worlds: World[] = values.world === undefined ? ["log", "store"] : [worldOf(values.world)];
  const wantsSeeds = seeds !== undefined || minutes !== undefined;
  if (values.seed !== undefined && !wantsSeeds) {
    const { messages } = values;
    return tellSeed({ world: worlds.at(-1)!, seed: Number(values.seed), draw, messages }, say);
  }
  const verdicts: boolean[] = [];
  const build = new Build();
  try {
    const module = build.worker;
    for (const world of wantsSeeds || (!exhaustive && !mutants) ? worlds : []) {
      const untilMs = minutes === undefined ? Infinity : monotonicMs() + Number(minutes) * 60_000;
      const count = Number(seeds ?? (minutes === undefined ? DEFAULT_SEEDS : Infinity));
      const from = Number(values.seed ?? 1);
      verdicts.push(await playAll({ world, from, count, untilMs, module, threads, draw }, say));
    }
    if (exhaustive) verdicts.push(await searchAll(Number(values.states), module, threads));
  } finally {
    build.remove();
  }
  if (mutants) verdicts.push(await huntAll(values.only, threads));
  return verdicts.every((isGood) => isGood);
}

function worldOf(text: string): World {
  if (text === "log" || text === "store") return text;
  throw new Error(`--world is store or log, not ${text}`);
}

function focusOf(text: string): Focus {
  const focus = FOCI.find((one) => one === text);
  if (focus === undefined) throw new Error(`--focus is one of ${FOCI.join(", ")}, not ${text}`);
  return focus;
}

function storeOf(text: string): StoreName {
  const store = STORE_NAMES.find((one) => one === text);
  if (store === undefined) throw new Error(`--store is one of ${STORE_NAMES.join(", ")}`);
  return store;
}

async function searchAll(
  statesMax: number,
  module: string,
  threads: number,
): Promise<boolean> {
  const pool = new Pool(module, threads);
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
  const onCatch = ({ mutant, isFound, how, broke, trace }: Catch): void => {
    say(`${isFound ? "found" : "MISSED"}  ${mutant}: ${how}`);
    if (isFound) say(`       ${broke}`);
    for (const line of trace.slice(0, -1)) say(`         ${line}`);
  };
  const catches = await hunt(mutants, { ...HUNT, threads, onCatch });
  const found = catches.filter(({ isFound }) => isFound).length;
  const seconds = (monotonicMs() - startMs) / 1_000;
  say(`${found} of ${mutants.length} planted bugs found in ${seconds.toFixed(1)} s`);
  return found === mutants.length && found > 0;
}

process.exitCode = (await main()) ? 0 : 1;
