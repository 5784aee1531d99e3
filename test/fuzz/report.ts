/** The outcome of a run for people: what was found and how to see it again, then the counts. */
import type { Finding, FuzzOptions, FuzzOutcome } from "./run.ts";

type Again = Pick<FuzzOptions, "seed" | "port" | "store">;

export function renderOutcome(outcome: FuzzOutcome, options: Again): string {
  const { seed, inputs, seconds, perSecond, grownMb, findings, answers } = outcome;
  const lines = findings.flatMap((finding) => renderFinding(finding, options));
  const word = findings.length === 0 ? "Nothing was found" : `${findings.length} found`;
  lines.push(
    `${word}: ${inputs} inputs of seed ${seed} in ${seconds} s, ${perSecond} a second.`,
    `No process grew by more than ${grownMb} MB after its warm-up.`,
    "Answers by status:",
    ...Object.entries(answers).map(([door, counts]) => {
      const shown = Object.entries(counts).map(([status, count]) => `${status}: ${count}`);
      return `  ${door.padEnd(8)}  ${shown.join("  ")}`;
    }),
  );
  return `${lines.join("\n")}\n`;
}

function renderFinding(finding: Finding, { seed, port, store }: Again): string[] {
  const { nth, kind, target, fault, sent, times } = finding;
  const like = times === 1 ? "" : ` (and ${times - 1} like it)`;
  const what = nth === null ? target : `Input ${nth}, ${kind}, to ${target}${like}`;
  const named = store === undefined ? "" : ` --store ${store}`;
  const command = `npm run fuzz -- --seed ${seed} --port ${port}${named} --only ${nth}`;
  const again = nth === null ? [] : [`  sent: ${sent}`, `  again: ${command}`];
  return [what, `  ${fault}`, ...again, ""];
}
