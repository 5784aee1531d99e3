/**
 * How long buyers waited, by the kind of fault they met. What a buyer waits
 * for is an answer that is final, whatever it took to get it: several
 * attempts, another front-end. Each fault answers for the waiting from its
 * beginning to that of the next one, which answers for the rest:
 *
 *   fault        A ├───────────────────┤ B ├──────────
 *   purchase             ▕▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▏
 *   waited for           └───── A ─────┘└── B ─┘
 *
 * Beside it stands what is promised of single attempts (promise_rules.ts).
 */
import type { History, OrderOperation } from "../checker/history.ts";
import { trialsOf, waitOf } from "../checker/rules/promise_rules.ts";

export interface Waiting {
  kind: string;
  times: number;
  /** The longest that one purchase waited under such a fault. */
  longestMs: number;
  /** In a whole store, at front-ends that had to serve, the longest attempt; null: none was. */
  servedMs: number | null;
  /** Attempts answered 503, and those without an answer. */
  refused: number;
  silent: number;
}

interface Span {
  fromMs: number;
  toMs: number;
}

export function waitingByKind(history: History): Waiting[] {
  const { operations, faults } = history;
  const attempts = operations.filter(isOrder);
  const purchases = spansOf(attempts);
  const byKind = new Map<string, Waiting>();
  for (const [at, { kind, fromMs }] of faults.entries()) {
    const untilMs = faults[at + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const found = byKind.get(kind) ??
      { kind, times: 0, longestMs: 0, servedMs: null, refused: 0, silent: 0 };
    byKind.set(kind, found);
    found.times += 1;
    for (const span of purchases) {
      if (span.toMs < fromMs || span.fromMs >= untilMs) continue;
      const waited = Math.min(span.toMs, untilMs) - Math.max(span.fromMs, fromMs);
      found.longestMs = Math.max(found.longestMs, waited);
    }
    for (const { returnedMs, status } of attempts) {
      if (returnedMs < fromMs || returnedMs >= untilMs) continue;
      if (status === 503) found.refused += 1;
      if (status === 0) found.silent += 1;
    }
  }
  for (const trial of trialsOf(history)) {
    const found = byKind.get(trial.fault.kind)!;
    for (const attempt of trial.attempts) {
      found.servedMs = Math.max(found.servedMs ?? 0, waitOf(trial, attempt));
    }
  }
  return [...byKind.values()].sort((one, other) => (one.kind < other.kind ? -1 : 1));
}

/** Purchases that came to an end, each from its first attempt to its first final answer. */
function spansOf(attempts: readonly OrderOperation[]): Span[] {
  const spans = new Map<string, Span>();
  for (const { key, invokedMs, returnedMs, status } of attempts) {
    const span = spans.get(key) ?? { fromMs: invokedMs, toMs: Number.POSITIVE_INFINITY };
    span.fromMs = Math.min(span.fromMs, invokedMs);
    if (status !== 0 && status !== 503) span.toMs = Math.min(span.toMs, returnedMs);
    spans.set(key, span);
  }
  return [...spans.values()].filter(({ toMs }) => toMs !== Number.POSITIVE_INFINITY);
}

function isOrder(operation: History["operations"][number]): operation is OrderOperation {
  return operation.kind === "order";
}
