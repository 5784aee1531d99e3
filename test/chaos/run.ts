/**
 * One run of chaos: a store of its own, a crowd that uses it, a nemesis that
 * breaks it, peace, and the verdict. Safety is judged over all of it; that it
 * comes back, after the last fault was undone. Where the machine lets it,
 * each member has a network of its own, so that it can be cut off.
 */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { audit } from "../../client/check/main.ts";
import type { CheckResult } from "../../client/check/verdict.ts";
import { membersOf } from "../../client/launcher/layout.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { DEFAULT_SETTINGS } from "../../client/launcher/settings.ts";
import { startStore } from "../../client/launcher/store.ts";
import { createRandom } from "../../client/load/random.ts";
import { monotonicMs } from "../../shared/clock.ts";
import type { Store } from "../../shared/stores/store.ts";
import { readArtefacts } from "../checker/final_state.ts";
import { Crowd } from "./buyers.ts";
import { type Counts, countsOf, emptyOf } from "../checker/counts.ts";
import type { History, Operation } from "../checker/history.ts";
import { judge, type Violation } from "../checker/checker.ts";
import { Nemesis } from "./nemesis.ts";
import { Network, NoNetworkError } from "./network.ts";
import { type Waiting, waitingByKind } from "./pauses.ts";
import { Recorder } from "./recorder.ts";
import { drawSchedule, type Kinds } from "./schedule.ts";
import { Stalls } from "./event_loop_lag.ts";
import { prepareWares, storeOf, type Ware } from "./products.ts";

export const RESTOCK_TO = 100;
const RESTOCK_MS = 300;
const ORDERS = 3;
const ADMIN_TOKEN = "the-token-of-the-admin";
/** After the last fault, everything must be well again by then. */
export const SETTLE_MAX_MS = 10_000;
const PEACE_MS = 1_000;
const POLL_MS = 25;
/** The clients' numbers go up from 1; this one makes sure of things at the end. */
const LAST_CLIENT = 0;

export interface RunOptions {
  /** By name. */
  store: string;
  catalogs: number;
  frontends: number;
  seconds: number;
  seed: number;
  /** Cuts are left out where the machine allows none, unless there is nothing else. */
  kinds: Kinds;
  say: (sentence: string) => void;
  /** Ends the faults early. */
  signal?: AbortSignal;
}

export interface Outcome {
  seed: number;
  /** `stocks, 3 catalogs, 2 front-ends` */
  of: string;
  story: readonly string[];
  violations: Violation[];
  /** Checks of the audit that failed, running and stopped. */
  failedChecks: (CheckResult & { when: string })[];
  /** Until every front-end sold and all logs were equal; null: not in time. */
  settledMs: number | null;
  counts: Counts;
  /** What did not happen often enough for the run to mean anything. */
  empty: string[];
  waiting: Waiting[];
  /** Why nothing was cut; null when it was, or was not meant to be. */
  uncut: string | null;
  /** The longest that this process got no turn. */
  stalledMs: number;
  ok: boolean;
  /** Where files and history are kept when something is wrong. */
  kept: string | null;
}

/** @throws NoNetworkError when only cuts were asked for, and there can be none */
export async function runChaos(options: RunOptions): Promise<Outcome> {
  const { network, uncut } = await openNetwork(options);
  const followsCatalog = options.catalogs > 1;
  const kinds = { ...options.kinds, cuts: network !== null, followsCatalog };
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), "chaos-")));
  let isGood = false;
  try {
    const adminTokenFile = join(dataDir, "admin-token");
    writeFileSync(adminTokenFile, `${ADMIN_TOKEN}\n`, { mode: 0o600 });
    prepareWares(dataDir, storeOf(options.store), options.catalogs);
    const store = await startStore({
      dataDir,
      store: options.store,
      ...sizesOf(options),
      ...(network === null ? {} : { hosts: network.hosts, prefix: network.prefix }),
      environment: {
        RESTOCK_MS: String(RESTOCK_MS), RESTOCK_TO: String(RESTOCK_TO), LOG_LEVEL: "info",
        ADMIN_TOKEN_FILE: adminTokenFile,
      },
    });
    try {
      const outcome = await new Run(store, { ...options, kinds, network, uncut }).run();
      isGood = outcome.ok;
      return outcome;
    } finally {
      await store.close({ kill: true });
    }
  } finally {
    await network?.close();
    if (isGood) rmSync(dataDir, { recursive: true, force: true });
  }
}

function sizesOf({ catalogs, frontends }: RunOptions) {
  return { orders: ORDERS, catalogs, frontends };
}

async function openNetwork(options: RunOptions): Promise<Surroundings> {
  const { kinds, say } = options;
  if (!kinds.cuts) return { network: null, uncut: null };
  try {
    const members = membersOf({ ...DEFAULT_SETTINGS, ...sizesOf(options) });
    const labels = members.map(({ label }) => label);
    return { network: await Network.open(labels), uncut: null };
  } catch (error) {
    if (!(error instanceof NoNetworkError) || !kinds.strikes) throw error;
    say(`Nobody is cut off: ${error.message}.`);
    return { network: null, uncut: error.message };
  }
}

interface Surroundings {
  network: Network | null;
  uncut: string | null;
}

class Run {
  readonly #store: RunningStore;
  readonly #kind: Store;
  readonly #options: RunOptions & Surroundings;
  readonly #operations: Operation[] = [];
  readonly #startedMs = monotonicMs();
  /** All times of a history count from its beginning. */
  readonly #nowMs = () => monotonicMs() - this.#startedMs;
  readonly #last: Recorder;
  readonly #stalls = new Stalls();

