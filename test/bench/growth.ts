/**
 * `npm run bench -- --growth`: what a million of something costs. Two stores
 * side by side, one with a million orders in its log and one with none: their
 * rates, the restart and the memory of a replica, and a follower that has
 * missed the million. The catalog with a million products: growth_catalog.ts.
 */
import { memoryOf } from "../../client/launcher/process_table.ts";
import { type Member, memberFolder } from "../../client/launcher/layout.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { startStore } from "../../client/launcher/store.ts";
import { monotonicMs, pause, systemClock } from "../../shared/clock.ts";
import type { ReplicaHealth } from "../../shared/messages/messages.ts";
import { ENDLESS_STOCK, listNames } from "./against_rivals.ts";
import { atLeast, atMost, type Goal } from "./goals.ts";
import { forgetLog, giveLog, makeLog, type GrownLog } from "./grown_log.ts";
import type { Closing } from "./processes.ts";
import { medianOf, runRaces, wrkPlayer, type RaceResult, type Turns } from "./race.ts";
import { say } from "./say.ts";
import { runWrk } from "./wrk.ts";

const ORDERS = 1_000_000;
const CONNECTIONS = 64;
const WARM_UP = { rounds: 1, seconds: 15 };
/** Until a process that has just started holds what it will go on holding. */
const SETTLE_MS = 3_000;
/** Load before the follower comes back: to get going, and to be measured. */
const BEFORE_MS = 6_000;
const GET_GOING_MS = 2_000;
const CATCH_UP_MAX_MS = 120_000;
const POLL_MS = 50;
const LOAD_SECONDS = 2;

export interface GrowthResult {
  goals: Goal[];
  races: RaceResult[];
  notes: string[];
  measured: object;
}

export async function measureOrderGrowth(
  turns: Turns,
  { folder, closing }: { folder: string; closing: Closing },
): Promise<GrowthResult> {
  const start = async (dataDir: string) => {
    const store = await startStore({ dataDir, environment: ENDLESS_STOCK });
    closing.add(() => store.close());
    return store;
  };
  say("starting two stores, one of them with a million orders");
  const empty = await start(`${folder}/empty`);
  const grown = await start(`${folder}/grown`);
  const names = await listNames(grown.url);
  const log = makeLog(`${folder}/grown.csv`, ORDERS, names);
  await giveAll(grown, log);

  say("restarting a replica of each");
  const restart = await measureRestart(grown);
  const bare = await measureRestart(empty);
  const bytesPerOrder = (restart.bytes - bare.bytes) / ORDERS;

  say("orders, with a million in the log and with none");
  const script = ["orders", names.join(",")];
  const players = [
    wrkPlayer("1,000,000 orders", grown.url, ...script), wrkPlayer("empty", empty.url, ...script),
  ];
  const race = [{ what: "orders", connections: CONNECTIONS, players }];
  await runRaces(race, WARM_UP);
  const races = await runRaces(race, turns);
  const [million, none] = players.map(({ name }) =>
    medianOf(races[0], name, (result) => result.perSecond));
  await empty.close();

  say("a follower comes back that has missed a million rows");
  const comeback = await measureComeback(grown, log, script);
  await grown.close();
  const notes = [
    `Restart of a replica with 1,000,000 orders: ${restart.ms.toFixed(0)} ms; with none: ` +
      `${bare.ms.toFixed(0)} ms.`,
    `Orders/s while the follower was down: ${comeback.before.toFixed(0)}; while it caught up: ` +
      `${comeback.during.toFixed(0)}.`,
  ];
  const goals = [
    atLeast("orders/s with 1,000,000 in the log, beside none", 0.95, million! / none!),
    atMost("restart of a replica with 1,000,000 orders", 1_500, restart.ms, "ms"),
    atMost("memory of an order in a replica", 100, bytesPerOrder, "bytes"),
    atMost("a follower has 1,000,000 missed rows", 10, comeback.seconds, "s"),
    atLeast("orders/s meanwhile, beside before", 0.8, comeback.during / comeback.before),
  ];
  const measured = { restart, restartEmpty: bare, bytesPerOrder, comeback };
  return { goals, races, notes, measured };
}

