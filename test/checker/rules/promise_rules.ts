/**
 * What buyers are promised while a fault lasts, for faults that strike a
 * store that is whole: whose front-end lives and reaches the leader, while
 * catalog and a majority are up, is told of no error, and after the death of
 * a leader waits no longer than promised. What counts is each single request:
 * that its buyer lost patience and found an answer at the other front-end
 * makes it neither shorter nor longer.
 *
 *   fault         A ├──────────────────────────┤ B ├─────
 *   request           ▕▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▏
 *   A answers for     └────────────────────────┘
 */
import type { Evidence } from "../history_index.ts";
import type { Fault, History, OrderOperation } from "../history.ts";
import type { Rule } from "../checker.ts";

/**
 * By kind of fault: longer than this no buyer may wait for an answer. Those of the catalog count
 * where it has followers. The last one of them costs the dead front-end's lease beside the change
 * of leaders.
 */
export const BOUNDS_MS: Readonly<Record<string, number>> = {
  "kill of the order leader": 1_000,
  "stop of the order leader": 1_000,
  "pause of the order leader": 2_000,
  "kill of the catalog": 1_500,
  "kill of the order leader and the catalog": 1_500,
  "kill of the order leader and the catalog and a front-end": 2_000,
};
/** After a fault was undone the store must be whole again by then. */
export const WHOLE_MAX_MS = 10_000;
/** What was asked longer before a fault and has no answer yet, met the fault before. */
const IN_FLIGHT_MS = 500;

export const PROMISE_RULES: Readonly<Record<number, Rule>> = {
  31: { promise: "whose front-end lives and reaches the leader is told of no error",
    check: noErrorWhereServed },
  32: { promise: "and waits no longer than is promised of that fault", check: noLongWait },
  33: { promise: "after a fault the store is whole again within 10 s", check: wholeAgain },
};

/** A fault with what buyers asked those front-ends that had to serve them during it. */
export interface Trial {
  fault: Fault;
  /** Until the next fault, which answers for the rest. */
  untilMs: number;
  attempts: OrderOperation[];
}

/** Of each fault that struck a whole store and left a front-end that had to serve. */
export function trialsOf(history: History): Trial[] {
  const { faults, operations } = history;
  const orders = operations.filter(isOrder);
  return faults.flatMap((fault, at) => {
    const served = servedBy(fault, history);
    if (!fault.wasWhole || served.size === 0) return [];
    const untilMs = faults[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const attempts = orders.filter(({ frontend, invokedMs, returnedMs }) =>
      served.has(frontend) && invokedMs > fault.fromMs - IN_FLIGHT_MS && invokedMs < untilMs &&
      returnedMs > fault.fromMs);
    return [{ fault, untilMs, attempts }];
  });
}

/** How long this attempt went without an answer during the trial. */
export function waitOf({ fault, untilMs }: Trial, attempt: OrderOperation): number {
  return Math.min(attempt.returnedMs, untilMs) - Math.max(attempt.invokedMs, fault.fromMs);
}

/**
 * Front-ends that live and reach whoever leads then, while that one and a
 * majority reach each other, and the catalog's leader, of whom the same is
 * true. A leader that kept all that goes on; else it may be any replica that
 * has it, and front-ends have to reach it to make it one.
 */
function servedBy(fault: Fault, { logs, operations }: History): Set<number> {
  const names = (group: string) =>
    logs.filter((log) => log.group === group).map(({ member }) => member);
  const isUp = (name: string) => !fault.members.includes(name);
  const meet = (one: string, other: string) => isUp(one) && isUp(other) &&
    !fault.links.some(({ from, to }) => (from === one && to === other) ||
      (from === other && to === one));
  const leadersOf = (replicas: readonly string[], led: string) => {
    const hasMajority = (replica: string) =>
      replicas.filter((other) => meet(replica, other)).length > replicas.length / 2;
    return hasMajority(led) ? [led] : replicas.filter(hasMajority);
  };
  const catalog = `catalog ${fault.catalogLeader}`;
  const leaders = leadersOf(names("order"), `order ${fault.leader}`);
  const catalogs = leadersOf(names("catalog"), catalog);
  const newCatalogs = catalogs.filter((name) => name !== catalog);
  const isServing = (frontend: string) =>
    [...leaders, ...newCatalogs].every((leader) => meet(frontend, leader)) &&
    leaders.every((leader) => catalogs.every((one) => meet(leader, one)));
  const canServe = leaders.length > 0 && catalogs.length > 0;
  const frontends = new Set(operations.map(({ frontend }) => frontend));
  return new Set([...frontends].filter((id) => canServe && isServing(`frontend ${id}`)));
}

function noErrorWhereServed({ history }: Evidence): string[] {
  return trialsOf(history).flatMap((trial) => {
    const { fault, untilMs, attempts } = trial;
    return attempts.filter(({ status, returnedMs }) =>
      (status === 0 || status === 503) && returnedMs < untilMs,
    ).map((attempt) => {
      const what = attempt.status === 0 ? "gave no answer" : "answered 503";
      return `${whenOf(fault)}: front-end ${attempt.frontend} ${what} to ${attempt.key}, ` +
        `asked at ${seconds(attempt.invokedMs)}, after ${Math.round(waitOf(trial, attempt))} ms`;
    });
  });
}

function noLongWait({ history }: Evidence): string[] {
  return trialsOf(history).flatMap((trial) => {
    const boundMs = BOUNDS_MS[trial.fault.kind] ?? Number.POSITIVE_INFINITY;
    const long = trial.attempts.filter((attempt) => waitOf(trial, attempt) >= boundMs)
      .sort((one, other) => waitOf(trial, other) - waitOf(trial, one));
    const [longest] = long;
    if (longest === undefined) return [];
    return [`${whenOf(trial.fault)}: ${long.length} of ${trial.attempts.length} waited ` +
      `${boundMs} ms and more, at front-end ${longest.frontend} ` +
      `${Math.round(waitOf(trial, longest))} ms`];
  });
}

function wholeAgain({ history: { faults } }: Evidence): string[] {
  return faults.flatMap((fault, at) => {
    if (fault.wasWhole || fault.waitedMs < WHOLE_MAX_MS) return [];
    const before = faults[at - 1];
    return [`${before === undefined ? "from the start" : whenOf(before)}: it was not`];
  });
}

function whenOf({ kind, fromMs }: Fault): string {
  return `${kind} at ${seconds(fromMs)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function isOrder(operation: History["operations"][number]): operation is OrderOperation {
  return operation.kind === "order";
}
