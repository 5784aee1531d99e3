/**
 * What a run of the tests shows: a line a file when it is over, or one a test
 * where few were asked for; failures at once and again at the end; on a
 * terminal how far it is.
 */
import { relative } from "node:path";
import { inspect, styleText } from "node:util";
import { monotonicMs } from "../shared/clock.ts";
import { PROJECT_FOLDER } from "./tidy/source.ts";

/** The lines with which Node closes a run, in its order. */
const SUMMARY = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];
/** Of what a file printed, shown with its failures. */
const OUTPUT_CHARACTERS_MAX = 20_000;
/** How often it is said how far the run is: on a terminal, and where there is none. */
const TERMINAL_EVERY_MS = 200;
const PROGRESS_EVERY_MS = 15_000;

/** What is read of an event of node:test, whose types differ between versions. */
export interface TestEvent {
  name: string;
  file?: string;
  message: string;
  nesting: number;
  skip?: string | boolean;
  details: { duration_ms: number; type?: string; error?: Error & { failureType?: string } };
}

interface FileOutcome {
  tests: number;
  skipped: number;
  failed: boolean;
  startedMs: number;
  output: string;
  /** Lines of its tests, and what they said beside. */
  lines: string[];
}

export class RunReport {
  readonly #files: readonly string[];
  readonly #showsTests: boolean;
  readonly #startedMs = monotonicMs();
  readonly #outcomes = new Map<string, FileOutcome>();
  readonly #failures: string[] = [];
  readonly #summary = new Map<string, number>();
  #over = 0;
  #saidMs = monotonicMs();

  constructor(files: readonly string[], { showsTests }: { showsTests: boolean }) {
    this.#files = files;
    this.#showsTests = showsTests;
  }

  begin(file: string): void {
    const startedMs = monotonicMs();
    this.#outcomes.set(file, {
      tests: 0, skipped: 0, failed: false, startedMs, output: "", lines: [],
    });
    this.#showProgress();
  }

  /** An event of the run of this file. */
  take(file: string, type: string, event: TestEvent): void {
    const outcome = this.#outcomes.get(file)!;
    if (type === "test:pass" || type === "test:fail") {
      this.#takeResult(file, outcome, event, type === "test:fail");
    } else if (type === "test:stdout" || type === "test:stderr") {
      outcome.output = (outcome.output + event.message).slice(-OUTPUT_CHARACTERS_MAX);
    } else if (type === "test:diagnostic") this.#takeDiagnostic(outcome, event);
    this.#showProgress();
  }

  finish(file: string): void {
    const { tests, skipped, failed, startedMs, lines } = this.#outcomes.get(file)!;
    this.#over++;
    const mark = failed ? paint("red", "✖") : paint("green", "✔");
    const seconds = ((monotonicMs() - startedMs) / 1_000).toFixed(1);
    const counted = `${tests - skipped}${skipped > 0 ? ` of ${tests}` : ""} tests`;
    const line = `${mark} ${nameOf(file)} ${paint("dim", `${counted}, ${seconds} s`)}`;
    clearLine();
    print([line, ...lines].join("\n"));
    this.#showProgress();
  }

  /** @returns whether all is well: each file has run a test, and none failed */
  end(): boolean {
    clearLine();
    if (this.#failures.length > 0) print(`\nFailed:\n\n${this.#failures.join("\n\n")}`);
    print("");
    for (const name of SUMMARY) print(`ℹ ${name} ${this.#summary.get(name) ?? 0}`);
    const idle = this.#files.filter((file) => !this.#outcomes.get(file)?.tests);
    print(`ℹ files ${this.#files.length - idle.length} of ${this.#files.length}`);
    print(`ℹ seconds ${this.#seconds}`);
    for (const file of idle) print(`✖ ${nameOf(file)} ran no test`);
    const failed = (this.#summary.get("fail") ?? 0) + (this.#summary.get("cancelled") ?? 0);
    return failed === 0 && this.#failures.length === 0 && idle.length === 0;
  }

  get #seconds(): number {
    return Math.round((monotonicMs() - this.#startedMs) / 1_000);
  }

  #takeResult(file: string, outcome: FileOutcome, event: TestEvent, failed: boolean): void {
    const isFile = event.name === file;
    if (!isFile) {
      outcome.tests++;
      if (event.skip) outcome.skipped++;
    }
    if (isFile && !failed) return;
    outcome.failed ||= failed;
    const line = resultLine(event, { failed, shown: isFile ? nameOf(file) : event.name });
    if (!failed || event.details.error?.failureType === "subtestsFailed") {
      if (this.#showsTests || event.skip) outcome.lines.push(line);
      return;
    }
    const details = describe(event.details.error, isFile ? outcome.output : undefined);
    const failure = `${nameOf(file)}\n${line}\n${details}`;
    this.#failures.push(failure);
    clearLine();
    print(failure);
  }

  /** Node's closing lines come as diagnostics of no file, `pass 12`. */
  #takeDiagnostic(outcome: FileOutcome, { file, message }: TestEvent): void {
    const [name, value] = message.split(" ");
    if (file === undefined && SUMMARY.includes(name!)) {
      this.#summary.set(name!, (this.#summary.get(name!) ?? 0) + Number(value));
    } else if (file !== undefined) outcome.lines.push(`    ${paint("dim", `ℹ ${message}`)}`);
  }

  #showProgress(): void {
    const everyMs = process.stdout.isTTY ? TERMINAL_EVERY_MS : PROGRESS_EVERY_MS;
    if (monotonicMs() - this.#saidMs < everyMs) return;
    this.#saidMs = monotonicMs();
    const text = `${this.#over} of ${this.#files.length} files, ${this.#seconds} s`;
    clearLine();
    process.stdout.write(process.stdout.isTTY ? paint("dim", text) : `  ${text}\n`);
  }
}

function resultLine(
  { nesting, skip, details }: TestEvent,
  { failed, shown }: { failed: boolean; shown: string },
): string {
  const mark = failed ? paint("red", "✖") : skip ? paint("yellow", "﹣") : paint("green", "✔");
  const took = paint("dim", `(${Math.round(details.duration_ms)} ms)`);
  const why = typeof skip === "string" && skip !== "" ? ` # ${skip}` : "";
  return `${"  ".repeat(nesting + 1)}${mark} ${shown} ${took}${why}`;
}

function describe(error: Error | undefined, output: string | undefined): string {
  // node:test wraps what the test threw.
  const cause = error?.cause ?? error;
  const text = cause instanceof Error ? cause.stack ?? cause.message : inspect(cause);
  const lines = [...text.split("\n"), ...(output ?? "").trimEnd().split("\n")];
  return lines.filter((line) => line !== "").map((line) => `      ${line}`).join("\n");
}

function nameOf(file: string): string {
  return relative(PROJECT_FOLDER, file);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The progress of a terminal stands on a line of its own until something else is said. */
function clearLine(): void {
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
}

function paint(style: "dim" | "red" | "green" | "yellow", text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}
