/**
 * The client from the command line to its exit code. Its streams and signals
 * come in from outside, so that a test can hold them.
 */
import { AppError } from "../../shared/errors.ts";
import { UsageError } from "../../shared/usage.ts";
import { HELP } from "./help.ts";
import { readOptions, type LoadOptions } from "./options.ts";
import { startProgressBar } from "./progress.ts";
import { renderReport, toJson } from "./report.ts";
import { listNames, run, type Control } from "./run.ts";
import { createPaint } from "./style.ts";

export interface Surroundings {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  environment: Record<string, string | undefined>;
  /** Calls back at every Control-C; returns what ends that. */
  onInterrupt: (handler: () => void) => () => void;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    const options = readOptions(args);
    if (options !== "help") return await shop(options, around);
    around.stdout.write(HELP);
    return EXIT_OK;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    around.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function shop(options: LoadOptions, around: Surroundings): Promise<number> {
  const names = await findNames(options, around);
  if (names === null) return EXIT_FAILED;
  const control = createControl();
  const release = around.onInterrupt(() => {
    control.stopComparing = control.stopBuying;
    control.stopBuying = true;
  });
  const bar = startProgressBar(around.stderr, () => control.progress());
  try {
    const result = await run(options, names, control);
    bar.close();
    const paint = createPaint(around.stdout, around.environment);
    const text = options.json
      ? `${JSON.stringify(toJson(result), null, 2)}\n`
      : renderReport(result, paint);
    around.stdout.write(text);
    return result.ok ? EXIT_OK : EXIT_FAILED;
  } finally {
    release();
  }
}

function createControl(): Control {
  return {
    stopBuying: false,
    stopComparing: false,
    progress: () => ({ phase: "buying", done: 0, total: 1, orders: 0, errors: 0 }),
  };
}

/** Null, and a sentence on stderr, when there is no store to buy from. */
async function findNames(options: LoadOptions, around: Surroundings): Promise<string[] | null> {
  const urls = options.urls.join(", ");
  try {
    const names = await listNames(options.urls);
    if (names.length > 0) return names;
    around.stderr.write(`The store at ${urls} lists no products: there is nothing to buy.\n`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    around.stderr.write(`${explain(error, urls)}\n`);
  }
  return null;
}

function explain(error: AppError, urls: string): string {
  const remedy = "Start one with ./start.sh, or name another with --url.";
  if (error.reason !== "unavailable") {
    return `What answers at ${urls} is not this store: ${error.message}. ${remedy}`;
  }
  if (error.details.status === 503) {
    const hint = "Look at it with npm run status.";
    return `The store at ${urls} cannot sell now: ${error.message}. ${hint}`;
  }
  return `No store runs there: ${error.message}. ${remedy}`;
}
