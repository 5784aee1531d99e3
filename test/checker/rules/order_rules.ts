/** What must hold of orders: acknowledged, numbered, found again. */
import type { Evidence } from "../history_index.ts";
import { type Operation, type OrderOperation, outcomeOf } from "../history.ts";
import type { Rule } from "../checker.ts";

export const ORDER_RULES: Readonly<Record<number, Rule>> = {
  1: { promise: "an acknowledged order is in the log as it was made", check: nothingIsLost },
  2: { promise: "every order in the log was asked for", check: nothingFromThinAir },
  3: { promise: "what was refused, or said not to have been tried, did not happen",
    check: refusedMeansNo },
  4: { promise: "one key, one order", check: oneOrderAKey },
  5: { promise: "the same key gets the same answer, marked as replayed", check: sameAnswer },
  6: { promise: "order numbers go up from 1 without gaps", check: numbersHaveNoGaps },
  7: { promise: "an order that was shown is in the log", check: shownIsCommitted },
  8: { promise: "what was acknowledged before another was asked for has the lower number",
    check: realTimeOrder },
  9: { promise: "when all is quiet, the logs of a group are the same bytes", check: logsAreEqual },
  11: { promise: "a key that is said to belong to another order does", check: reusedMeansTaken },
  12: { promise: "a term has one leader", check: oneLeaderATerm },
  26: { promise: "an order that is found is the one in the log", check: foundAsLogged },
  27: { promise: "an acknowledged order is found from then on", check: foundOnceKnown },
};

function nothingIsLost({ orderByNumber, history }: Evidence): string[] {
  return acknowledged(history.operations).flatMap((operation) => {
    const { number, key } = operation;
    const order = orderByNumber.get(number!);
    const asked = `${textOf(operation)} under ${key}`;
    if (order === undefined) return [`order ${number}, ${asked}, is not in the log`];
    if (order.key === key && isSame(order, operation)) return [];
    const logged = `${textOf(order)} under ${order.key}`;
    return [`order ${number} was answered for ${asked}; the log has ${logged}`];
  });
}

function nothingFromThinAir({ purchases, history }: Evidence): string[] {
  return history.orders.flatMap((order) => {
    const attempts = purchases.get(order.key)?.attempts ?? [];
    if (attempts.some((one) => isSame(one, order))) return [];
    return [`order ${order.number}, ${textOf(order)} under ${order.key}, was never asked for`];
  });
}

function refusedMeansNo({ purchases, orderByKey }: Evidence): string[] {
  return [...purchases.values()].flatMap(({ key, attempts }) => {
    const order = orderByKey.get(key);
    if (order === undefined) return [];
    if (attempts.some((attempt) => outcomeOf(attempt) !== "failed")) return [];
    return [`${key} was refused with ${attempts[0]!.status}, and is order ${order.number}`];
  });
}

function oneOrderAKey({ history }: Evidence): string[] {
  const numbers = new Map<string, number>();
  return history.orders.flatMap(({ key, number }) => {
    const before = numbers.get(key);
    numbers.set(key, number);
    return before === undefined ? [] : [`orders ${before} and ${number} have the key ${key}`];
  });
}

function sameAnswer({ purchases }: Evidence): string[] {
  return [...purchases.values()].flatMap(({ key, attempts, knownMs }) => {
    const answered = acknowledged(attempts);
    const numbers = new Set(answered.map(({ number }) => number));
    if (numbers.size > 1) return [`${key} was answered with orders ${[...numbers].join(" and ")}`];
    const unmarked = answered.some((one) => one.invokedMs > knownMs && !one.replayed);
    return unmarked ? [`${key} was sent again after its answer, and not marked as replayed`] : [];
  });
}

function numbersHaveNoGaps({ history }: Evidence): string[] {
  return history.orders.flatMap(({ number }, at) =>
    number === at + 1 ? [] : [`order ${number} stands where ${at + 1} belongs`]);
}

function shownIsCommitted(evidence: Evidence): string[] {
  return evidence.of("find").flatMap(({ found, status }) => {
    if (status !== 200 || found === null || evidence.orderByNumber.has(found.number)) return [];
    return [`order ${found.number} was found, and is not in the log`];
  });
}

