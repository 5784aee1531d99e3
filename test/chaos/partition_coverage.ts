/**
 * The two bad ends of a partition, stale reads and double sales, can only be
 * seen in a run in which somebody stands at each side of a cut. How often
 * that was so:
 *
 *   front-end 1 ─── catalog       buys Tux, is answered
 *   front-end 2 ─╳─ catalog       looks Tux up, after that: a chance to read what is old
 *
 *   front-end 1 ─── new leader    sells under a key
 *   front-end 2 ─── old leader    was asked under the same key: a chance to sell twice
 */
import { type Fault, type History, type OrderOperation, outcomeOf } from "../checker/history.ts";

/** Look-ups asked where a sale made elsewhere could not be heard of, and after it. */
export function staleReadChances({ faults, operations }: History): number {
  return faults.reduce((sum, fault) => {
    const deaf = frontendsCutFrom(fault, "catalog ");
    const knownMs = new Map<string, number>();
    for (const operation of operations) {
      if (operation.kind !== "order" || outcomeOf(operation) !== "ok") continue;
      const { name, frontend, invokedMs, returnedMs } = operation;
      if (deaf.has(frontend) || invokedMs < fault.fromMs || returnedMs > fault.toMs) continue;
      knownMs.set(name, Math.min(knownMs.get(name) ?? Number.POSITIVE_INFINITY, returnedMs));
    }
    return sum + operations.filter((operation) => operation.kind === "product" &&
      deaf.has(operation.frontend) && operation.invokedMs < fault.toMs &&
      operation.invokedMs > (knownMs.get(operation.name) ?? Number.POSITIVE_INFINITY)).length;
  }, 0);
}

/** Keys sold that were asked for at both front-ends while a leader was cut from somebody. */
export function doubleSaleChances({ faults, operations, orders }: History): number {
  const sold = new Set(orders.map(({ key }) => key));
  return faults.reduce((sum, fault) => {
    const led = `order ${fault.leader}`;
    if (!fault.links.some(({ from, to }) => from === led || to === led)) return sum;
    const askedAt = new Map<string, Set<number>>();
    const during = operations.filter((operation): operation is OrderOperation =>
      operation.kind === "order" && sold.has(operation.key) &&
      operation.returnedMs > fault.fromMs && operation.invokedMs < fault.toMs);
    for (const { key, frontend } of during) {
      askedAt.set(key, (askedAt.get(key) ?? new Set()).add(frontend));
    }
    return sum + [...askedAt.values()].filter(({ size }) => size > 1).length;
  }, 0);
}

function frontendsCutFrom({ links }: Fault, other: string): Set<number> {
  const pairs = links.flatMap(({ from, to }) => [[from, to], [to, from]] as const);
  return new Set(pairs
    .filter(([one, two]) => one.startsWith("frontend ") && two.startsWith(other))
    .map(([one]) => Number(one.split(" ")[1])));
}
