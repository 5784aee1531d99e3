/**
 * The load of the client, look-ups of which every fifth becomes an order, with
 * the cache on and off: two stores, which take turns under the same client.
 */
import { fileURLToPath } from "node:url";
import { startStore } from "../../client/launcher/store.ts";
import { ENDLESS_STOCK } from "./against_rivals.ts";
import { atLeast, type Goal } from "./goals.ts";
import { runToEnd, type Closing } from "./processes.ts";
import { median, renderTable, takeTurns } from "./rounds.ts";
import { say } from "./say.ts";

const CLIENT = fileURLToPath(new URL("../../client/client.ts", import.meta.url));
const PROBABILITY = "0.2";
const CLIENTS = 64;
const CLIENT_MAX_MS = 120_000;

export interface MixedPlan {
  rounds: number;
  /** Look-ups of each of the clients; each run is a new process, which first has to get going. */
  iterations: number;
}
export interface MixedRun {
  throughput: number;
  ordersPerSecond: number;
  lookupP50Ms: number;
  lookupP99Ms: number;
  orderP99Ms: number;
  /** Share of the look-ups that the cache answered. */
  hits: number;
}
export interface MixedResult {
  on: MixedRun[];
  off: MixedRun[];
  goals: Goal[];
}
/** What is read of the client's JSON. */
interface Report {
  throughput: number;
  orders_per_second: number;
  types: Record<"lookup" | "hit" | "order", { count: number; p50: number; p99: number }>;
}

export async function measureMixed(
  plan: MixedPlan,
  { folder, closing }: { folder: string; closing: Closing },
): Promise<MixedResult> {
  say("starting a store with a cache and one without");
  const environment = ENDLESS_STOCK;
  const on = await startStore({ dataDir: `${folder}/cached`, environment });
  closing.add(() => on.close());
  const off = await startStore({ dataDir: `${folder}/uncached`, environment, cacheSize: 0 });
  closing.add(() => off.close());
  say(`mixed load, ${CLIENTS} clients, ${plan.rounds} rounds and one to warm up`);
  const turns = [on, off].map(({ url }) => () => buy(url, plan.iterations));
  await takeTurns(turns, 1);
  const [runsOn = [], runsOff = []] = await takeTurns(turns, plan.rounds);
  await on.close();
  await off.close();
  return { on: runsOn, off: runsOff, goals: judge(runsOn, runsOff) };
}

async function buy(url: string, iterations: number): Promise<MixedRun> {
  const args = [
    "--import", "tsx", CLIENT, PROBABILITY, "--clients", String(CLIENTS),
    "--iterations", String(iterations), "--url", url, "--json",
  ];
  const output = await runToEnd(process.execPath, args, { timeoutMs: CLIENT_MAX_MS });
  const { throughput, orders_per_second, types } = JSON.parse(output) as Report;
  return {
    throughput,
    ordersPerSecond: orders_per_second,
    lookupP50Ms: types.lookup.p50,
    lookupP99Ms: types.lookup.p99,
    orderP99Ms: types.order.p99,
    hits: types.hit.count / types.lookup.count,
  };
}

function medianOf(runs: readonly MixedRun[], field: keyof MixedRun): number {
  return median(runs.map((run) => run[field]));
}

function judge(on: readonly MixedRun[], off: readonly MixedRun[]): Goal[] {
  const gain = (field: keyof MixedRun) => medianOf(on, field) / medianOf(off, field);
  return [
    atLeast("mixed load, requests/s with the cache", 2, gain("throughput")),
    atLeast("mixed load, p99 of look-ups better by", 2, 1 / gain("lookupP99Ms")),
    atLeast("mixed load, p99 of orders better by", 2, 1 / gain("orderP99Ms")),
  ];
}

export function renderMixed({ on, off }: MixedResult): string {
  const row = (name: string, runs: readonly MixedRun[]) => [
    name,
    medianOf(runs, "throughput").toFixed(0),
    (medianOf(on, "throughput") / medianOf(runs, "throughput")).toFixed(2),
    medianOf(runs, "ordersPerSecond").toFixed(0),
    medianOf(runs, "lookupP50Ms").toFixed(2),
    medianOf(runs, "lookupP99Ms").toFixed(2),
    medianOf(runs, "orderP99Ms").toFixed(2),
    `${(100 * medianOf(runs, "hits")).toFixed(0)} %`,
  ];
  return renderTable([
    [
      `client.ts ${PROBABILITY}, ${CLIENTS} clients`, "requests/s", "cache on is ×", "orders/s",
      "look-up p50 ms", "p99 ms", "order p99 ms", "hits",
    ],
    row("cache on", on),
    row("cache off", off),
  ]);
}
