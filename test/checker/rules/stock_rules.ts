/** What must hold of the stock, from the catalog's journal, the order log and the answers. */
import type { Evidence } from "../history_index.ts";
import { type AdminOperation, type JournalRow, outcomeOf } from "../history.ts";
import type { Rule } from "../checker.ts";
import { rowAskedBy, rowKnownAt, rowShownAfter, whenBegan } from "../known_versions.ts";

export const STOCK_RULES: Readonly<Record<number, Rule>> = {
  16: { promise: "initial + restocked + sold back - bought is what is left", check: booksBalance },
  17: { promise: "nobody sees less than none, or more than a full stock", check: withinBounds },
  18: { promise: "no more is sold than was there", check: nothingOversold },
  19: { promise: "who was told that there is not enough was told so while it was true",
    check: refusedForCause },
  35: { promise: "what the admin changes happens once, or not at all if he is told so",
    check: adminChangesOnce },
};

function booksBalance(evidence: Evidence): string[] {
  const { history } = evidence;
  const left = new Map([...history.initial].map(([name, { quantity }]) => [name, quantity]));
  const add = (name: string, quantity: number) =>
    left.set(name, (left.get(name) ?? 0) + quantity);
  for (const row of history.journal) {
    if (row.kind !== "sale" && row.kind !== "price") add(row.name, row.quantity);
  }
  for (const { name, type, quantity } of history.orders) {
    add(name, type === "buy" ? -quantity : quantity);
  }
  const wrong = history.finals.flatMap(({ frontend, name, quantity }) => {
    if (left.get(name) === quantity) return [];
    return [`front-end ${frontend} shows ${quantity} ${name}; its books say ${left.get(name)}`];
  });
  return [...wrong, ...comeOrGone(evidence)];
}

/** In the end each front-end shows all that is there, and nothing else. */
function comeOrGone({ history, stocks }: Evidence): string[] {
  const shown = new Set(history.finals.map(({ frontend, name }) => `${frontend} ${name}`));
  const frontends = [...new Set(history.finals.map(({ frontend }) => frontend))];
  return [...stocks].flatMap(([name, stock]) => frontends.flatMap((frontend) => {
    const { isHere, index } = stock.at(-1)!;
    if (shown.has(`${frontend} ${name}`) === isHere) return [];
    return [`front-end ${frontend} shows ${isHere ? "no" : "some"} ${name}; by row ${index} ` +
      `there is ${isHere ? "one" : "none"}`];
  }));
}

function withinBounds(evidence: Evidence): string[] {
  const { initial, restockTo, journal } = evidence.history;
  const added = new Map<string, number>();
  for (const row of journal) {
    const isMore = row.kind === "sale" ? row.type === "sell" : row.kind !== "restock";
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
 * A refusal counts the rows that are decided by then, all that anybody knew of
 * among them, and leaves when they can be seen (known_versions.ts): at some moment
 * between the product was there, and there was less of it than asked for, of
 * pieces or of volume that is left, whichever was said.
 */
function refusedForCause(evidence: Evidence): string[] {
  return evidence.of("order").flatMap((operation) => {
    const { status, key, name, type, lacked, quantity, returnedMs } = operation;
    if (status !== 409 || outcomeOf(operation) !== "failed") return [];
    if (type === "sell" && lacked === "stock") return [`${key} sells, and was told of the stock`];
    const beganMs = whenBegan(operation, evidence.purchases.get(key)!);
    const first = rowKnownAt(evidence, beganMs);
    const latest = Math.min(rowAskedBy(evidence, returnedMs),
      rowShownAfter(evidence, name, returnedMs));
    const last = Math.max(first, latest);
    const most = evidence.history.initial.get(name)?.maxVolume ?? Number.POSITIVE_INFINITY;
    const left = evidence.leftBetween(name, first, last).filter(({ isHere }) => isHere)
      .map((one) => lacked === "volume" ? most - one.traded : one.quantity);
    if (!evidence.stocks.has(name) || left.some((pieces) => pieces < quantity)) return [];
    const real = left.length === 0 ? "none to buy" : `${Math.min(...left)} and more`;
    return [`${key} was told that there are less than ${quantity} ${name}: from row ${first} ` +
      `to row ${last} there were ${real}`];
  });
}

function adminChangesOnce(evidence: Evidence): string[] {
  const asked = evidence.of("admin");
  return [
    ...asked.filter(({ does }) => does !== "remove").flatMap((one) => madeOnce(evidence, one)),
    ...removedOnce(evidence, asked.filter(({ does }) => does === "remove")),
  ];
}

function madeOnce(evidence: Evidence, operation: AdminOperation): string[] {
  const { does, name, added, price, status } = operation;
  const outcome = outcomeOf(operation);
  const rows = evidence.rowsOf(operation);
  const wanted: [number | null, JournalRow["kind"], string][] = does === "make"
    ? [[added, "product", `pieces at ${price}, as a new product,`]]
    : [[added, "stock", "pieces"], [price, "price", "as its price"]];
  return wanted.flatMap(([value, kind, what]) => {
    const count = rows.filter((row) => row.kind === kind).length;
    const isRight = outcome === "unknown" ? count <= 1 : count === (outcome === "ok" ? 1 : 0);
    if (value === null || isRight) return [];
    return [`${name} got ${value} ${what} ${count} times, and the answer was ${status}`];
  });
}

/** Each answer has a row of its own; those without one are of removals of unknown outcome. */
function removedOnce(evidence: Evidence, asked: readonly AdminOperation[]): string[] {
  return [...evidence.stocks.keys()].flatMap((name) => {
    const own = asked.filter((one) => one.name === name);
    const answered = own.filter((one) => outcomeOf(one) === "ok");
    const unknown = own.filter((one) => outcomeOf(one) === "unknown").length;
    const rows = evidence.adminRowsOf(name).filter(({ kind }) => kind === "remove");
    const found = new Set(answered.flatMap((one) => evidence.rowsOf(one))).size;
    const rest = rows.length - found;
    if (found === answered.length && rest <= unknown) return [];
    return [`${name} was removed ${rows.length} times; the answer said so ` +
      `${answered.length} times, and ${unknown} times it is not known`];
  });
}
