/**
 * npm test, npm run test:all. `node --test` finds no TypeScript test on Node 20
 * and calls that a success, and runs every file below test/ on 24; so this
 * lists the files itself, and fails when one of them did not run a single
 * test.
 *
 * Files run side by side, one more than there are processors, as they wait for
 * much of their time.
 */
import { availableParallelism } from "node:os";
import { run } from "node:test";
import { parseArgs } from "node:util";
import { planRun, type Selection } from "./run_plan.ts";
import { RunReport, type TestEvent } from "./run_report.ts";

const HELP = `Examples
  npm test                                what takes less than three minutes
  npm run test:all                        everything
  npm test -- replica lock                files whose names hold one of these
  npm test -- --for shared/cluster/batcher.ts     tests whose imports reach this file

Options
  --all         everything
  --for FILE    may stand more than once
  --help        this text

Exit codes: 0 all passed, 1 one failed or ran no test, 2 wrong use
`;
/** One file that takes longer hangs. */
const FILE_MAX_MS = 300_000;
const TOGETHER_MAX = 4;

/** @returns the text to be shown instead of a run */
function readArguments(): Selection | string {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: "boolean", default: false },
      for: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return HELP;
  return { all: values.all, reaching: values.for, names: positionals };
}

/** Each in a run of its own: node:test tells of several in their order, and so of none in time. */
async function runFiles(files: string[], concurrency: number, report: RunReport): Promise<void> {
  const left = [...files];
  const work = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      report.begin(file);
      for await (const { type, data } of run({ files: [file], timeout: FILE_MAX_MS })) {
        report.take(file, type, data as unknown as TestEvent);
      }
      report.finish(file);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function main(): Promise<number> {
  const selection = readArguments();
  if (typeof selection === "string") {
    process.stdout.write(selection);
    return 0;
  }
  const { together, alone } = planRun(selection);
  const files = [...together, ...alone];
  if (files.length === 0) throw new Error("no test file fits");
  const showsTests = selection.names.length > 0 || selection.reaching.length > 0;
  const report = new RunReport(files, { showsTests });
  await runFiles(together, Math.min(availableParallelism() + 1, TOGETHER_MAX), report);
  await runFiles(alone, 1, report);
  return report.end() ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
