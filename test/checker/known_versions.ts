/**
 * What was known when, and so which rows an answer may rest on: all that
 * anybody knew before the question, and none that was asked for, or not yet
 * to be seen, after the answer. That a product is not there is known as well:
 * as of the first row that left it so and is not behind what was known.
 */
import { once, type Evidence, type Purchase } from "./history_index.ts";
import {
  type AdminOperation, type OrderOperation, outcomeOf, type ProductOperation,
} from "./history.ts";

/** A version of a product that somebody knew of at that time. */
export interface Known {
  atMs: number;
  name: string;
  version: number;
  /** Who bought or changed it; null: it was shown, or said not to be there. */
  buyer: number | "admin" | null;
}

/** Somebody was told that there is no such product. */
export interface Missed {
  operation: ProductOperation | OrderOperation | AdminOperation;
  /** The row that the answer could not be without. */
  first: number;
  /** From that one on the first after which it was not there; null: there is none. */
  gone: number | null;
}

interface Moment {
  atMs: number;
  index: number;
}

/** What was known of products, and from when on; by time. */
export function knownVersions(evidence: Evidence): readonly Known[] {
  return knowledge(evidence).known;
}

/** All who were told that there is no such product. */
export function missedProducts(evidence: Evidence): readonly Missed[] {
  return knowledge(evidence).missed;
}

/** The highest row of any product that was known to anybody by then. */
export function rowKnownAt(evidence: Evidence, atMs: number): number {
  return highestBefore(knownRows(evidence), atMs);
}

/** The last row before all that was asked for only after this time. */
export function rowAskedBy(evidence: Evidence, atMs: number): number {
  return rowAfter(askedRows(evidence), atMs) - 1;
}

/** The last row that no look-up of the product which was asked for after this time is without. */
export function rowShownAfter(evidence: Evidence, name: string, atMs: number): number {
  return rowAfter(shownRows(evidence).get(name) ?? [], atMs);
}

/** When the question was first asked that this is an answer to: attempts under a key join. */
export function whenBegan({ invokedMs }: OrderOperation, { attempts }: Purchase): number {
  let began = invokedMs;
  for (let before = Number.POSITIVE_INFINITY; began < before; ) {
    before = began;
    const joined = attempts.filter((one) => one.invokedMs <= before &&
      (one.returnedMs >= before || outcomeOf(one) === "unknown"));
    began = Math.min(before, ...joined.map((one) => one.invokedMs));
  }
  return began;
}

const knowledge = once((evidence): { known: readonly Known[]; missed: readonly Missed[] } => {
  const told = toldVersions(evidence);
  const misses = [...evidence.of("product"), ...evidence.of("order"), ...evidence.of("admin")]
    .filter((operation) => operation.status === 404 && outcomeOf(operation) === "failed")
    .sort((one, other) => one.returnedMs - other.returnedMs);
  if (misses.length === 0) return { known: told, missed: [] };
  const known: Known[] = [];
  const notes = new Notes();
  const learn = (what: Known): void => {
    known.push(what);
    notes.add(what);
  };
  let next = 0;
  const missed = misses.map((operation): Missed => {
    const { kind, name, returnedMs: atMs } = operation;
    while (next < told.length && told[next]!.atMs <= atMs) learn(told[next++]!);
    const first = kind === "product"
      // Who looks up may be answered by a replica that lacks rows of other products.
      ? notes.of(name, operation.invokedMs) : notes.ofAny(beganMs(operation, evidence));
    const gone = evidence.goneFrom(name, first);
    if (gone !== null) learn({ atMs, name, version: gone, buyer: null });
    return { operation, first, gone };
  });
  known.push(...told.slice(next));
  return { known, missed };
});

/** The highest versions that were known, as they came to be known one after the other. */
class Notes {
  readonly #byName = new Map<string, Moment[]>();
  readonly #any: Moment[] = [];

