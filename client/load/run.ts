/**
 * A run: all buyers buy, then all compare their receipts with the store's
 * orders. The two phases are apart, so that the fetching at the end takes
 * nothing from the buying and meets every crash that happened meanwhile.
 */
import { randomUUID } from "node:crypto";
import { monotonicMs } from "../../shared/clock.ts";
import { Buyer, type Comparison } from "./buyer.ts";
import { Connection } from "./connection.ts";
import { judgeGoal, type JudgedGoal } from "./goals.ts";
import { LIST_TIMEOUT_MS } from "./limits.ts";
import type { LoadOptions } from "./options.ts";
import { createPace, unpaced } from "./pace.ts";
import { createRandom } from "./random.ts";
import { Shop } from "./shop.ts";
import { Tally } from "./tally.ts";

/** How far a run is, for whoever shows it. */
export interface Progress {
  phase: "buying" | "comparing";
  done: number;
  total: number;
  orders: number;
  errors: number;
}

/** Hands on the wheel of a running run. */
export interface Control {
  /** No more buying; what was bought is still compared. */
  stopBuying: boolean;
  /** No more comparing either. */
  stopComparing: boolean;
  /** Set by the run: how far it is. */
  progress: () => Progress;
}

export interface RunResult {
  options: LoadOptions;
  tally: Tally;
  /** Seconds of buying, without the comparing. */
  seconds: number;
  /** Answered requests a second while buying. */
  throughput: number;
  ordersPerSecond: number;
  orders: Record<Comparison | "made" | "doubled", number>;
  /** The buying ended before its time, and why. */
  stopped: "by you" | "no answers" | null;
  goals: JudgedGoal[];
  ok: boolean;
}

/**
 * The names of the products on sale, for which a store has to be there.
 * @throws unavailable, bad_request
 */
export async function listNames(urls: readonly string[]): Promise<string[]> {
  const connection = new Connection({ urls, patienceMs: 0, attemptTimeoutMs: LIST_TIMEOUT_MS });
  try {
    return await new Shop(connection).names();
  } finally {
    connection.close();
  }
}

export async function run(
  options: LoadOptions,
  names: readonly string[],
  control: Control,
): Promise<RunResult> {
  const tally = new Tally();
  const connections: Connection[] = [];
  const buyers = openBuyers(options, names, control, tally, connections);
  control.progress = () => progressOf("buying", options, buyers, tally);
  const startMs = monotonicMs();
  tally.mark(startMs);
  await Promise.all(buyers.map((buyer, client) => buyer.buy(options.iterations, pace(client))));
  const boughtMs = monotonicMs();
  const bought = tally.count("lookup", "order", "soldOut");

  control.progress = () => progressOf("comparing", options, buyers, tally);
  const comparisons = await compareAll(buyers, control);
  tally.mark(monotonicMs());
  for (const connection of connections) connection.close();
  const seconds = (boughtMs - startMs) / 1_000;
  const orders = countOrders(buyers, comparisons, tally);
  const throughput = bought / seconds;
  const goals = options.goals.map((goal) => judgeGoal(goal, tally, throughput));
  return {
    options,
    tally,
    seconds,
    throughput,
    ordersPerSecond: orders.made / seconds,
    orders,
    stopped: reasonToStop(options, buyers),
    goals,
    ok:
      tally.errors === 0 &&
      orders.made === orders.same &&
      orders.doubled === 0 &&
      goals.every((goal) => goal.met),
  };

  function pace(client: number) {
    if (options.rate === null) return unpaced;
    const { rate, clients } = options;
    return createPace({ rate, clients, client, startMs, stopped: () => control.stopBuying });
  }
}

function openBuyers(
  options: LoadOptions,
  names: readonly string[],
  control: Control,
  tally: Tally,
  connections: Connection[],
): Buyer[] {
  // Not from the seed: a second run with the same seed makes orders of its own.
  const runId = randomUUID();
  return Array.from({ length: options.clients }, (_, client) => {
    const connection = new Connection({
      urls: options.urls,
      first: client,
      onRepeat: () => (tally.repeats += 1),
      hurried: () => control.stopBuying,
    });
    connections.push(connection);
    return new Buyer({
      shop: new Shop(connection),
      tally,
      names,
      probability: options.probability,
      random: createRandom(options.seed, client),
      key: (n) => `load-${runId}-${client + 1}-${n}`,
      stopped: () => control.stopBuying,
    });
  });
}

async function compareAll(buyers: Buyer[], control: Control): Promise<Comparison[]> {
  const stopped = () => control.stopComparing;
  return (await Promise.all(buyers.map((buyer) => buyer.compare(stopped)))).flat();
}

function countOrders(buyers: Buyer[], comparisons: Comparison[], tally: Tally) {
  const count = (wanted: Comparison) => comparisons.filter((found) => found === wanted).length;
  return {
    made: comparisons.length,
    same: count("same"),
    lost: count("lost"),
    different: count("different"),
    not_compared: count("not_compared"),
    doubled: countDoubled(buyers, tally),
  };
}

/** Two purchases under one order number: equal values would hide that one is missing. */
function countDoubled(buyers: Buyer[], tally: Tally): number {
  const seen = new Set<number>();
  let doubled = 0;
  for (const { number } of buyers.flatMap((buyer) => buyer.receipts)) {
    if (seen.has(number)) {
      doubled += 1;
      tally.problem(`order number ${number} was given to two purchases`);
    }
    seen.add(number);
  }
  return doubled;
}

function reasonToStop(options: LoadOptions, buyers: Buyer[]): RunResult["stopped"] {
  if (buyers.every((buyer) => buyer.done >= options.iterations)) return null;
  return buyers.some((buyer) => buyer.done < options.iterations && buyer.hasLeft)
    ? "no answers"
    : "by you";
}

function progressOf(
  phase: Progress["phase"],
  options: LoadOptions,
  buyers: readonly Buyer[],
  tally: Tally,
): Progress {
  const sum = (of: (buyer: Buyer) => number) => buyers.reduce((total, next) => total + of(next), 0);
  const orders = sum((buyer) => buyer.receipts.length);
  const buying = phase === "buying";
  return {
    phase,
    done: sum((buyer) => (buying ? buyer.done : buyer.compared)),
    total: buying ? options.iterations * options.clients : orders,
    orders,
    errors: tally.errors,
  };
}
