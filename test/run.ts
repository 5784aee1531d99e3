/**
 * npm test. `node --test` finds no TypeScript test on Node 20 and calls that
 * a success, and runs every file below test/ on 24; so this lists the files
 * itself, and fails when one of them did not run a single test. Arguments are
 * parts of file names: `npm test -- replica lock` runs only those that fit.
 *
 * Files run side by side, one more than there are processors, as they wait for
 * much of their time; but those that measure pauses and starts of whole stores
 * one by one and last: neighbours would lengthen them.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect, styleText } from "node:util";

const TEST_FOLDER = fileURLToPath(new URL(".", import.meta.url));
const PROJECT_FOLDER = join(TEST_FOLDER, "..");
/** In cluster/: what these hold the store to is a matter of time. */
const TIMED = [
  "chaos", "crowd_at_the_door", "cutting", "greedy_clients", "hand_over", "hosts",
  "internal_doors", "killing", "overload", "readme", "start",
];
/** One test that takes longer hangs. */
const TEST_MAX_MS = 120_000;
/** The lines with which Node closes a run, in its order. */
const SUMMARY = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo", "duration_ms"];

interface Outcome {
  /** Tests that ran in a file; a file that is listed and not in here ran none. */
  testsByFile: Map<string, number>;
  failures: string[];
  summary: Map<string, number>;
}

/** What this file reads of an event of node:test, whose types differ between versions. */
interface TestEvent {
  name: string;
  file?: string;
  message: string;
  nesting: number;
  skip?: string | boolean;
  details: { duration_ms: number; type?: string; error?: Error & { failureType?: string } };
}

function listTests(filters: string[]): string[] {
  const names = readdirSync(TEST_FOLDER, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith("_test.ts"))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .sort()
    .map((name) => join(TEST_FOLDER, name));
}

async function runFiles(files: string[], concurrency: number, outcome: Outcome): Promise<void> {
  if (files.length === 0) return;
  const output = new Map<string, string>();
  for await (const { type, data } of run({ files, concurrency, timeout: TEST_MAX_MS })) {
    const event = data as unknown as TestEvent;
    if (type === "test:pass" || type === "test:fail") {
      report(event, { failed: type === "test:fail", output, outcome });
    } else if (type === "test:stdout" || type === "test:stderr") {
      // Shown where it helps: with the failures of its file.
      const file = event.file ?? "";
      output.set(file, ((output.get(file) ?? "") + event.message).slice(-20_000));
    } else if (type === "test:diagnostic") {
      count(event, outcome);
    }
  }
}

function report(
  event: TestEvent,
  { failed, output, outcome }: { failed: boolean; output: Map<string, string>; outcome: Outcome },
): void {
  const file = event.file ?? "";
  const name = relative(PROJECT_FOLDER, file);
  const isFile = event.name === file;
  if (!isFile) {
    const before = outcome.testsByFile.get(file) ?? 0;
    if (before === 0) print(paint("bold", name));
    outcome.testsByFile.set(file, before + 1);
  }
  if (isFile && !failed) return;
  const indent = "  ".repeat(event.nesting + 1);
  const took = `(${Math.round(event.details.duration_ms)} ms)`;
  const mark = failed ? paint("red", "✖") : event.skip ? paint("yellow", "﹣") : paint("green", "✔");
  const why = typeof event.skip === "string" && event.skip !== "" ? ` # ${event.skip}` : "";
  const shown = isFile ? name : event.name;
  print(`${indent}${mark} ${shown} ${paint("dim", took)}${why}`);
  if (!failed || event.details.error?.failureType === "subtestsFailed") return;
  const details = describe(event.details.error, isFile ? output.get(file) : undefined);
  outcome.failures.push(`${paint("red", "✖")} ${name}: ${shown}\n${details}`);
  print(details);
}

function describe(error: Error | undefined, output: string | undefined): string {
  // node:test wraps what the test threw.
  const cause = error?.cause ?? error;
  const text = cause instanceof Error ? cause.stack ?? cause.message : inspect(cause);
  const lines = [...text.split("\n"), ...(output ?? "").trimEnd().split("\n")];
  return lines.filter((line) => line !== "").map((line) => `      ${line}`).join("\n");
}

/** Node's closing lines come as diagnostics of no file, `pass 12`. */
function count(event: TestEvent, outcome: Outcome): void {
  const [name, value] = event.message.split(" ");
  if (event.file === undefined && SUMMARY.includes(name!)) {
    outcome.summary.set(name!, (outcome.summary.get(name!) ?? 0) + Number(value));
  } else if (event.file !== undefined) {
    print(`    ${paint("dim", `ℹ ${event.message}`)}`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function paint(style: "bold" | "dim" | "red" | "green" | "yellow", text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

async function main(): Promise<number> {
  const files = listTests(process.argv.slice(2));
  if (files.length === 0) {
    print("No test file fits");
    return 1;
  }
  const outcome: Outcome = { testsByFile: new Map(), failures: [], summary: new Map() };
  const isTimed = (file: string) =>
    TIMED.some((name) => relative(TEST_FOLDER, file) === join("cluster", `${name}_test.ts`));
  const together = Math.min(availableParallelism() + 1, 4);
  await runFiles(files.filter((file) => !isTimed(file)), together, outcome);
  await runFiles(files.filter(isTimed), 1, outcome);

  if (outcome.failures.length > 0) print(`\nFailed:\n\n${outcome.failures.join("\n\n")}`);
  print("");
  for (const name of SUMMARY) print(`ℹ ${name} ${outcome.summary.get(name) ?? 0}`);
  const idle = files.filter((file) => !outcome.testsByFile.has(file));
  print(`ℹ files ${files.length - idle.length} of ${files.length}`);
  for (const file of idle) print(`✖ ${relative(PROJECT_FOLDER, file)} ran no test`);
  const failed = (outcome.summary.get("fail") ?? 0) + (outcome.summary.get("cancelled") ?? 0);
  return failed === 0 && outcome.failures.length === 0 && idle.length === 0 ? 0 : 1;
}

process.exit(await main());
