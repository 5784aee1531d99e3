/** What must hold of the stock, from the catalog's journal, the order log and the answers. */
import type { Evidence, Purchase } from "./evidence.ts";
import { type OrderOperation, outcomeOf } from "./history.ts";
import type { Rule } from "./judge.ts";
import { knownVersions } from "./read_rules.ts";

export const STOCK_RULES: Readonly<Record<number, Rule>> = {
  16: { promise: "initial + restocked + sold back - bought is what is left", check: booksBalance },
  17: { promise: "nobody sees less than none, or more than a full stock", check: withinBounds },
  18: { promise: "no more is sold than was there", check: nothingOversold },
  19: { promise: "who was told that there is not enough was told so while it was true",
    check: refusedForCause },
  35: { promise: "what the admin changes happens once, or not at all if he is told so",
    check: adminChangesOnce },
};

function booksBalance({ history }: Evidence): string[] {
  const left = new Map([...history.initial].map(([name, { quantity }]) => [name, quantity]));
  const add = (name: string, quantity: number) =>
    left.set(name, (left.get(name) ?? 0) + quantity);
  for (const row of history.journal) {
    if (row.kind === "restock" || row.kind === "stock") add(row.name, row.quantity);
  }
  for (const { name, type, quantity } of history.orders) {
    add(name, type === "buy" ? -quantity : quantity);
  }
  return history.finals.flatMap(({ frontend, name, quantity }) => {
    if (left.get(name) === quantity) return [];
    return [`front-end ${frontend} shows ${quantity} ${name}; its books say ${left.get(name)}`];
  });
}

function withinBounds(evidence: Evidence): string[] {
  const { initial, restockTo, journal } = evidence.history;
  const added = new Map<string, number>();
  for (const row of journal) {
    const isMore = row.kind === "sale" ? row.type === "sell" : row.kind === "stock";
    if (!isMore || row.kind === "price" || row.quantity < 0) continue;
    added.set(row.name, (added.get(row.name) ?? 0) + row.quantity);
  }
  return evidence.reads.flatMap(({ name, quantity, version }) => {
    const full = Math.max(initial.get(name)?.quantity ?? 0, restockTo);
    const most = full + (added.get(name) ?? 0);
    if (quantity >= 0 && quantity <= most) return [];
    return [`${quantity} ${name} were shown as of row ${version}; a full stock is ${most}`];
  });
}

function nothingOversold({ stocks }: Evidence): string[] {
  return [...stocks].flatMap(([name, stock]) =>
    stock.filter(({ quantity }) => quantity < 0).map(({ index, quantity }) =>
      `row ${index} leaves ${quantity} ${name}`));
}

/**
 * A refusal counts the rows that are decided by then, and leaves when they can
 * be seen. That are all rows known to anybody before the question, none of a
 * purchase that was asked for only after the answer, and none that a look-up
 * asked for after it does not show: at some moment between there was less
 * than asked for, of pieces or of volume that is left, whichever was said.
 */
function refusedForCause(evidence: Evidence): string[] {
  const known = knownRows(evidence);
  const asked = askedRows(evidence);
  const shown = new Map([...evidence.stocks.keys()].map((name) => {
    return [name, shownRows(evidence, name)];
  }));
  return evidence.of("order").flatMap((operation) => {
    const { status, key, name, type, lacked, quantity, returnedMs } = operation;
    if (status !== 409 || outcomeOf(operation) !== "failed") return [];
    if (type === "sell" && lacked === "stock") return [`${key} sells, and was told of the stock`];
    const beganMs = whenBegan(operation, evidence.purchases.get(key)!);
    const first = known[countWhile(known, ({ atMs }) => atMs < beganMs) - 1]?.index ?? 0;
    const later = rowAfter(asked, returnedMs) - 1;
    const last = Math.max(first, Math.min(later, rowAfter(shown.get(name) ?? [], returnedMs)));
    const most = evidence.history.initial.get(name)?.maxVolume ?? Number.POSITIVE_INFINITY;
    const left = evidence.leftBetween(name, first, last).map((one) =>
      lacked === "volume" ? most - one.traded : one.quantity);
    if (left.length === 0 || left.some((pieces) => pieces < quantity)) return [];
    return [`${key} was told that there are less than ${quantity} ${name}: from row ${first} ` +
      `to row ${last} there were ${Math.min(...left)} and more`];
  });
}

function adminChangesOnce(evidence: Evidence): string[] {
  return evidence.of("admin").flatMap((operation) => {
    const { name, added, price, status } = operation;
    const outcome = outcomeOf(operation);
    const rows = evidence.rowsOf(operation);
    const wanted = [[added, "stock", "pieces"], [price, "price", "as its price"]] as const;
    return wanted.flatMap(([value, kind, what]) => {
      const count = rows.filter((row) => row.kind === kind).length;
      const isRight = outcome === "unknown" ? count <= 1 : count === (outcome === "ok" ? 1 : 0);
      if (value === null || isRight) return [];
      return [`${name} got ${value} ${what} ${count} times, and the answer was ${status}`];
    });
  });
}

interface Moment {
  atMs: number;
  index: number;
}

/** By time: the highest row that was known to anybody then. */
function knownRows(evidence: Evidence): Moment[] {
  let highest = 0;
  return knownVersions(evidence).map(({ atMs, version }) => {
    highest = Math.max(highest, version);
    return { atMs, index: highest };
  });
}

/** By time of asking: the lowest row of all purchases asked for then or later. */
function askedRows({ versionByKey, purchases }: Evidence): Moment[] {
  return lowestFromThen([...versionByKey].flatMap(([key, index]) => {
    const purchase = purchases.get(key);
    return purchase === undefined ? [] : [{ atMs: purchase.invokedMs, index }];
  }));
}

/** By time of asking: the lowest row that a look-up of this product then or later shows. */
function shownRows(evidence: Evidence, product: string): Moment[] {
  const looks = evidence.reads.filter(({ name }) => name === product);
  return lowestFromThen(looks.map(({ invokedMs, version }) => {
    return { atMs: invokedMs, index: version };
  }));
}

function lowestFromThen(moments: Moment[]): Moment[] {
  let lowest = Number.POSITIVE_INFINITY;
  return moments.sort(byTime).reverse().map(({ atMs, index }) => {
    lowest = Math.min(lowest, index);
    return { atMs, index: lowest };
  }).reverse();
}

/** Of those after this time; Infinity: there are none. */
function rowAfter(moments: readonly Moment[], atMs: number): number {
  const later = moments[countWhile(moments, (moment) => moment.atMs <= atMs)];
  return later?.index ?? Number.POSITIVE_INFINITY;
}

/** When the question was first asked that this is an answer to: attempts under a key join. */
function whenBegan({ invokedMs }: OrderOperation, { attempts }: Purchase): number {
  let began = invokedMs;
  for (let before = Number.POSITIVE_INFINITY; began < before; ) {
    before = began;
    const joined = attempts.filter((one) => one.invokedMs <= before &&
      (one.returnedMs >= before || outcomeOf(one) === "unknown"));
    began = Math.min(before, ...joined.map((one) => one.invokedMs));
  }
  return began;
}

function byTime(one: Moment, other: Moment): number {
  return one.atMs - other.atMs;
}

/** How many at the front are so; behind the first that is not, none is. */
function countWhile(moments: readonly Moment[], isSo: (moment: Moment) => boolean): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(moments[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
