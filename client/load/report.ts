/**
 * What a run says at its end: a table, and sentences that a person who never
 * saw one understands. The same facts as JSON for programs.
 */
import type { LatencySummary } from "./latency.ts";
import type { RunResult } from "./run.ts";
import type { Paint } from "./style.ts";
import type { RequestType } from "./tally.ts";

const ROWS: readonly { type: RequestType; label: string; always: boolean }[] = [
  { type: "lookup", label: "look-up", always: true },
  { type: "hit", label: "  hit", always: true },
  { type: "miss", label: "  miss", always: true },
  { type: "order", label: "order", always: true },
  { type: "soldOut", label: "sold out", always: false },
  { type: "find", label: "find", always: true },
];
const TIMES = ["p50", "p90", "p95", "p99", "p99.9", "max", "mean"] as const;
const HEADINGS = ["request", "count", "errors", ...TIMES];

export function renderReport(result: RunResult, paint: Paint): string {
  const lines = [
    ...renderTable(result, paint),
    "",
    describeSpeed(result),
    ...describeStop(result).map((line) => paint("yellow", line)),
    ...describeProblems(result),
    paint(result.ok ? "green" : "red", describeVerdict(result)),
    ...result.goals.map((goal) => renderGoal(goal, paint)),
    ...describeP95(result),
  ];
  return `${lines.join("\n")}\n`;
}

function renderTable({ tally }: RunResult, paint: Paint): string[] {
  const shown = ROWS.filter(({ type, always }) => always || tally.count(type) > 0);
  const cells = shown.map(({ type, label }) => {
    const { latency, errors } = tally.series[type];
    const summary = latency.summary();
    // A look-up that failed was neither a hit nor a miss.
    const failed = type === "hit" || type === "miss" || type === "soldOut" ? "" : String(errors);
    return [label, String(summary.count), failed, ...TIMES.map((time) => asTime(summary[time]))];
  });
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column > 0))
      .join("  ")
      .trimEnd();
  return [paint("bold", `${line(HEADINGS)}  (ms)`), ...cells.map(line)];
}

function pad(text: string, width: number, toTheRight: boolean): string {
  return toTheRight ? text.padStart(width) : text.padEnd(width);
}

function asTime(ms: number | null): string {
  return ms === null ? "-" : ms.toFixed(2);
}

function describeSpeed({ options, tally, seconds, ...result }: RunResult): string {
  const asked = options.rate === null ? "" : ` of ${asNumber(options.rate)} asked for`;
  const repeats = tally.repeats > 0 ? ` ${count(tally.repeats, "request")} sent again.` : "";
  return (
    `${asNumber(result.throughput)} requests/s${asked}, ` +
    `${asNumber(result.ordersPerSecond)} orders/s over ${seconds.toFixed(2)} s. ` +
    `Longest gap between answers ${asTime(tally.gapMs)} ms.${repeats} Seed ${options.seed}.`
  );
}

function describeStop({ stopped, options, throughput }: RunResult): string[] {
  if (stopped === "by you") return ["Stopped early: this is what was measured until then."];
  if (stopped === "no answers") {
    return ["Stopped early: the store left several requests in a row without an answer."];
  }
  if (options.rate !== null && throughput < 0.95 * options.rate) {
    return [
      "The rate was not reached: the times include the waiting for a free buyer. " +
        "More --clients or a lower --rate would show the store alone.",
    ];
  }
  return [];
}

function describeProblems({ tally }: RunResult): string[] {
  const { problems, problemsLeftOut } = tally;
  const lines = problems.map((problem) => `- ${problem}`);
  if (problemsLeftOut > 0) lines.push(`- and ${problemsLeftOut} more`);
  return lines;
}

export function describeVerdict({ tally, orders, goals, ok }: RunResult): string {
  const parts: string[] = [];
  const wrong = orders.lost + orders.different + orders.doubled;
  if (orders.made > 0 && orders.same === orders.made && orders.doubled === 0) {
    parts.push(
      orders.made === 1
        ? "The one order is in the store exactly as it was made."
        : `All ${orders.made} orders are in the store exactly as they were made.`,
    );
  }
  if (orders.made === 0) parts.push("No order was made, so there was nothing to compare.");
  if (wrong > 0) {
    parts.push(
      `MISMATCH: of ${count(orders.made, "order")}, ${orders.lost} lost, ` +
        `${orders.different} changed, ${orders.doubled} with a number given twice.`,
    );
  }
  if (orders.not_compared > 0) parts.push(`${count(orders.not_compared, "order")} not compared.`);
  if (tally.errors > 0) parts.push(`${count(tally.errors, "request")} failed.`);
  const missed = goals.filter((goal) => !goal.met).length;
  if (missed > 0) parts.push(`${count(missed, "goal")} missed.`);
  return `${ok ? "OK" : "FAILED"}: ${parts.join(" ")}`;
}

function renderGoal(
  { goal, met, measured, unit }: RunResult["goals"][number],
  paint: Paint,
): string {
  const was =
    measured === null ? "nothing was measured" : `it was ${asNumber(measured)} ${unit}`.trimEnd();
  return paint(met ? "green" : "red", `Goal ${goal} ${met ? "met" : "missed"}: ${was}.`);
}

/** One line that says what a 95th percentile is, in terms of this run. */
function describeP95({ tally }: RunResult): string[] {
  const kind = tally.count("order") > 0 ? "order" : "lookup";
  const { p95, count: answers } = tally.series[kind].latency.summary();
  if (p95 === null) return [];
  const what = kind === "order" ? "orders" : "look-ups";
  if (answers < 20) {
    return [
      `p95: with ${answers} ${what} it says little; from 20 on, 19 of 20 are as fast or faster.`,
    ];
  }
  return [`p95: 19 of 20 ${what} were answered within ${asTime(p95)} ms, one of 20 took longer.`];
}

function asNumber(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toFixed(2)));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The report for programs: times in milliseconds, null where nothing was measured. */
export function toJson(result: RunResult) {
  const { options, tally } = result;
  const { goals: _goals, json: _json, ...asked } = options;
  const summary = (type: RequestType): LatencySummary & { errors: number } => {
    const { latency, errors } = tally.series[type];
    return { ...latency.summary(), errors };
  };
  return {
    ok: result.ok,
    verdict: describeVerdict(result),
    stopped: result.stopped,
    options: asked,
    seconds: result.seconds,
    throughput: result.throughput,
    orders_per_second: result.ordersPerSecond,
    gap_ms: tally.gapMs,
    repeats: tally.repeats,
    errors: tally.errors,
    orders: result.orders,
    types: {
      lookup: summary("lookup"),
      hit: summary("hit"),
      miss: summary("miss"),
      order: summary("order"),
      sold_out: summary("soldOut"),
      find: summary("find"),
    },
    goals: result.goals,
    problems: tally.problems,
    problems_left_out: tally.problemsLeftOut,
  };
}

export type JsonReport = ReturnType<typeof toJson>;