  constructor(store: RunningStore, options: RunOptions & Surroundings) {
    this.#store = store;
    this.#options = options;
    this.#kind = storeOf(options.store);
    this.#last = new Recorder({ ...this.#recording(), client: LAST_CLIENT });
  }

  #recording() {
    return {
      store: this.#kind,
      urls: this.#store.urls,
      adminToken: ADMIN_TOKEN,
      operations: this.#operations,
      nowMs: this.#nowMs,
    };
  }

  async run(): Promise<Outcome> {
    const { seed, seconds, say, signal, kinds, network } = this.#options;
    const store = this.#store;
    const wares = await this.#wares();
    const crowd = new Crowd({
      ...this.#recording(), wares, seed,
      buyers: 6, readers: 3, finders: 2, admins: 1, buyPauseMs: 12,
    });
    const nemesis = new Nemesis({
      store, network, say, signal, random: createRandom(seed, 1), nowMs: this.#nowMs,
    });
    await nemesis.carryOut(drawSchedule(seed, seconds, kinds));
    const healedMs = monotonicMs();
    const isSelling = await this.#untilAllSell(wares[0]!);
    await pause(PEACE_MS);
    await crowd.leave();
    const quiet = await this.#untilQuiet(wares);
    const settledMs = isSelling && quiet.isEqual
      ? Math.round(monotonicMs() - healedMs - PEACE_MS) : null;
    this.#last.close();
    this.#stalls.close();
    const failedChecks = await this.#audit("running");
    await store.stopAll();
    failedChecks.push(...await this.#audit("stopped"));
    const history = {
      ...quiet.history, operations: this.#operations, faults: nemesis.faults,
    };
    return this.#conclude({ history, story: nemesis.story, failedChecks, settledMs });
  }

  #conclude(found: {
    history: History;
    story: string[];
    failedChecks: Outcome["failedChecks"];
    settledMs: number | null;
  }): Outcome {
    const { history, ...rest } = found;
    const violations = judge(history);
    const counts = countsOf(history);
    const { seed, kinds, uncut } = this.#options;
    const empty = emptyOf(counts, kinds, this.#kind);
    const ok = violations.length === 0 && rest.failedChecks.length === 0 &&
      rest.settledMs !== null && empty.length === 0;
    const { dataDir } = this.#store;
    if (!ok) writeFileSync(join(dataDir, "history.json"), toText(history));
    const waiting = waitingByKind(history);
    const kept = ok ? null : dataDir;
    const stalledMs = Math.round(this.#stalls.longestMs);
    const { store, catalogs, frontends } = this.#options;
    const of = `${store}, ${catalogs} catalog${catalogs > 1 ? "s" : ""}, ${frontends} front-ends`;
    return { ...rest, seed, of, violations, counts, empty, waiting, uncut, stalledMs, ok, kept };
  }

  async #wares(): Promise<Ware[]> {
    const answer = await fetch(`${this.#store.url}/products?limit=100`);
    const { data } = (await answer.json()) as { data: Partial<Ware>[] };
    return data.map(({ name, id = null, topic = null }) => ({ name: name!, id, topic }));
  }

  async #audit(when: string): Promise<Outcome["failedChecks"]> {
    const { dataDir } = this.#store;
    const { verdict } = await audit({ dataDir, isNamed: true, url: null });
    return verdict.results.filter(({ ok }) => !ok).map((result) => ({ ...result, when }));
  }

  /** A purchase at each front-end, or the word that there is nothing left to buy. */
  async #untilAllSell({ name }: Ware): Promise<boolean> {
    const deadline = monotonicMs() + SETTLE_MAX_MS;
    for (let frontend = 1; frontend <= this.#store.urls.length; frontend++) {
      const key = `last.${this.#options.seed}.${frontend}`;
      for (;;) {
        const what = { name, id: null, type: "buy", quantity: 1, key } as const;
        const { status } = await this.#last.order(frontend, what);
        if (status === 200 || status === 409) break;
        if (monotonicMs() > deadline) return false;
        await pause(POLL_MS);
      }
    }
    return true;
  }

  /** The files and what is shown, both of one moment in which nothing changed. */
  async #untilQuiet(wares: readonly Ware[]) {
    const deadline = monotonicMs() + SETTLE_MAX_MS;
    for (;;) {
      const before = readArtefacts(this.#store);
      const finals = await this.#showAll(wares);
      const artefacts = readArtefacts(this.#store);
      const isCalm = before.logs.every(({ digest }, at) => digest === artefacts.logs[at]!.digest);
      // What is out of stock is about to be restocked, where that is done.
      const least = this.#kind.restocks ? 1 : 0;
      const isStocked = finals.every(({ quantity }) => quantity >= least);
      const isEqual = isCalm && isStocked &&
        artefacts.logs.every(({ group, digest }) =>
          artefacts.logs.every((other) => other.group !== group || other.digest === digest));
      if (isEqual || monotonicMs() > deadline) {
        const shown = finals.filter(({ quantity }) => !Number.isNaN(quantity));
        const restockTo = this.#kind.restocks ? RESTOCK_TO : 0;
        return { isEqual, history: { ...artefacts, finals: shown, restockTo } };
      }
      await pause(POLL_MS);
    }
  }

  async #showAll(wares: readonly Ware[]): Promise<History["finals"][number][]> {
    const finals: History["finals"][number][] = [];
    for (let frontend = 1; frontend <= this.#store.urls.length; frontend++) {
      for (const ware of wares) {
        const { name, price, quantity, volume } = await this.#last.product(frontend, ware);
        finals.push({ frontend, name, price, quantity, volume });
      }
    }
    return finals;
  }
}

function toText(history: History): string {
  return JSON.stringify(history, (_field, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value);
}
