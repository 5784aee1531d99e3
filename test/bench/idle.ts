/**
 * `npm run bench -- --idle`: what a store costs that does nothing, how soon
 * ./start.sh has it ready, and whether it holds more memory after millions of
 * requests than after the first.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { claimPortBase } from "../../client/launcher/free_ports.ts";
import { PROJECT_FOLDER } from "../../client/launcher/layout.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { start } from "../../client/launcher/store.ts";
import { monotonicMs, pause, systemClock } from "../../shared/clock.ts";
import { listNames } from "./against_rivals.ts";
import { atMost, type Goal } from "./goals.ts";
import { runToEnd, type Closing } from "./processes.ts";
import { median } from "./rounds.ts";
import { say } from "./say.ts";
import { runWrk } from "./wrk.ts";

/** All else is as it comes, for what a store does at rest. */
const ENDLESS_STOCK = { RESTOCK_TO: "1000000" };
const REST_MS = 20_000;
const SETTLE_MS = 3_000;
const START_MAX_MS = 60_000;
const CONNECTIONS = 64;
/** Of /proc/<pid>/stat: 10 ms each, on every Linux. */
const TICK_MS = 10;
/** Between two looks at the memory. */
const LOOKUP_SECONDS = 8;
const ORDER_SECONDS = 2;
const LOOKS_MIN = 6;
/** A restock comes every ten seconds. */
const RESTOCK_MAX_MS = 30_000;
const POLL_MS = 200;

export interface IdlePlan {
  /** Requests, look-ups and orders together, over which the memory is watched. */
  requests: number;
}
export interface IdleResult {
  goals: Goal[];
  notes: string[];
  measured: object;
}
interface Look {
  requests: number;
  /** Of these; a replica remembers each for ever, in a few bytes. */
  orders: number;
  bytes: number;
}

export async function measureIdle(
  plan: IdlePlan,
  { folder, closing }: { folder: string; closing: Closing },
): Promise<IdleResult> {
  say("starting a store by ./start.sh");
  const { store, seconds } = await startByScript(`${folder}/idle`, closing);
  say(`${REST_MS / 1_000} s of rest`);
  const shares = await measureRest(store);
  const share = shares.reduce((sum, one) => sum + one.share, 0);
  say(`${plan.requests} requests`);
  const looks = await watchMemory(store, plan.requests);
  const growth = growthOf(looks);
  await store.close();
  const { requests = 0, orders = 0 } = looks.at(-1) ?? {};
  const each = shares.map((one) => `${one.name} ${(one.share * 100).toFixed(2)} %`).join(", ");
  const megabytes = looks.map((look) => Math.round(look.bytes / 1e6)).join(", ");
  const notes = [
    `At rest, of a core: ${each}.`,
    `MB held while ${requests} requests came, ${orders} of them orders: ${megabytes}.`,
  ];
  const goals = [
    atMost("all five processes at rest, of a core", 2, share * 100, "%"),
    atMost("ready by ./start.sh, installed", 3, seconds, "s"),
    atMost(`memory, last third of ${requests} requests beside the second`, 1.05, growth),
  ];
  return { goals, notes, measured: { startSeconds: seconds, rest: shares, looks } };
}

async function startByScript(
  dataDir: string,
  closing: Closing,
): Promise<{ store: RunningStore; seconds: number }> {
  const claim = await claimPortBase({});
  closing.add(() => claim.release());
  const args = ["--data", dataDir, "--port-base", String(claim.portBase)];
  const env = { ...process.env, ...ENDLESS_STOCK };
  closing.add(() => stopByScript(dataDir));
  const startMs = monotonicMs();
  const script = join(PROJECT_FOLDER, "start.sh");
  await runToEnd(script, args, { timeoutMs: START_MAX_MS, env });
  const seconds = (monotonicMs() - startMs) / 1_000;
  // Everything runs: this only finds it.
  const { store } = await start({ dataDir });
  return { store, seconds };
}

async function stopByScript(dataDir: string): Promise<void> {
  const script = join(PROJECT_FOLDER, "stop.sh");
  await runToEnd(script, ["--data", dataDir], { timeoutMs: START_MAX_MS });
}

/** Each member's share of one core; NaN where there is no /proc. */
async function measureRest(store: RunningStore): Promise<{ name: string; share: number }[]> {
  const members = store.running();
  const read = () => members.map((member) => cpuMs(store.process(member).pid() ?? 0));
  await pause(systemClock, SETTLE_MS);
  const startMs = monotonicMs();
  const before = read();
  await pause(systemClock, REST_MS);
  const after = read();
  const elapsedMs = monotonicMs() - startMs;
  return members.map(({ name }, at) => ({ name, share: (after[at]! - before[at]!) / elapsedMs }));
}

/** What a process has computed, all its threads together. */
function cpuMs(pid: number): number {
  if (!existsSync("/proc/self/stat")) return NaN;
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // utime and stime, the 14th and 15th field; the second, a name in brackets, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Sells the first hundred of each product, and waits for the million that comes after them. */
async function sellOut(store: RunningStore, names: readonly string[]): Promise<void> {
  const script = ["orders", names.join(",")];
  const warmUp = { url: store.url, connections: CONNECTIONS, seconds: ORDER_SECONDS, script };
  const deadline = monotonicMs() + RESTOCK_MAX_MS;
  while (monotonicMs() < deadline) {
    await runWrk(warmUp);
    const { data } = (await (await fetch(`${store.url}/products`)).json()) as {
      data: { quantity: number }[];
    };
    if (data.every(({ quantity }) => quantity > 100)) return;
    await pause(systemClock, POLL_MS);
  }
  throw new Error("What was sold out did not come back");
}

/** Look-ups and orders in turn; the memory of all members after each pair. */
async function watchMemory(store: RunningStore, wanted: number): Promise<Look[]> {
  const names = await listNames(store.url);
  const paths = names.map((name) => `/products/${encodeURIComponent(name)}`).join(",");
  const looks: Look[] = [];
  let [requests, orders] = [0, 0];
  const load = async (seconds: number, ...script: string[]) => {
    const turn = { url: store.url, connections: CONNECTIONS, seconds, script };
    const { perSecond, refused } = await runWrk(turn);
    if (refused > 0) throw new Error(`${refused} requests were refused`);
    const made = Math.round(perSecond * seconds);
    requests += made;
    if (script[0] === "orders") orders += made;
  };
  await sellOut(store, names);
  while (requests < wanted || looks.length < LOOKS_MIN) {
    await load(LOOKUP_SECONDS, "paths", paths);
    await load(ORDER_SECONDS, "orders", names.join(","));
    looks.push({ requests, orders, bytes: store.memory() });
    say(`${requests} requests, ${Math.round(store.memory() / 1e6)} MB`);
  }
  return looks;
}

/** Of the last third beside the second: in the first one buffers and caches fill up. */
function growthOf(looks: readonly Look[]): number {
  const third = Math.floor(looks.length / 3);
  const bytes = looks.map((look) => look.bytes);
  return median(bytes.slice(-third)) / median(bytes.slice(third, looks.length - third));
}
