/**
 * Goals of a run, as `order.p99<20ms`: written on the command line, judged
 * against what was measured. A goal for something of which nothing was
 * measured is missed: no orders are not fast orders.
 */
import { UsageError } from "../../shared/usage.ts";
import type { RequestType, Tally } from "./tally.ts";

const TYPES: Record<string, RequestType> = {
  lookup: "lookup",
  hit: "hit",
  miss: "miss",
  order: "order",
  find: "find",
};
const MS_BY_UNIT: Record<string, number> = { us: 0.001, ms: 1, s: 1_000 };
const SHAPE =
  /^(?:([a-z]+)\.)?(p\d{1,2}(?:\.\d{1,2})?|[a-z]+)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*([a-z]*)$/;
const GRAMMAR =
  "as order.p99<20ms: lookup, hit, miss, order or find, then p50 to p99.9, max, mean or errors; " +
  "or throughput>500, errors<1, gap<1s";

type Comparison = "<" | "<=" | ">" | ">=";

export interface Goal {
  /** As it was written. */
  text: string;
  type: RequestType | null;
  /** `p99.9`, `max`, `mean`, `errors`, `throughput`, `gap`. */
  measure: string;
  comparison: Comparison;
  /** Milliseconds, a count, or requests a second. */
  limit: number;
}

export interface JudgedGoal {
  goal: string;
  met: boolean;
  /** Milliseconds, a count or requests a second; null when nothing was measured. */
  measured: number | null;
  unit: "ms" | "/s" | "";
}

/** Comma separated. @throws UsageError */
export function parseGoals(text: string): Goal[] {
  return text.split(",").map((part) => parseGoal(part.trim()));
}

function parseGoal(text: string): Goal {
  const [, typeName, measure = "", comparison, number, unit = ""] = SHAPE.exec(text) ?? [];
  const type = typeName === undefined ? null : (TYPES[typeName] ?? null);
  const timed = isTime(measure);
  const fits =
    (typeName === undefined || type !== null) &&
    (timed ? (type !== null) !== (measure === "gap") : isCounted(measure, type)) &&
    (timed ? unit === "" || Object.hasOwn(MS_BY_UNIT, unit) : unit === "");
  if (!fits) throw new UsageError(`--slo is written ${GRAMMAR}; not '${text}'`);
  return {
    text,
    type,
    measure,
    comparison: comparison as Comparison,
    limit: Number(number) * (timed ? (MS_BY_UNIT[unit] ?? 1) : 1),
  };
}

function isTime(measure: string): boolean {
  return /^p\d/.test(measure) || ["max", "mean", "gap"].includes(measure);
}

function isCounted(measure: string, type: RequestType | null): boolean {
  return measure === "errors" || (measure === "throughput" && type === null);
}

export function judgeGoal(goal: Goal, tally: Tally, throughput: number): JudgedGoal {
  const measured = measure(goal, tally, throughput);
  const unit = isTime(goal.measure) ? "ms" : goal.measure === "throughput" ? "/s" : "";
  return { goal: goal.text, met: measured !== null && holds(goal, measured), measured, unit };
}

function measure(goal: Goal, tally: Tally, throughput: number): number | null {
  if (goal.measure === "gap") return tally.gapMs;
  if (goal.measure === "throughput") return throughput;
  if (goal.measure === "errors") return goal.type ? tally.series[goal.type].errors : tally.errors;
  const { latency } = tally.series[goal.type ?? "lookup"];
  if (goal.measure === "max") return latency.max;
  if (goal.measure === "mean") return latency.mean;
  return latency.percentile(Number(goal.measure.slice(1)));
}

function holds(goal: Goal, measured: number): boolean {
  switch (goal.comparison) {
    case "<":
      return measured < goal.limit;
    case "<=":
      return measured <= goal.limit;
    case ">":
      return measured > goal.limit;
    case ">=":
      return measured >= goal.limit;
  }
}
