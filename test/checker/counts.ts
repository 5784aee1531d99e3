/**
 * How much of everything a run has seen. A verdict over nothing is worth
 * nothing: without orders, a leader that died, a leader that slept, answers
 * of every kind, buyers and readers on both sides of a cut, the run fails as
 * empty.
 */
import { type History, type OrderOperation, outcomeOf } from "./history.ts";
import { trialsOf } from "./rules/promise_rules.ts";
import type { Kinds } from "../chaos/schedule.ts";
import type { Store } from "../../shared/stores/store.ts";
import { doubleSaleChances, staleReadChances } from "../chaos/partition_coverage.ts";

export interface Counts {
  requests: number;
  orders: number;
  /** 409: more than there was. */
  soldOut: number;
  /** Answers that came again under the same key. */
  replayed: number;
  /** 422: the same key with another order. */
  keysReused: number;
  lookUps: number;
  found: number;
  notFound: number;
  /** 503. */
  refused: number;
  silent: number;
  /** Purchases with an attempt of unknown outcome that became orders, and that did not. */
  unknownHappened: number;
  unknownNot: number;
  restocks: number;
  /** Pieces that came back, in so many orders; and 409 for what may not be traded any more. */
  soldBack: number;
  overVolume: number;
  /** Look-ups by id, and lists of a topic. */
  byId: number;
  ofTopic: number;
  /** What the admin changed and was answered. */
  changes: number;
  faults: number;
  leaderKills: number;
  leaderPauses: number;
  /** Leaders killed and paused in a store that was whole: what is promised then was judged. */
  killTrials: number;
  pauseTrials: number;
  cuts: number;
  /** Look-ups asked where a sale made elsewhere could not be heard of, and after it. */
  staleReadChances: number;
  /** Keys sold that were asked for at both sides of a cut. */
  doubleSaleChances: number;
  /** Terms in which an order leader was seen. */
  terms: number;
}

type Least = Partial<Counts>;

const LEAST: Least = {
  orders: 100, soldOut: 1, replayed: 1, keysReused: 1, lookUps: 100, found: 10, notFound: 1,
  changes: 10, terms: 2,
};
const LEAST_RESTOCKED: Least = { restocks: 1 };
const LEAST_SOLD_BACK: Least = { soldBack: 20, overVolume: 1 };
const LEAST_BY_ID: Least = { byId: 50, ofTopic: 5 };
const LEAST_STRIKES: Least = { leaderKills: 1, leaderPauses: 1, killTrials: 1, pauseTrials: 1 };
const LEAST_CUTS: Least = { cuts: 3, staleReadChances: 5, doubleSaleChances: 5 };

export function countsOf(history: History): Counts {
  const { operations, orders, journal, faults } = history;
  const trials = trialsOf(history);
  const number = (test: (operation: History["operations"][number]) => boolean) =>
    operations.filter(test).length;
  const struck = (how: string) =>
    faults.filter(({ kind }) => kind.startsWith(how) && kind.includes("leader")).length;
  const unknown = new Set(operations
    .filter((operation): operation is OrderOperation => operation.kind === "order" &&
      outcomeOf(operation) === "unknown")
    .map(({ key }) => key));
  const happened = orders.filter(({ key }) => unknown.has(key)).length;
  return {
    requests: operations.length,
    orders: orders.length,
    soldOut: number((one) => one.kind === "order" && one.lacked === "stock"),
    replayed: number((one) => one.kind === "order" && one.replayed),
    keysReused: number(({ kind, status }) => kind === "order" && status === 422),
    lookUps: number(({ kind, status }) => kind === "product" && status === 200),
    found: number(({ kind, status }) => kind === "find" && status === 200),
    notFound: number(({ kind, status }) => kind === "find" && status === 404),
    refused: number(({ status }) => status === 503),
    silent: number(({ status }) => status === 0),
    unknownHappened: happened,
    unknownNot: unknown.size - happened,
    restocks: journal.filter(({ kind }) => kind === "restock").length,
    soldBack: orders.filter(({ type }) => type === "sell").length,
    overVolume: number((one) => one.kind === "order" && one.lacked === "volume"),
    byId: number((one) => one.kind === "product" && one.id !== null && one.status === 200),
    ofTopic: number((one) => one.kind === "list" && one.topic !== null && one.status === 200),
    changes: number(({ kind, status }) => kind === "admin" && status === 200),
    faults: faults.length,
    leaderKills: struck("kill") + struck("flap"),
    leaderPauses: struck("pause"),
    killTrials: trials.filter(({ fault }) => fault.kind === "kill of the order leader").length,
    pauseTrials: trials.filter(({ fault }) => fault.kind === "pause of the order leader").length,
    cuts: faults.filter(({ links }) => links.length > 0).length,
    staleReadChances: staleReadChances(history),
    doubleSaleChances: doubleSaleChances(history),
    terms: new Set(operations.flatMap((one) =>
      one.kind === "leader" && one.status === 200 ? one.term : [])).size,
  };
}

/** What there was too little of in a run of this store and these faults, a sentence each. */
export function emptyOf(counts: Counts, { strikes, cuts }: Kinds, store: Store): string[] {
  const least = {
    ...LEAST,
    ...(store.restocks ? LEAST_RESTOCKED : {}),
    ...(store.orderTypes.includes("sell") ? LEAST_SOLD_BACK : {}),
    ...(store.columns.includes("id") ? LEAST_BY_ID : {}),
    ...(strikes ? LEAST_STRIKES : {}),
    ...(cuts ? LEAST_CUTS : {}),
  };
  return (Object.keys(least) as (keyof Counts)[])
    .filter((field) => counts[field] < least[field]!)
    .map((field) => `${field} ${counts[field]}, at least ${least[field]} are wanted`);
}
