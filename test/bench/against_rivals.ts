/**
 * Orders and cached look-ups beside rivals.
 *
 * Orders go through the public API, each on the disks of a majority before
 * its answer: beside puts into three etcd nodes and purchases in PostgreSQL
 * with two standbys, which promise the same, and beside a server that only
 * parses. Look-ups come from the front-end's cache, beside servers that answer
 * the same JSON and do nothing else; all of it with one HTTP thread, and with more.
 */
import { availableParallelism } from "node:os";
import { startStore } from "../../client/launcher/store.ts";
import { atLeast, atMost, type Goal } from "./goals.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import type { Closing } from "./processes.ts";
import {
  medianOf, runRaces, wrkPlayer, type Player, type RaceResult, type Turns,
} from "./race.ts";
import { startBareServer, startEtcd, startNginx, type Rival } from "./rivals.ts";
import { say } from "./say.ts";
import type { LoadResult } from "./wrk.ts";

export interface RivalsPlan {
  lookups: Turns;
  orders: Turns;
  /** Of orders; JavaScript that has run for 20 s is twice as fast as after 2. */
  warmUpSeconds: number;
}
export interface RivalsOptions {
  plan: RivalsPlan;
  /** HTTP threads that are compared with one. */
  threads: number;
  folder: string;
  closing: Closing;
}
export interface RivalsResult {
  races: RaceResult[];
  /** Rivals that did not take part, and why. */
  missing: string[];
  notes: string[];
  goals: Goal[];
}

/** So much that nothing sells out while it is measured; the first hundred of each are gone soon. */
export const ENDLESS_STOCK = { RESTOCK_MS: "200", RESTOCK_TO: "1000000" };
const ORDER_CONNECTIONS = [1, 64, 256];
const LOOKUP_CONNECTIONS = 64;
/** The last of a server's threads may come up after its first one answers. */
const WARM_UP = { rounds: 1, seconds: 1 };
/** PostgreSQL has room for 100, and is measured where its pgbench is usually run. */
const POSTGRES_CONNECTIONS = 64;
const STORE = "store";
const BARE = "node:http";
const POSTGRES = "PostgreSQL";

export async function measureAgainstRivals(options: RivalsOptions): Promise<RivalsResult> {
  const { plan, folder, closing, threads } = options;
  say("starting a store");
  const store = await startStore({ dataDir: `${folder}/store`, environment: ENDLESS_STOCK });
  closing.add(() => store.close());
  const names = await listNames(store.url);
  const product = `/products/${encodeURIComponent(names[0] ?? "")}`;
  const body = await (await fetch(`${store.url}${product}`)).text();
  const nginx = await startNginx(body, options);
  const lookups = await raceLookups(store.url, { ...options, product, body, nginx });

  const etcd = await startEtcd(options);
  const postgres = await startPostgres(names, closing);
  const parsing = await startBareServer({ mode: "parse", threads: 1, body: "" }, options);
  const orders = (name: string, url: string) => wrkPlayer(name, url, "orders", names.join(","));
  const writers: Player[] = [
    orders(STORE, store.url),
    ...(etcd ? [wrkPlayer(etcd.name, etcd.url, "puts")] : []),
    orders(`${BARE} parses`, `${parsing.url}orders`),
  ];
  const races = [...lookups, ...await raceOrders(writers, postgres, plan)];
  const missing = [
    ...(etcd ? [] : ["etcd (not installed)"]), ...(nginx ? [] : ["nginx (not installed)"]),
    ...(typeof postgres === "string" ? [postgres] : []),
  ];
  return { races, missing, notes: describe(races, threads), goals: judge(races, threads) };
}

interface LookupOptions extends RivalsOptions {
  product: string;
  body: string;
  nginx: Rival | null;
}

/** The store and the bare server with one thread and with more, all in the same rounds. */
async function raceLookups(url: string, options: LookupOptions): Promise<RaceResult[]> {
  const { plan, threads, product, body, nginx, folder, closing } = options;
  const environment = ENDLESS_STOCK;
  const threaded = await startStore({ dataDir: `${folder}/threaded`, environment, threads });
  closing.add(() => threaded.close());
  const bare = await startBareServer({ mode: "answer", threads: 1, body }, options);
  const bareThreaded = await startBareServer({ mode: "answer", threads, body }, options);
  const reader = (name: string, at: string) => wrkPlayer(name, at, "get");
  const one = [
    reader(STORE, `${url}${product}`), reader(BARE, bare.url),
    ...(nginx ? [reader(nginx.name, nginx.url)] : []),
  ];
  const more = [reader(STORE, `${threaded.url}${product}`), reader(BARE, bareThreaded.url)];
  say(`look-ups, ${LOOKUP_CONNECTIONS} connections, with 1 thread and with ${threads}`);
  const connections = LOOKUP_CONNECTIONS;
  const races = [
    { what: nameOf(1), connections, players: one },
    { what: nameOf(threads), connections, players: more },
  ];
  await runRaces(races, WARM_UP);
  const results = await runRaces(races, plan.lookups);
  await checkCached(`${url}${product}`);
  await checkCached(`${threaded.url}${product}`);
  await threaded.close();
  return results;
}

