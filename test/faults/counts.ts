/**
 * How much of everything a run has seen. A verdict over nothing is worth
 * nothing: without orders, a leader that died, a leader that slept, answers
 * of every kind, the run fails as empty.
 */
import { type History, type OrderOperation, outcomeOf } from "./history.ts";

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
  faults: number;
  leaderKills: number;
  leaderPauses: number;
  /** Terms in which an order leader was seen. */
  terms: number;
}

const LEAST: Partial<Counts> = {
  orders: 100, soldOut: 1, replayed: 1, keysReused: 1, lookUps: 100, found: 10, notFound: 1,
  restocks: 1, leaderKills: 1, leaderPauses: 1, terms: 2,
};

export function countsOf({ operations, orders, journal, faults }: History): Counts {
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
    soldOut: number(({ kind, status }) => kind === "order" && status === 409),
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
    faults: faults.length,
    leaderKills: struck("kill") + struck("flap"),
    leaderPauses: struck("pause"),
    terms: new Set(operations.flatMap((one) =>
      one.kind === "leader" && one.status === 200 ? one.term : [])).size,
  };
}

/** What there was too little of, a sentence each. */
export function emptyOf(counts: Counts): string[] {
  return (Object.keys(LEAST) as (keyof Counts)[])
    .filter((field) => counts[field] < LEAST[field]!)
    .map((field) => `${field} ${counts[field]}, at least ${LEAST[field]} are wanted`);
}
