/**
 * What must hold of look-ups and lists, over all front-ends and all clients:
 * no answer is older than anything that was known before the question. The
 * version in an answer is the index of the catalog's row behind it, of a list
 * that of the latest change of any product, so old and new are numbers. A
 * stale look-up is told once, by the strongest claim that it breaks: the
 * reader's own purchase, somebody's purchase, a look-up or a list.
 */
import type { Evidence } from "./evidence.ts";
import type { ListOperation, ProductOperation } from "./history.ts";
import type { Rule } from "./judge.ts";

export const READ_RULES: Readonly<Record<number, Rule>> = {
  21: { promise: "no look-up is older than an acknowledged purchase",
    check: (evidence) => staleReads(evidence, "purchase") },
  22: { promise: "nobody is shown a purchase before it was asked for", check: notFromTheFuture },
  23: { promise: "a look-up shows what the row of its version left", check: valueOfItsVersion },
  24: { promise: "no look-up is older than one that was answered before",
    check: (evidence) => staleReads(evidence, "look-up") },
  25: { promise: "who bought sees it", check: (evidence) => staleReads(evidence, "own purchase") },
  28: { promise: "a list shows every product as it was after the row of its version",
    check: listsAreOfOneMoment },
  29: { promise: "no list is older than what was known before", check: staleLists },
};

type Claim = "own purchase" | "purchase" | "look-up";

/** A version of a product that somebody knew of at that time. */
interface Known {
  atMs: number;
  name: string;
  version: number;
  /** Who bought; null for a look-up. */
  buyer: number | null;
}

function staleReads(evidence: Evidence, wanted: Claim): string[] {
  const known = knownVersions(evidence).sort((one, other) => one.atMs - other.atMs);
  const reads = evidence.reads().sort((one, other) => one.invokedMs - other.invokedMs);
  const highest = new Map<string, number>();
  const claim = (what: string) => highest.get(what) ?? 0;
  let next = 0;
  return reads.flatMap((read) => {
    for (; next < known.length && known[next]!.atMs < read.invokedMs; next++) {
      raise(highest, known[next]!);
    }
    const own = claim(`own ${read.client} ${read.name}`);
    const bought = claim(`bought ${read.name}`);
    const seen = claim(`seen ${read.name}`);
    const broken: Claim | null = read.version < own ? "own purchase"
      : read.version < bought ? "purchase"
      : read.version < seen ? "look-up" : null;
    const claims = { "own purchase": own, purchase: bought, "look-up": seen };
    return broken === wanted ? [describe(read, claims[wanted])] : [];
  });
}

function raise(highest: Map<string, number>, { name, version, buyer }: Known): void {
  const whats = buyer === null ? [`seen ${name}`] : [`bought ${name}`, `own ${buyer} ${name}`];
  for (const what of whats) highest.set(what, Math.max(highest.get(what) ?? 0, version));
}

/** What was known of products, and from when on. */
export function knownVersions(evidence: Evidence): Known[] {
  const looked = evidence.reads().map(({ name, version, returnedMs }): Known =>
    ({ atMs: returnedMs, name, version, buyer: null }));
  const listed = evidence.lists().flatMap(({ products, version, returnedMs }) =>
    products.map(({ name }): Known => {
      const { index } = evidence.leftAt(name, version) ?? { index: 0 };
      return { atMs: returnedMs, name, version: index, buyer: null };
    }));
  const bought = [...evidence.purchases.values()].flatMap(({ key, name, knownMs, client }) => {
    const version = evidence.versionByKey.get(key);
    if (version === undefined || knownMs === Number.POSITIVE_INFINITY) return [];
    return [{ atMs: knownMs, name, version, buyer: client }];
  });
  const changed = evidence.of("admin").filter(({ status }) => status === 200)
    .map(({ name, version, returnedMs }): Known =>
      ({ atMs: returnedMs, name, version, buyer: null }));
  return [...looked, ...listed, ...bought, ...changed];
}

function describe({ name, version, frontend, invokedMs }: ProductOperation, known: number): string {
  return `front-end ${frontend} showed ${name} as of row ${version}, asked at ` +
    `${invokedMs.toFixed(1)} ms, when row ${known} was known`;
}

function notFromTheFuture(evidence: Evidence): string[] {
  const keyByVersion = new Map([...evidence.versionByKey].map(([key, version]) => [version, key]));
  return [...evidence.reads(), ...evidence.lists()].flatMap(({ version, returnedMs }) => {
    const key = keyByVersion.get(version);
    const { invokedMs = 0 } = evidence.purchases.get(key ?? "") ?? {};
    if (invokedMs <= returnedMs || invokedMs === Number.POSITIVE_INFINITY) return [];
    return [`row ${version} was shown before ${key} was asked for`];
  });
}

function valueOfItsVersion(evidence: Evidence): string[] {
  return evidence.reads().flatMap(({ name, version, quantity }) => {
    const real = evidence.leftAt(name, version);
    if (real?.index === version && real.quantity === quantity) return [];
    const what = real?.index === version ? `left ${real.quantity}` : "did not change it";
    return [`${quantity} ${name} were shown as of row ${version}, which ${what}`];
  });
}

function listsAreOfOneMoment(evidence: Evidence): string[] {
  const names = [...evidence.history.initial.keys()].sort();
  const changes = new Set([0, ...evidence.history.journal.map(({ index }) => index)]);
  return evidence.lists().flatMap((list) => {
    const { version, products } = list;
    if (!changes.has(version)) {
      return [`${whose(list)} as of row ${version}, which changed nothing`];
    }
    if (products.map(({ name }) => name).join() !== names.join()) {
      return [`${whose(list)} does not have each product once, by name`];
    }
    return products.flatMap(({ name, quantity }) => {
      const { quantity: real } = evidence.leftAt(name, version)!;
      if (real === quantity) return [];
      return [`${whose(list)} shows ${quantity} ${name} as of row ${version}: there were ${real}`];
    });
  });
}

function staleLists(evidence: Evidence): string[] {
  const shown = evidence.lists().map(({ version, returnedMs }) => ({ atMs: returnedMs, version }));
  const known = [...knownVersions(evidence), ...shown]
    .sort((one, other) => one.atMs - other.atMs);
  const lists = evidence.lists().sort((one, other) => one.invokedMs - other.invokedMs);
  let next = 0;
  let highest = 0;
  return lists.flatMap((list) => {
    for (; next < known.length && known[next]!.atMs < list.invokedMs; next++) {
      highest = Math.max(highest, known[next]!.version);
    }
    if (list.version >= highest) return [];
    return [`${whose(list)} is as of row ${list.version}, when row ${highest} was known`];
  });
}

function whose({ frontend, invokedMs }: ListOperation): string {
  return `the list of front-end ${frontend}, asked for at ${invokedMs.toFixed(1)} ms,`;
}
