/**
 * What must hold of product look-ups, over all front-ends and all clients: no
 * answer is older than anything that was known before the question. The
 * version in an answer is the index of the catalog's row behind it, so old
 * and new are numbers. A stale answer is told once, by the strongest claim
 * that it breaks: the reader's own purchase, somebody's purchase, a look-up.
 */
import type { Evidence } from "./evidence.ts";
import type { ProductOperation } from "./history.ts";
import type { Rule } from "./judge.ts";

export const READ_RULES: Readonly<Record<number, Rule>> = {
  21: { promise: "no look-up is older than an acknowledged purchase",
    check: (evidence) => staleReads(evidence, "purchase") },
  22: { promise: "no look-up shows a purchase before it was asked for", check: notFromTheFuture },
  23: { promise: "a look-up shows what the row of its version left", check: valueOfItsVersion },
  24: { promise: "no look-up is older than one that was answered before",
    check: (evidence) => staleReads(evidence, "look-up") },
  25: { promise: "who bought sees it", check: (evidence) => staleReads(evidence, "own purchase") },
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

function knownVersions(evidence: Evidence): Known[] {
  const looked = evidence.reads().map(({ name, version, returnedMs }): Known =>
    ({ atMs: returnedMs, name, version, buyer: null }));
  const bought = [...evidence.purchases.values()].flatMap(({ key, name, knownMs, client }) => {
    const version = evidence.versionByKey.get(key);
    if (version === undefined || knownMs === Number.POSITIVE_INFINITY) return [];
    return [{ atMs: knownMs, name, version, buyer: client }];
  });
  return [...looked, ...bought];
}

function describe({ name, version, frontend, invokedMs }: ProductOperation, known: number): string {
  return `front-end ${frontend} showed ${name} as of row ${version}, asked at ` +
    `${invokedMs.toFixed(1)} ms, when row ${known} was known`;
}

function notFromTheFuture(evidence: Evidence): string[] {
  const keyByVersion = new Map([...evidence.versionByKey].map(([key, version]) => [version, key]));
  return evidence.reads().flatMap(({ name, version, returnedMs }) => {
    const key = keyByVersion.get(version);
    const purchase = key === undefined ? undefined : evidence.purchases.get(key);
    if (purchase === undefined || purchase.invokedMs <= returnedMs) return [];
    return [`${name} was shown as of row ${version} before ${key} was asked for`];
  });
}

function valueOfItsVersion(evidence: Evidence): string[] {
  return evidence.reads().flatMap(({ name, version, quantity }) => {
    const real = evidence.quantities.get(name)?.get(version);
    if (real === quantity) return [];
    const what = real === undefined ? "did not change it" : `left ${real}`;
    return [`${quantity} ${name} were shown as of row ${version}, which ${what}`];
  });
}
