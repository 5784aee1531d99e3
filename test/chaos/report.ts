/** A run's story and verdict, for people. */
import type { Paint } from "../../client/load/style.ts";
import { RULES } from "../checker/checker.ts";
import { BOUNDS_MS } from "../checker/rules/promise_rules.ts";
import type { Outcome } from "./run.ts";

/** A process that waited so long for its turn says that the machine was busy. */
const STALL_TOLD_MS = 100;

export function renderOutcome(outcome: Outcome, paint: Paint): string {
  const { seed, of, story, counts, uncut, stalledMs, kept } = outcome;
  const lines = [
    `Seed ${seed}: ${of}. What was done to the store:`, "", ...story, "",
    `${counts.requests} requests: ${counts.orders} orders, ${counts.soldOut} sold out, ` +
      `${counts.replayed} replayed, ${counts.keysReused} keys used for something else,`,
    `${counts.lookUps} look-ups, ${counts.found} orders found, ${counts.notFound} not there, ` +
      `${counts.refused} refused (503), ${counts.silent} without an answer.`,
    `Of purchases with an attempt of unknown outcome ${counts.unknownHappened} happened, ` +
      `${counts.unknownNot} did not. ${counts.restocks} restocks, ${counts.terms} terms.`,
    `${counts.soldBack} orders sold back, ${counts.overVolume} over the volume, ${counts.byId} ` +
      `look-ups by id, ${counts.ofTopic} lists of a topic, ${counts.changes} changes of the ` +
      "admin's.",
    uncut === null ? `${counts.cuts} cuts: ${counts.staleReadChances} look-ups where a sale made ` +
      `elsewhere could not be heard of, ${counts.doubleSaleChances} keys sold that were asked ` +
      "for on both sides." : `Nobody was cut off: ${uncut}.`,
    "", ...waitingTable(outcome), "", ...verdictLines(outcome, paint),
  ];
  if (stalledMs > STALL_TOLD_MS) {
    lines.push(`The machine was busy: this process itself got no turn for ${stalledMs} ms once.`);
  }
  if (kept !== null) lines.push(`The files and history.json are in ${kept}.`);
  return `${lines.join("\n")}\n`;
}

function waitingTable({ waiting }: Outcome): string[] {
  const width = Math.max(...waiting.map(({ kind }) => kind.length), 5);
  const heading = `${"fault".padEnd(width)}  times  longest purchase  longest request` +
    "    503s  no answer";
  const time = (ms: number, space: number) => `${Math.round(ms)} ms`.padStart(space);
  return [heading, ...waiting.map(({ kind, times, longestMs, servedMs, refused, silent }) => {
    const bound = BOUNDS_MS[kind];
    const met = bound === undefined || servedMs === null ? ""
      : servedMs < bound ? `  (under ${bound} ms, as promised)` : `  (${bound} ms are promised)`;
    return `${kind.padEnd(width)}${String(times).padStart(7)}${time(longestMs, 18)}` +
      `${servedMs === null ? "–".padStart(17) : time(servedMs, 17)}` +
      `${String(refused).padStart(8)}${String(silent).padStart(11)}${met}`;
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