async function giveAll(store: RunningStore, log: GrownLog): Promise<void> {
  await store.stopAll();
  const replicas = store.members.filter(({ kind }) => kind === "order");
  for (const replica of replicas) await giveLog(log, memberFolder(store.dataDir, replica));
  await store.start(store.members);
  await store.untilReady(store.members.filter(({ kind }) => kind === "frontend"));
  const found = await fetch(`${store.url}/orders/${ORDERS}`);
  if (!found.ok) throw new Error(`The store does not show order ${ORDERS}: ${found.status}`);
}

/** From the start of its process until it answers, and what it holds when it has settled. */
async function measureRestart(store: RunningStore): Promise<{ ms: number; bytes: number }> {
  const replica = await findFollower(store);
  await store.stop(replica);
  const startMs = monotonicMs();
  await store.start([replica]);
  const ms = monotonicMs() - startMs;
  await pause(systemClock, SETTLE_MS);
  return { ms, bytes: memoryOf([store.process(replica).pid() ?? 0]) };
}

/** How long a follower takes for a million, and orders/s meanwhile and in the seconds before. */
async function measureComeback(store: RunningStore, log: GrownLog, script: readonly string[]) {
  const follower = await findFollower(store);
  await store.stop(follower);
  await forgetLog(log, memberFolder(store.dataDir, follower));
  let isOver = false;
  const load = keepLoading(store.url, script, () => isOver);
  try {
    await pause(systemClock, GET_GOING_MS);
    const first = await committed(store);
    await pause(systemClock, BEFORE_MS);
    const start = await committed(store);
    await store.start([follower]);
    const missed = { index: ORDERS + 1, since: start.atMs };
    const hasAll = await untilHolds(store, follower, missed);
    const end = await committed(store);
    return {
      seconds: hasAll ? (end.atMs - start.atMs) / 1_000 : NaN,
      before: perSecond(first, start),
      during: perSecond(start, end),
    };
  } finally {
    isOver = true;
    await load;
  }
}

async function keepLoading(
  url: string,
  script: readonly string[],
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) await runWrk({ url, script, connections: CONNECTIONS, seconds: LOAD_SECONDS });
}

/** False when it took too long. */
async function untilHolds(
  store: RunningStore,
  follower: Member,
  { index, since }: { index: number; since: number },
): Promise<boolean> {
  while (((await healthOf(store, follower))?.lastIndex ?? 0) < index) {
    if (monotonicMs() - since > CATCH_UP_MAX_MS) return false;
    await pause(systemClock, POLL_MS);
  }
  return true;
}

interface Moment {
  atMs: number;
  /** The last row that is committed. */
  index: number;
}

async function committed(store: RunningStore): Promise<Moment> {
  const replicas = store.members.filter(({ kind }) => kind === "order");
  const healths = await Promise.all(replicas.map((replica) => healthOf(store, replica)));
  const indexes = healths.map((health) => health?.commitIndex ?? 0);
  return { atMs: monotonicMs(), index: Math.max(...indexes) };
}

function perSecond(from: Moment, to: Moment): number {
  return ((to.index - from.index) * 1_000) / (to.atMs - from.atMs);
}

async function findFollower(store: RunningStore): Promise<Member> {
  for (const member of store.members.filter(({ kind }) => kind === "order")) {
    if ((await healthOf(store, member))?.role === "follower") return member;
  }
  throw new Error("No order replica follows");
}

/** Null while it does not answer. */
async function healthOf(store: RunningStore, member: Member): Promise<ReplicaHealth | null> {
  try {
    const answer = await fetch(`${member.internalUrl}/health`, { headers: store.internalHeaders });
    return (await answer.json()) as ReplicaHealth;
  } catch {
    return null;
  }
}
