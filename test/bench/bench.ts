/**
 * `npm run bench`: the store beside others, in one run on one machine. Only
 * the ratios mean something elsewhere. What is measured, and how, is told by
 * the files of its parts: against_rivals.ts and mixed.ts, growth.ts, idle.ts, overload.ts.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { LaunchError } from "../../client/launcher/launch_error.ts";
import { measureAgainstRivals, type RivalsPlan } from "./against_rivals.ts";
import { renderGoals, type Goal } from "./goals.ts";
import { measureOrderGrowth } from "./growth.ts";
import { measureCatalogGrowth } from "./growth_catalog.ts";
import { measureIdle, type IdlePlan } from "./idle.ts";
import { measureMixed, renderMixed, type MixedPlan } from "./mixed.ts";
import { measureOverload } from "./overload.ts";
import type { OverloadPlan } from "./overload_row.ts";
import { Closing, makeFolder, versionOf } from "./processes.ts";
import { countFailed, renderRaces, type Turns } from "./race.ts";

const HELP = `Examples
  npm run bench
  npm run bench -- --quick --json bench.json
  npm run bench -- --growth --idle
  npm run bench -- --overload --quick

Measures orders/s and cached look-ups/s of a store of its own, beside etcd,
PostgreSQL, bare node:http servers and nginx where these are installed, and the
client's mixed load with the cache on and off; or what is asked for instead.
Needs wrk, but for --overload.

Options
  --growth       instead: a million orders in the log, a million products
  --idle         instead: CPU at rest, start, memory over millions of requests
  --overload     instead: 1, 2 and 10 times the load that the store can carry
  --quick        two minutes instead of eleven
  --threads N    HTTP threads whose look-ups are compared with those of one, 2 to 16 (2)
  --json FILE    writes every single measurement to FILE
  --help         this text

Exit codes: 0 measured, 1 a fault, or orders that failed, 2 wrong use
`;
const THREADS_MAX = 16;

type Part = "rivals" | "growth" | "idle" | "overload";
interface Plan {
  rivals: RivalsPlan;
  mixed: MixedPlan;
  growth: Turns;
  idle: IdlePlan;
  overload: OverloadPlan;
}
interface Call {
  plan: Plan;
  parts: Part[];
  threads: number;
  json: string | undefined;
}
/** What a part of the benchmark came to. */
interface Outcome {
  /** For people, in front of the table of goals. */
  text: string[];
  goals: Goal[];
  /** For the file. */
  measured: object;
  /** Requests to the store that were to succeed and did not. */
  failed: number;
}

/** Look-ups are compared closely and settle quickly: many short turns. */
const THOROUGH: Plan = {
  rivals: {
    lookups: { rounds: 9, seconds: 2 },
    orders: { rounds: 5, seconds: 4 },
    warmUpSeconds: 20,
  },
  mixed: { rounds: 5, iterations: 2_000 },
  growth: { rounds: 5, seconds: 4 },
  idle: { requests: 10_000_000 },
  overload: {
    firstSeconds: 10,
    warmUpSeconds: 2,
    closedSeconds: 3,
    openSeconds: 6,
    recoverySeconds: 8,
    maxSeconds: 600,
  },
};
const QUICK: Plan = {
  rivals: {
    lookups: { rounds: 3, seconds: 1 },
    orders: { rounds: 2, seconds: 1 },
    warmUpSeconds: 5,
  },
  mixed: { rounds: 2, iterations: 300 },
  growth: { rounds: 2, seconds: 2 },
  idle: { requests: 1_000_000 },
  overload: {
    firstSeconds: 2,
    warmUpSeconds: 0.5,
    closedSeconds: 1,
    openSeconds: 1.5,
    recoverySeconds: 2.5,
    maxSeconds: 145,
  },
};

const PARTS: Record<Part, (call: Call, folder: string) => Promise<Outcome>> = {
  rivals: measureRivals,
  growth: measureGrowth,
  idle: measureIdleness,
  overload: ({ plan }, folder) => measureOverload(plan.overload, { folder, closing }),
};

