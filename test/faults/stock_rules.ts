/** What must hold of the stock, from the catalog's journal, the order log and the answers. */
import type { Evidence } from "./evidence.ts";
import type { Rule } from "./judge.ts";

export const STOCK_RULES: Readonly<Record<number, Rule>> = {
  16: { promise: "initial + restocked - ordered is what is left", check: booksBalance },
  17: { promise: "nobody sees less than none, or more than a full stock", check: withinBounds },
  18: { promise: "between two restocks no more is sold than was there", check: nothingOversold },
};

function booksBalance({ history }: Evidence): string[] {
  const left = new Map(history.initial);
  const add = (name: string, quantity: number) =>
    left.set(name, (left.get(name) ?? 0) + quantity);
  for (const { kind, name, quantity } of history.journal) {
    if (kind === "restock") add(name, quantity);
  }
  for (const { name, quantity } of history.orders) add(name, -quantity);
  return history.finals.flatMap(({ frontend, name, quantity }) => {
    if (left.get(name) === quantity) return [];
    return [`front-end ${frontend} shows ${quantity} ${name}; its books say ${left.get(name)}`];
  });
}

function withinBounds(evidence: Evidence): string[] {
  const { initial, restockTo } = evidence.history;
  return evidence.reads().flatMap(({ name, quantity, version }) => {
    const most = Math.max(initial.get(name) ?? 0, restockTo);
    if (quantity >= 0 && quantity <= most) return [];
    return [`${quantity} ${name} were shown as of row ${version}; a full stock is ${most}`];
  });
}

function nothingOversold({ history }: Evidence): string[] {
  const stock = new Map(history.initial);
  const sold = new Map<string, number>();
  return history.journal.flatMap(({ index, kind, name, quantity }) => {
    const there = stock.get(name) ?? 0;
    const before = sold.get(name) ?? 0;
    if (kind === "restock") {
      stock.set(name, there - before + quantity);
      sold.set(name, 0);
      return [];
    }
    sold.set(name, before + quantity);
    if (before + quantity <= there) return [];
    return [`row ${index} sells ${quantity} ${name}: ${before} of ${there} were sold already`];
  });
}
