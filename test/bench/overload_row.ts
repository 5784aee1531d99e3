/**
 * One kind of request at 1, 2 and 10 times what a store can carry of it: first its capacity, by a
 * closed loop; then open loops that plan so many times as much; last how soon it is itself again.
 */
import { monotonicMs } from "../../shared/clock.ts";
import { SLICE_MS, type LoadPlan, type LoadSeen, type Requests } from "./overload_load.ts";
import type { LoadThread } from "./overload_thread.ts";

export interface OverloadKind {
  what: string;
  url: string;
  requests: Requests;
  /** Connections of the closed loop: of these the crowd with the best goodput is taken. */
  crowds: readonly number[];
}
export interface OverloadPlan {
  /** Before the first load of each kind, and of each closed loop. */
  firstSeconds: number;
  warmUpSeconds: number;
  /** Of each closed loop, and of each open one. */
  closedSeconds: number;
  openSeconds: number;
  /** How long goodput may take to come back before it is given up. */
  recoverySeconds: number;
  /** Rows that have not begun by then are left out. */
  maxSeconds: number;
}
export interface OverloadRow {
  what: string;
  depth: number;
  connections: number;
  capacity: LoadSeen;
  loads: { times: number; connections: number; seen: LoadSeen }[];
  /** Infinity: goodput did not come back in time. */
  backSeconds: number;
}

const TIMES = [1, 2, 10];
const CONNECTIONS_MAX = 1_500;
/** One asks alone until it is answered: the load before has left nothing to be done then. */
const ALONE_SECONDS = 0.2;
const ALONE_TIMES_MAX = 5;
const BACK = 0.95;
/** Over so long goodput is looked at: single slices go up and down. */
const BACK_WINDOW_MS = 250;

export async function measureRow(
  thread: LoadThread,
  { kind, depth, plan, shallower }: {
    kind: OverloadKind;
    depth: number;
    plan: OverloadPlan;
    /** What the store carries one request at a time, it is to carry in any other way. */
    shallower: OverloadRow | undefined;
  },
): Promise<OverloadRow> {
  const { hostname: host, port } = new URL(kind.url);
  const base = { host, port: Number(port), requests: kind.requests, depth };
  const closed = async (connections: number): Promise<LoadSeen> => {
    const { warmUpSeconds, closedSeconds: seconds } = plan;
    const full = { ...base, connections, perSecond: null };
    return thread.run({ ...full, seconds, warmUpSeconds });
  };
  let connections = shallower?.connections ?? 1;
  let capacity = shallower?.capacity ?? null;
  for (const crowd of kind.crowds) {
    const seen = await closed(crowd);
    await settle(thread, base);
    if (capacity === null || seen.good > capacity.good) [connections, capacity] = [crowd, seen];
  }
  const loads: OverloadRow["loads"] = [];
  for (const times of TIMES) {
    if (loads.length > 0) await settle(thread, base);
    const many = Math.min(CONNECTIONS_MAX, connections * times);
    const perSecond = capacity!.good * times;
    const seen = await thread.run({
      ...base, connections: many, perSecond, seconds: plan.openSeconds, warmUpSeconds: 0,
    });
    loads.push({ times, connections: many, seen });
  }
  const after = { ...base, connections, seconds: plan.recoverySeconds };
  const backSeconds = await measureBack(thread, after, capacity!.good);
  return { what: kind.what, depth, connections, capacity: capacity!, loads, backSeconds };
}

/** Makes the processes quick before anything is compared: what is cold gets better by itself. */
export async function warmUp(
  thread: LoadThread,
  { url, requests, crowds }: OverloadKind,
  seconds: number,
): Promise<void> {
  const { hostname: host, port } = new URL(url);
  const base = { host, port: Number(port), requests, depth: 1 };
  const crowd = { connections: crowds[0]!, perSecond: null, seconds, warmUpSeconds: 0 };
  await thread.run({ ...base, ...crowd });
  await settle(thread, base);
}

async function settle(
  thread: LoadThread,
  base: Pick<LoadPlan, "host" | "port" | "requests">,
): Promise<void> {
  const alone = { connections: 1, depth: 1, seconds: ALONE_SECONDS };
  for (let nth = 0; nth < ALONE_TIMES_MAX; nth++) {
    const seen = await thread.run({ ...base, ...alone, perSecond: null, warmUpSeconds: 0 });
    if (seen.good > 0) return;
  }
}

/** The load before has just hung up; seconds until the crowd of the closed loop gets its best. */
async function measureBack(
  thread: LoadThread,
  plan: Omit<LoadPlan, "perSecond" | "warmUpSeconds">,
  best: number,
): Promise<number> {
  const startMs = monotonicMs();
  const seen = await thread.run({ ...plan, perSecond: null, warmUpSeconds: 0 });
  // Until the connections were open: a store that lets nobody in is not back.
  const openingMs = Math.max(0, monotonicMs() - startMs - plan.seconds * 1_000);
  const width = BACK_WINDOW_MS / SLICE_MS;
  for (let at = 0; at + width <= seen.slices.length; at++) {
    const good = seen.slices.slice(at, at + width).reduce((sum, count) => sum + count, 0);
    if (good >= (best * BACK * BACK_WINDOW_MS) / 1_000) return (openingMs + at * SLICE_MS) / 1_000;
  }
  return Infinity;
}