function realTimeOrder({ history, purchases }: Evidence): string[] {
  let latest = { invokedMs: Number.NEGATIVE_INFINITY, number: 0 };
  return history.orders.flatMap(({ number, key }) => {
    const purchase = purchases.get(key);
    if (purchase === undefined || purchase.invokedMs === Number.POSITIVE_INFINITY) return [];
    const before = latest;
    if (purchase.invokedMs > latest.invokedMs) latest = { ...purchase, number };
    if (purchase.knownMs >= before.invokedMs) return [];
    const late = (before.invokedMs - purchase.knownMs).toFixed(1);
    return [`order ${number} was known ${late} ms before order ${before.number} was asked for`];
  });
}

function logsAreEqual({ history }: Evidence): string[] {
  return history.logs.flatMap(({ member, group, digest }) => {
    const first = history.logs.find((log) => log.group === group)!;
    return first.digest === digest ? [] : [`${member} and ${first.member} have different logs`];
  });
}

/** Only an order binds a key: who was told so by mistake could use it for nothing. */
function reusedMeansTaken({ purchases, orderByKey }: Evidence): string[] {
  return [...purchases.values()].flatMap(({ key, attempts }) => {
    const order = orderByKey.get(key);
    return attempts.filter(({ status }) => status === 422).flatMap((attempt) => {
      if (order === undefined) return [`${key} is said to belong to another order, and has none`];
      if (!isSame(order, attempt)) return [];
      return [`${key} is order ${order.number}, for just what was asked, ${textOf(attempt)}`];
    });
  });
}

function oneLeaderATerm(evidence: Evidence): string[] {
  const leaders = new Map<number, number>();
  return evidence.of("leader").flatMap(({ status, id, term }) => {
    if (status !== 200) return [];
    const known = leaders.get(term) ?? id;
    leaders.set(term, known);
    return known === id ? [] : [`order ${known} and order ${id} were leaders of term ${term}`];
  });
}

function foundAsLogged(evidence: Evidence): string[] {
  return evidence.of("find").flatMap(({ found, status, number }) => {
    if (status !== 200) return [];
    const order = evidence.orderByNumber.get(found?.number ?? number);
    if (order === undefined) return [];
    if (found?.number === number && isSame(found, order)) return [];
    return [`order ${number} was shown as ${JSON.stringify(found)}, and is ${textOf(order)}`];
  });
}

function foundOnceKnown(evidence: Evidence): string[] {
  const known = evidence.history.operations.flatMap((operation) => {
    const number = shownNumber(operation);
    return number === null ? [] : [{ number, atMs: operation.returnedMs }];
  }).sort((one, other) => one.atMs - other.atMs);
  const missed = evidence.of("find").filter(({ status, isOwnError }) =>
    status === 404 && isOwnError).sort((one, other) => one.invokedMs - other.invokedMs);
  let next = 0;
  let highest = 0;
  return missed.flatMap(({ number, invokedMs }) => {
    while (next < known.length && known[next]!.atMs < invokedMs) {
      highest = Math.max(highest, known[next++]!.number);
    }
    return number > highest ? [] : [`order ${number} was not found; ${highest} was known by then`];
  });
}

/** The order number that an answer showed. */
function shownNumber(operation: Operation): number | null {
  if (operation.status !== 200) return null;
  if (operation.kind === "order") return operation.number;
  return operation.kind === "find" ? operation.found?.number ?? null : null;
}

function acknowledged(operations: readonly Operation[]): OrderOperation[] {
  return operations.filter((operation): operation is OrderOperation =>
    operation.kind === "order" && outcomeOf(operation) === "ok");
}

/** What an order is for, asked, logged or shown. */
type Goods = Pick<OrderOperation, "name" | "type" | "quantity">;

function isSame(one: Goods, other: Goods): boolean {
  return one.name === other.name && one.type === other.type && one.quantity === other.quantity;
}

function textOf({ name, type, quantity }: Goods): string {
  return `${type} ${quantity} ${name}`;
}
