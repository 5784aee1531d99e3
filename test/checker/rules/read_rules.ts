/**
 * What must hold of look-ups and lists, over all front-ends and all clients:
 * no answer is older than anything that was known before the question. The
 * version in an answer is the index of the catalog's row behind it, of a list
 * that of the latest change of any product, so old and new are numbers. A
 * stale look-up is told once, by the strongest claim that it breaks: the
 * reader's own purchase, somebody's purchase, a change of the admin's, a
 * look-up or a list, also one that said that the product is gone.
 */
import { once, type Evidence, type Left } from "../history_index.ts";
import type { History, ListedPart, ListOperation, ProductOperation, Shown } from "../history.ts";
import type { Rule } from "../checker.ts";
import { knownVersions, type Known } from "../known_versions.ts";

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
  36: { promise: "no look-up is older than what the admin was answered",
    check: (evidence) => staleReads(evidence, "admin's change") },
};

const WHOLE: ListedPart = { q: null, limit: Infinity, after: null };

type Claim = "own purchase" | "purchase" | "admin's change" | "look-up";

function staleReads(evidence: Evidence, wanted: Claim): string[] {
  return allStaleReads(evidence).flatMap(({ broken, text }) => broken === wanted ? [text] : []);
}

/** Each with the strongest claim that it breaks. */
const allStaleReads = once((evidence) => {
  const known = knownVersions(evidence);
  const reads = [...evidence.reads].sort((one, other) => one.invokedMs - other.invokedMs);
  const highest = new Map<string, number>();
  const claim = (what: string) => highest.get(what) ?? 0;
  const stale: { broken: Claim; text: string }[] = [];
  let next = 0;
  for (const read of reads) {
    for (; next < known.length && known[next]!.atMs < read.invokedMs; next++) {
      raise(highest, known[next]!);
    }
    const { client, name, version } = read;
    const own = claim(`own ${client} ${name}`);
    const bought = claim(`bought ${name}`);
    const changed = claim(`own admin ${name}`);
    const seen = claim(`seen ${name}`);
    if (version >= Math.max(own, bought, changed, seen)) continue;
    const [broken, row]: [Claim, number] = version < own ? ["own purchase", own]
      : version < bought ? ["purchase", bought]
      : version < changed ? ["admin's change", changed] : ["look-up", seen];
    stale.push({ broken, text: describe(read, row) });
  }
  return stale;
});

function raise(highest: Map<string, number>, { name, version, buyer }: Known): void {
  const whats = buyer === null ? [`seen ${name}`] : [`own ${buyer} ${name}`];
  if (typeof buyer === "number") whats.push(`bought ${name}`);
  for (const what of whats) highest.set(what, Math.max(highest.get(what) ?? 0, version));
}

function describe({ name, version, frontend, invokedMs }: ProductOperation, known: number): string {
  return `front-end ${frontend} showed ${name} as of row ${version}, asked at ` +
    `${invokedMs.toFixed(1)} ms, when row ${known} was known`;
}

function notFromTheFuture(evidence: Evidence): string[] {
  const keyByVersion = new Map([...evidence.versionByKey].map(([key, version]) => [version, key]));
  return [...evidence.reads, ...evidence.lists].flatMap(({ version, returnedMs }) => {
    const key = keyByVersion.get(version);
    const { invokedMs = 0 } = evidence.purchases.get(key ?? "") ?? {};
    if (invokedMs <= returnedMs || invokedMs === Number.POSITIVE_INFINITY) return [];
    return [`row ${version} was shown before ${key} was asked for`];
  });
}

function valueOfItsVersion(evidence: Evidence): string[] {
  const { initial } = evidence.history;
  return evidence.reads.flatMap((read) => {
    const { id, name, version } = read;
    if (id !== null && initial.get(name)?.id !== id) return [`${name} was shown as number ${id}`];
    const real = evidence.leftAt(name, version);
    const isOfRow = real?.index === version;
    const what = isOfRow ? differenceOf(evidence.history, read, real) : "did not change it";
    if (what === null) return [];
    return [`${textOf(read)} was shown as of row ${version}, which ${what}`];
  });
}

/** What a row left, where an answer shows something else; null: it shows just that. */
function differenceOf({ initial }: History, shown: Shown, real: Left): string | null {
  if (!real.isHere) return "left none there";
  const volume = initial.get(shown.name)?.maxVolume === null ? null : real.traded;
  const { price, quantity } = real;
  if (shown.quantity === quantity && shown.price === price && shown.volume === volume) return null;
  return `left ${textOf({ name: shown.name, quantity, price, volume })}`;
}

function textOf({ name, quantity, price, volume }: Shown): string {
  return `${quantity} ${name} at ${price}${volume === null ? "" : `, ${volume} traded`}`;
}

function listsAreOfOneMoment(evidence: Evidence): string[] {
  const { history } = evidence;
  const changes = new Set([0, ...history.journal.map(({ index }) => index)]);
  return evidence.lists.flatMap((list) => {
    const { version, products } = list;
    if (!changes.has(version)) {
      return [`${whose(list)} as of row ${version}, which changed nothing`];
    }
    const page = pageOf(list, evidence);
    if (products.map(({ name }) => name).join() !== page.names.join()) {
      return [`${whose(list)} does not have each product that it is of once, in order`];
    }
    if (list.more !== undefined && list.more !== page.more) {
      return [`${whose(list)} says that ${list.more ? "more" : "none"} follow`];
    }
    return products.flatMap((shown) => {
      const what = differenceOf(history, shown, evidence.leftAt(shown.name, version)!);
      if (what === null) return [];
      return [`${whose(list)} shows ${textOf(shown)}; row ${version} ${what}`];
    });
  });
}

/** Of the products that belong into a list, in its order, those on its page. */
function pageOf(list: ListOperation, evidence: Evidence): { names: string[]; more: boolean } {
  const { initial } = evidence.history;
  const { topic, byId, version, part: { q, limit, after } = WHOLE } = list;
  const keyOf = (name: string) => byId ? initial.get(name)!.id! : name;
  const names = evidence.namesOf(topic, version)
    .sort((one, other) => keyOf(one) < keyOf(other) ? -1 : 1)
    .filter((name) => q === null || name.toLowerCase().includes(q))
    .filter((name) => after === null || keyOf(name) > (byId ? Number(after) : after));
  return { names: names.slice(0, limit), more: names.length > limit };
}

function staleLists(evidence: Evidence): string[] {
  const shown = evidence.lists.map(({ version, returnedMs }) => ({ atMs: returnedMs, version }));
  const known = [...knownVersions(evidence), ...shown]
    .sort((one, other) => one.atMs - other.atMs);
  const lists = [...evidence.lists].sort((one, other) => one.invokedMs - other.invokedMs);
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
