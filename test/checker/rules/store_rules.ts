/**
 * What only some stores promise: that trade stays below a bound, and that a
 * price is one which somebody set.
 */
import type { Evidence } from "../history_index.ts";
import { outcomeOf, type Shown } from "../history.ts";
import type { Rule } from "../checker.ts";

export const STORE_RULES: Readonly<Record<number, Rule>> = {
  37: { promise: "volume is never above max_volume, in no answer and no row",
    check: boundedVolume },
  38: { promise: "bought + sold back is the volume", check: volumesAddUp },
  39: { promise: "no price is shown that nobody had set", check: pricesAreSet },
};

function boundedVolume(evidence: Evidence): string[] {
  const { initial } = evidence.history;
  const most = (name: string) => initial.get(name)?.maxVolume ?? Number.POSITIVE_INFINITY;
  const found: string[] = [];
  forAllShown(evidence, ({ name, volume }) => {
    if (volume === null || volume <= most(name)) return;
    found.push(`a volume of ${volume} was shown of ${name}`);
  });
  for (const [name, stock] of evidence.stocks) {
    for (const { index, traded } of stock) {
      if (traded > most(name)) found.push(`row ${index} brings the volume of ${name} to ${traded}`);
    }
  }
  return found.map((what) => `${what}, more than there may be`);
}

function volumesAddUp({ history }: Evidence): string[] {
  const traded = new Map<string, number>();
  for (const { name, quantity } of history.orders) {
    traded.set(name, (traded.get(name) ?? 0) + quantity);
  }
  return history.finals.flatMap(({ frontend, name, volume }) => {
    const real = traded.get(name) ?? 0;
    if (volume === null || volume === real) return [];
    return [`front-end ${frontend} shows a volume of ${volume} ${name}; ${real} were traded`];
  });
}

/** An answer may show a change as soon as the admin has asked for it. */
function pricesAreSet(evidence: Evidence): string[] {
  const { initial } = evidence.history;
  const setAtMs = new Map<string, number>();
  for (const operation of evidence.of("admin")) {
    if (operation.price === null || outcomeOf(operation) === "failed") continue;
    setAtMs.set(`${operation.price} ${operation.name}`, operation.invokedMs);
  }
  const found: string[] = [];
  forAllShown(evidence, ({ name, price }, atMs) => {
    if (price === initial.get(name)?.price) return;
    if ((setAtMs.get(`${price} ${name}`) ?? Number.POSITIVE_INFINITY) <= atMs) return;
    found.push(`${name} was shown at ${price} at ${atMs.toFixed(1)} ms`);
  });
  return found;
}

/** Every product in a look-up or list that was answered, and when it was. */
function forAllShown(
  { reads, lists }: Evidence,
  look: (shown: Shown, atMs: number) => void,
): void {
  for (const read of reads) look(read, read.returnedMs);
  for (const { products, returnedMs } of lists) {
    for (const shown of products) look(shown, returnedMs);
  }
}