const closing = new Closing();
process.once("SIGINT", () => void closing.close().then(() => process.exit(130)));
process.exitCode = await main(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error instanceof LaunchError ? error.message : error);
    return 1;
  })
  .finally(() => closing.close());

async function main(args: string[]): Promise<number> {
  const call = readCall(args);
  if (typeof call === "number") return call;
  // Now, and not after eleven minutes: can the results be kept?
  if (call.json) writeFileSync(call.json, "");
  const needsWrk = call.parts.some((part) => part !== "overload");
  if (needsWrk && versionOf("wrk", "--version") === null) {
    console.error("wrk is not installed: apt-get install wrk, or brew install wrk");
    return 1;
  }
  const folder = makeFolder(closing);
  const outcomes: Outcome[] = [];
  for (const part of call.parts) outcomes.push(await PARTS[part](call, folder));
  const goals = outcomes.flatMap((outcome) => outcome.goals);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  const { model = "unknown" } = cpus()[0] ?? {};
  const machine = `Node ${process.version}, ${cpus().length} × ${model.trim()}`;
  console.log(`\n${machine}, shared with the load generator.\n`);
  const text = outcomes.flatMap((outcome) => outcome.text);
  console.log([...text, renderGoals(goals)].join("\n\n"));
  if (failed > 0) console.log(`\n${failed} requests to the store failed.`);
  const measured = outcomes.map((outcome) => outcome.measured);
  const results = { machine, plan: call.plan, failed, goals, measured };
  if (call.json) writeFileSync(call.json, `${JSON.stringify(results, null, 2)}\n`);
  return failed > 0 ? 1 : 0;
}

function readCall(args: string[]): Call | number {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: "boolean" },
        growth: { type: "boolean" },
        idle: { type: "boolean" },
        overload: { type: "boolean" },
        threads: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    const plan = values.quick ? QUICK : THOROUGH;
    const asked = (["growth", "idle", "overload"] as const).filter((part) => values[part]);
    const parts: Part[] = asked.length > 0 ? asked : ["rivals"];
    return { plan, parts, threads: readThreads(values.threads ?? "2"), json: values.json };
  } catch (error) {
    console.error(`${(error as Error).message.split("\n")[0]}; see --help`);
    return 2;
  }
}

/** @throws Error */
function readThreads(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 2 && threads <= THREADS_MAX) return threads;
  throw new Error(`--threads is a whole number from 2 to ${THREADS_MAX}, and not '${text}'`);
}

async function measureRivals({ plan, threads }: Call, folder: string): Promise<Outcome> {
  const mixed = await measureMixed(plan.mixed, { folder, closing });
  const rivals = await measureAgainstRivals({ plan: plan.rivals, threads, folder, closing });
  const { races, missing, notes } = rivals;
  const explained = [
    "Medians of rounds taken in turn. An order is on the disks of a majority before its",
    "answer, and so are a put into etcd and a purchase in PostgreSQL.",
    ...notes,
    ...(missing.length > 0 ? [`Not beside it here: ${missing.join(", ")}.`] : []),
  ];
  return {
    text: [renderRaces(races), explained.join("\n"), renderMixed(mixed)],
    goals: [...rivals.goals, ...mixed.goals],
    measured: { missing, notes, races, mixed: { on: mixed.on, off: mixed.off } },
    failed: countFailed(races),
  };
}

async function measureGrowth({ plan }: Call, folder: string): Promise<Outcome> {
  const orders = await measureOrderGrowth(plan.growth, { folder, closing });
  const catalog = await measureCatalogGrowth(plan.growth, { folder, closing });
  const races = [...orders.races, ...catalog.races];
  return {
    text: [renderRaces(races, "first"), [...orders.notes, ...catalog.notes].join("\n")],
    goals: [...orders.goals, ...catalog.goals],
    measured: { races, orders: orders.measured, catalog: catalog.measured },
    failed: countFailed(races),
  };
}

async function measureIdleness({ plan }: Call, folder: string): Promise<Outcome> {
  const { goals, notes, measured } = await measureIdle(plan.idle, { folder, closing });
  return { text: [notes.join("\n")], goals, measured, failed: 0 };
}
