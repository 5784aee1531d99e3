/** A run's story and verdict, for people. */
import type { Paint } from "../../client/load/style.ts";
import { RULES } from "./judge.ts";
import type { Outcome } from "./run.ts";

/** What the store promises of a pause, by the kind of fault: milliseconds. */
export const GOALS_MS: Readonly<Record<string, number>> = {
  "kill of the order leader": 1_000,
  "pause of the order leader": 2_000,
  "stop of the order leader": 1_000,
};

export function renderOutcome(outcome: Outcome, paint: Paint): string {
  const { seed, story, counts, kept } = outcome;
  const lines = [
    `Seed ${seed}. What was done to the store:`, "", ...story, "",
    `${counts.requests} requests: ${counts.orders} orders, ${counts.soldOut} sold out, ` +
      `${counts.replayed} replayed, ${counts.keysReused} keys used for something else,`,
    `${counts.lookUps} look-ups, ${counts.found} orders found, ${counts.notFound} not there, ` +
      `${counts.refused} refused (503), ${counts.silent} without an answer.`,
    `Of purchases with an attempt of unknown outcome ${counts.unknownHappened} happened, ` +
      `${counts.unknownNot} did not. ${counts.restocks} restocks, ${counts.terms} terms.`,
    "", ...waitingTable(outcome), "", ...verdictLines(outcome, paint),
  ];
  if (kept !== null) lines.push(`The files and history.json are in ${kept}.`);
  return `${lines.join("\n")}\n`;
}

function waitingTable({ waiting }: Outcome): string[] {
  const width = Math.max(...waiting.map(({ kind }) => kind.length), 5);
  const heading = `${"fault".padEnd(width)}  times  longest wait    503s  no answer`;
  return [heading, ...waiting.map(({ kind, times, longestMs, refused, silent }) => {
    const goal = GOALS_MS[kind];
    const met = goal === undefined ? "" : longestMs < goal ? "  (as promised)"
      : `  (over ${goal} ms)`;
    return `${kind.padEnd(width)}${String(times).padStart(7)}` +
      `${`${Math.round(longestMs)} ms`.padStart(14)}${String(refused).padStart(8)}` +
      `${String(silent).padStart(11)}${met}`;
  })];
}

function verdictLines(outcome: Outcome, paint: Paint): string[] {
  const { violations, failedChecks, settledMs, empty, ok } = outcome;
  const bad = (text: string) => `${paint("red", "FAIL")}  ${text}`;
  const lines = violations.map(({ rule, promise, text }) =>
    bad(`rule ${rule}, ${promise}: ${text}`));
  for (const { name, when, findings } of failedChecks) {
    lines.push(bad(`check ${name} (${when}): ${findings.join("\n      ")}`));
  }
  if (settledMs === null) lines.push(bad("it did not come back after the last fault"));
  for (const what of empty) lines.push(bad(`the run shows nothing: ${what}`));
  if (!ok) return lines;
  const rules = Object.keys(RULES).length;
  return [`${paint("green", "PASS")}  ${rules} rules and the audit hold; all was well ` +
    `${settledMs} ms after the last fault.`];
}