  add({ atMs, name, version }: Known): void {
    let notes = this.#byName.get(name);
    if (notes === undefined) this.#byName.set(name, (notes = []));
    for (const list of [notes, this.#any]) {
      list.push({ atMs, index: Math.max(version, list.at(-1)?.index ?? 0) });
    }
  }

  of(name: string, beforeMs: number): number {
    return highestBefore(this.#byName.get(name) ?? [], beforeMs);
  }

  ofAny(beforeMs: number): number {
    return highestBefore(this.#any, beforeMs);
  }
}

function beganMs(operation: OrderOperation | AdminOperation, { purchases }: Evidence): number {
  if (operation.kind === "admin") return operation.invokedMs;
  return whenBegan(operation, purchases.get(operation.key)!);
}

/** What answers showed, or said was done; by time. */
function toldVersions(evidence: Evidence): readonly Known[] {
  const looked = evidence.reads.map(({ name, version, returnedMs }): Known =>
    ({ atMs: returnedMs, name, version, buyer: null }));
  // Also of what is not in the list: all up to the row of its version was to be seen.
  const listed = evidence.lists.flatMap(({ version, returnedMs }) =>
    [...evidence.stocks.keys()].map((name): Known => {
      const { index } = evidence.leftAt(name, version)!;
      return { atMs: returnedMs, name, version: index, buyer: null };
    }));
  const bought = [...evidence.purchases.values()].flatMap(({ key, name, knownMs, client }) => {
    const version = evidence.versionByKey.get(key);
    if (version === undefined || knownMs === Number.POSITIVE_INFINITY) return [];
    return [{ atMs: knownMs, name, version, buyer: client }];
  });
  const changed = evidence.of("admin").filter(({ status }) => status === 200).map((operation) => {
    const { name, returnedMs: atMs } = operation;
    const rows = evidence.rowsOf(operation).map(({ index }) => index);
    return { atMs, name, version: Math.max(operation.version, ...rows), buyer: "admin" } as const;
  });
  return [...looked, ...listed, ...bought, ...changed]
    .sort((one, other) => one.atMs - other.atMs);
}

/** By time: the highest row that was known to anybody then. */
const knownRows = once((evidence): readonly Moment[] => {
  let highest = 0;
  return knownVersions(evidence).map(({ atMs, version }) => {
    highest = Math.max(highest, version);
    return { atMs, index: highest };
  });
});

/** By time of asking: the lowest row of all that was asked for then or later. */
const askedRows = once((evidence): readonly Moment[] => {
  const firstMs = new Map<number, number>();
  for (const [key, index] of evidence.versionByKey) {
    const purchase = evidence.purchases.get(key);
    if (purchase !== undefined) firstMs.set(index, purchase.invokedMs);
  }
  for (const operation of evidence.of("admin")) {
    const { invokedMs } = operation;
    for (const { index } of evidence.rowsOf(operation)) {
      firstMs.set(index, Math.min(invokedMs, firstMs.get(index) ?? invokedMs));
    }
  }
  return lowestFromThen([...firstMs].map(([index, atMs]) => ({ atMs, index })));
});

/** By product and time of asking: the lowest row that a look-up of it then or later shows. */
const shownRows = once((evidence): ReadonlyMap<string, readonly Moment[]> => {
  const shown = new Map<string, Moment[]>();
  for (const { name, invokedMs, version } of evidence.reads) {
    const moments = shown.get(name);
    const moment = { atMs: invokedMs, index: version };
    if (moments === undefined) shown.set(name, [moment]);
    else moments.push(moment);
  }
  return new Map([...shown].map(([name, moments]) => [name, lowestFromThen(moments)]));
});

function lowestFromThen(moments: Moment[]): Moment[] {
  let lowest = Number.POSITIVE_INFINITY;
  return moments.sort(byTime).reverse().map(({ atMs, index }) => {
    lowest = Math.min(lowest, index);
    return { atMs, index: lowest };
  }).reverse();
}

/** Of those before this time the last, which is the highest; 0: there are none. */
function highestBefore(moments: readonly Moment[], beforeMs: number): number {
  return moments[countWhile(moments, ({ atMs }) => atMs < beforeMs) - 1]?.index ?? 0;
}

/** Of those after this time; Infinity: there are none. */
function rowAfter(moments: readonly Moment[], atMs: number): number {
  const later = moments[countWhile(moments, (moment) => moment.atMs <= atMs)];
  return later?.index ?? Number.POSITIVE_INFINITY;
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
