/**
 * `npm run bench -- --overload`: how the store behaves at 1, 2 and 10 times the load that it can
 * carry. A store that does nothing about overload answers late, and so nobody: its goodput falls
 * where it is needed most. Wanted is that it does as much as ever, refuses the rest quickly, and
 * is itself again at once.
 */
import { startStore } from "../../client/launcher/store.ts";
import { monotonicMs } from "../../shared/clock.ts";
import { listNames } from "./against_rivals.ts";
import { atLeast, atMost, type Goal } from "./goals.ts";
import { nameOf, startWith } from "./growth_catalog.ts";
import type { LoadSeen } from "./overload_load.ts";
import {
  measureRow, warmUp, type OverloadKind, type OverloadPlan, type OverloadRow,
} from "./overload_row.ts";
import { LoadThread } from "./overload_thread.ts";
import type { Closing } from "./processes.ts";
import { renderTable } from "./rounds.ts";
import { say } from "./say.ts";

export interface OverloadResult {
  goals: Goal[];
  text: string[];
  measured: object;
  /** Answers that are neither good nor a refusal. */
  failed: number;
}

const PRODUCTS = 200_000;
/** Names that are looked up without a cache, all over the catalog. */
const ASKED = 2_000;
const DEPTHS = [1, 16];
const CROWDS = [16, 128, 512];
/** A search looks at every name there is. */
const SEARCH_CROWDS = [2, 16];
const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const GOODPUT = 0.9;
const SLOWER = 3;
const REFUSAL_MS = 100;
const BACK_SECONDS = 2;

export async function measureOverload(
  plan: OverloadPlan,
  { folder, closing }: { folder: string; closing: Closing },
): Promise<OverloadResult> {
  say(`starting a store, and one with ${PRODUCTS} products and no cache`);
  const store = await startStore({
    dataDir: `${folder}/overload`, cacheSize: 1_000, environment: STOCKED,
  });
  closing.add(() => store.close());
  const large = await startWith(PRODUCTS, { folder, closing });
  await large.untilReady(large.members.filter(({ kind }) => kind === "frontend"));
  const thread = new LoadThread();
  closing.add(() => thread.close());

  const { rows, left } = await measureRows(thread, await kindsOf(store.url, large.url), plan);
  const gone = [store, large].flatMap((one) =>
    one.members.filter((member) => !one.isRunning(member)).map(({ name }) => name));
  await thread.close();
  await store.close();
  await large.close();
  const notes = [
    "A request is sent when it was planned if a connection has room, at most so many deep;",
    "good/s are wanted answers, × beside the best of closed loops; p99 from when it was written.",
    ...(left.length > 0 ? [`There was no time for: ${left.join("; ")}.`] : []),
    ...(gone.length > 0 ? [`Members that ended meanwhile: ${gone.join(", ")}.`] : []),
  ];
  const failed = rows.flatMap(({ loads }) => loads)
    .reduce((sum, { seen }) => sum + Math.round(seen.other * plan.openSeconds), 0);
  const text = [renderRows(rows), notes.join("\n")];
  return { goals: rows.flatMap(judge), text, measured: { overload: rows, gone }, failed };
}

async function measureRows(
  thread: LoadThread,
  kinds: readonly OverloadKind[],
  plan: OverloadPlan,
): Promise<{ rows: OverloadRow[]; left: string[] }> {
  const deadline = monotonicMs() + plan.maxSeconds * 1_000;
  const rows: OverloadRow[] = [];
  const left: string[] = [];
  for (const kind of kinds) {
    if (monotonicMs() < deadline) await warmUp(thread, kind, plan.firstSeconds);
    let shallower: OverloadRow | undefined;
    for (const depth of DEPTHS) {
      const name = `${kind.what}, ${depth} deep`;
      if (monotonicMs() > deadline) {
        left.push(name);
        continue;
      }
      say(name);
      shallower = await measureRow(thread, { kind, depth, plan, shallower });
      rows.push(shallower);
    }
  }
  return { rows, left };
}