function nameOf(threads: number): string {
  return `look-ups, ${threads} thread${threads === 1 ? "" : "s"}`;
}

async function checkCached(url: string): Promise<void> {
  const cached = (await fetch(url)).headers.get("cache-status") ?? "";
  if (!/; *hit/.test(cached)) throw new Error(`Look-ups did not come from the cache: ${cached}`);
}

async function raceOrders(
  writers: readonly Player[],
  postgres: Postgres | string,
  plan: RivalsPlan,
): Promise<RaceResult[]> {
  const at = (connections: number) =>
    typeof postgres === "string" || connections !== POSTGRES_CONNECTIONS
      ? writers
      : [...writers, postgres];
  say(`warming up, ${plan.warmUpSeconds} s each; the first stock is sold out and filled up`);
  for (const { run } of at(POSTGRES_CONNECTIONS)) {
    await run(POSTGRES_CONNECTIONS, plan.warmUpSeconds);
  }
  const races: RaceResult[] = [];
  for (const connections of ORDER_CONNECTIONS) {
    const players = at(connections);
    say(`orders, ${connections} connections: ${players.map(({ name }) => name).join(", ")}`);
    races.push(...await runRaces([{ what: "orders", connections, players }], plan.orders));
  }
  return races;
}

export async function listNames(url: string): Promise<string[]> {
  const { data } = (await (await fetch(`${url}/products`)).json()) as { data: { name: string }[] };
  return data.map(({ name }) => name);
}

const rate = (result: LoadResult) => result.perSecond;
const p50 = (result: LoadResult) => result.p50Ms;
const p99 = (result: LoadResult) => result.p99Ms;

function describe(races: readonly RaceResult[], threads: number): string[] {
  const gain = threadGain(races, threads).toFixed(2);
  const cores = availableParallelism();
  const share = `Look-ups with ${threads} threads: ${gain} × those with one.`;
  if (cores > threads) return [share];
  return [`${share} It means nothing here: ${cores} cores, of which wrk takes one.`];
}

function threadGain(races: readonly RaceResult[], threads: number): number {
  const [one, more] = [1, threads].map((count) =>
    medianOf(races.find(({ what }) => what === nameOf(count)), STORE, rate));
  return more! / one!;
}

function judge(races: readonly RaceResult[], threads: number): Goal[] {
  const orders = (connections: number) =>
    races.find((race) => race.what === "orders" && race.connections === connections);
  const ratio = (
    race: RaceResult | undefined,
    rival: string,
    pick: (result: LoadResult) => number,
  ) => medianOf(race, STORE, pick) / medianOf(race, rival, pick);
  const beside = (count: number) =>
    ratio(races.find(({ what }) => what === nameOf(count)), BARE, rate);
  const scaling = atLeast(`look-ups, ${threads} threads beside 1`, 1.6, threadGain(races, threads));
  const hasCores = availableParallelism() > threads;
  return [
    atMost("orders at 1, p50 beside etcd's", 2, ratio(orders(1), "etcd", p50)),
    atLeast("orders at 64 beside etcd's puts", 1.5, ratio(orders(64), "etcd", rate)),
    atMost("orders at 64, p99 beside etcd's", 1, ratio(orders(64), "etcd", p99)),
    atLeast("orders at 64 beside PostgreSQL's", 3, ratio(orders(64), POSTGRES, rate)),
    atLeast("orders at 256 beside etcd's puts", 2.5, ratio(orders(256), "etcd", rate)),
    atMost("orders at 256, p99 beside etcd's", 1, ratio(orders(256), "etcd", p99)),
    atLeast("look-ups beside bare node:http, 1 thread", 0.9, beside(1)),
    atLeast(`look-ups beside bare node:http, ${threads} threads`, 0.9, beside(threads)),
    hasCores ? scaling : { ...scaling, met: null, measured: `${scaling.measured}, too few cores` },
  ];
}
