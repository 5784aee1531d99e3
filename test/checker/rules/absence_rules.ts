/** What must hold of products that come and go: of the rows, and of who is told of none. */
import type { Evidence } from "../history_index.ts";
import type { Rule } from "../checker.ts";
import { missedProducts, rowAskedBy } from "../known_versions.ts";

export const ABSENCE_RULES: Readonly<Record<number, Rule>> = {
  40: { promise: "who was told that there is no such product was told so while it was true",
    check: missedForCause },
  41: { promise: "only what is there is changed or removed, only what is not there is made",
    check: rowsOfWhatIsThere },
};

/** At some moment between what was known before the question and the answer it was not there. */
function missedForCause(evidence: Evidence): string[] {
  return missedProducts(evidence).flatMap(({ operation, first, gone }) => {
    const { kind, name, frontend, invokedMs, returnedMs } = operation;
    const last = Math.max(first, rowAskedBy(evidence, returnedMs));
    const neverWas = !evidence.stocks.has(name);
    if (neverWas || (gone !== null && gone <= last)) return [];
    return [`front-end ${frontend} said that there is no ${name}: ${kind}, asked at ` +
      `${invokedMs.toFixed(1)} ms; from row ${first} to row ${last} it was there`];
  });
}

function rowsOfWhatIsThere({ history, stocks }: Evidence): string[] {
  const seen = new Map<string, number>();
  return history.journal.flatMap(({ index, kind, name }) => {
    const place = (seen.get(name) ?? 0) + 1;
    seen.set(name, place);
    const stock = stocks.get(name) ?? [];
    const wasHere = stock[place - 1]?.isHere ?? false;
    if (wasHere === (kind === "product")) {
      return [`row ${index}, ${kind}, is of ${name}, which is ${wasHere ? "" : "not "}there`];
    }
    const quantity = stock[place]?.quantity ?? 0;
    if (kind !== "remove" || quantity === 0) return [];
    return [`row ${index} removes ${name} and leaves ${quantity} pieces of it`];
  });
}