async function kindsOf(url: string, large: string): Promise<OverloadKind[]> {
  const names = (await listNames(url)).map(encodeURIComponent);
  const step = PRODUCTS / ASKED;
  const spread = Array.from({ length: ASKED }, (_, at) => nameOf(at * step + 1));
  const lookUps = (from: readonly string[]) => from.map((name) => get(`/products/${name}`));
  const [before, after] = get("/products/nothing-|").split("|") as [string, string];
  const ok = (texts: readonly string[]) => ({ texts, good: 200 });
  return [
    { what: "look-ups that hit", url, requests: ok(lookUps(names)), crowds: CROWDS },
    { what: "look-ups that miss", url: large, requests: ok(lookUps(spread)), crowds: CROWDS },
    {
      what: "unknown names", url, crowds: CROWDS,
      requests: { texts: [before, after], distinct: true, good: 404 },
    },
    { what: "orders", url, requests: ok(names.map(order)), crowds: CROWDS },
    {
      // One product each, and the whole catalog to be looked through for it.
      what: "searches", url: large, crowds: SEARCH_CROWDS,
      requests: ok(spread.map((name) => get(`/products?q=${name.slice(1)}`))),
    },
  ];
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: store\r\n\r\n`;
}

function order(encoded: string): string {
  const body = JSON.stringify({ name: decodeURIComponent(encoded), quantity: 1 });
  const head = [
    "POST /orders HTTP/1.1", "Host: store", "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function renderRows(rows: readonly OverloadRow[]): string {
  const headings = [
    "load, depth", "connections", "offered/s", "sent/s", "good/s", "×", "p99 ms", "×",
    "refused/s", "p99 ms", "closed", "back s",
  ];
  return renderTable([headings, ...rows.flatMap(linesOf)]);
}

function linesOf(row: OverloadRow): string[][] {
  const { capacity, loads, connections, backSeconds } = row;
  const line = (what: string, crowd: number, seen: LoadSeen, back: string) => [
    what, String(crowd), ...[seen.offered, seen.sent, seen.good].map((rate) => rate.toFixed(0)),
    (seen.good / capacity.good).toFixed(2), seen.goodP99Ms.toFixed(1),
    (seen.goodP99Ms / capacity.goodP99Ms).toFixed(2), seen.refused.toFixed(0),
    Number.isNaN(seen.refusedP99Ms) ? "-" : seen.refusedP99Ms.toFixed(1), String(seen.closes), back,
  ];
  return [
    line(`${row.what}, ${row.depth}`, connections, capacity, ""),
    ...loads.map(({ times, connections: crowd, seen }, at) =>
      line(`  ${times} ×`, crowd, seen, at === loads.length - 1 ? backSeconds.toFixed(2) : "")),
  ];
}

/** The worst of the loads beyond its capacity counts. */
function judge({ what, depth, capacity, loads, backSeconds }: OverloadRow): Goal[] {
  const seen = loads.filter(({ times }) => times > 1).map((load) => load.seen);
  const name = `${what}, ${depth} deep`;
  const slower = seen.map(({ goodP99Ms }) => goodP99Ms / capacity.goodP99Ms);
  const refusals = seen.map(({ refusedP99Ms }) => refusedP99Ms).filter((ms) => !Number.isNaN(ms));
  const refusalMs = refusals.length === 0 ? NaN : Math.max(...refusals);
  const least = Math.min(...seen.map(({ good }) => good / capacity.good));
  return [
    atLeast(`${name}: good answers beside the best`, GOODPUT, least),
    atMost(`${name}: p99 of these beside the best's`, SLOWER, Math.max(...slower)),
    atMost(`${name}: p99 of refusals`, REFUSAL_MS, refusalMs, "ms"),
    atMost(`${name}: back to 95 % after 10 ×`, BACK_SECONDS, backSeconds, "s"),
  ];
}
