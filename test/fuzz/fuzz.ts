/** `npm run fuzz`: sends a store of its own what no client should, and judges it. See HELP. */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { LaunchError } from "../../client/launcher/launch_error.ts";
import { STORES } from "../../shared/stores/stores.ts";
import { UsageError } from "../../shared/usage.ts";
import { renderOutcome } from "./report.ts";
import { type Port, runFuzz } from "./run.ts";

const INPUTS_MAX = 1_000_000_000;
const SEED_MAX = 2 ** 32 - 1;
const PORTS = ["public", "internal", "secret", "all"];

const HELP = `Examples
  npm run fuzz -- --inputs 20000
  npm run fuzz -- --seed 7 --only 4711

Starts stores of its own on free ports and sends them odd requests, broken ones,
pipelines, halves of requests, resets at every point, strange JSON and forged
messages between members, over raw connections, 32 at a time. No process may die,
each answer is HTTP and JSON of the store's shape, good requests are served in
between, memory stays flat, and in the end the books balance.

Options
  --seed N          the inputs of an earlier run (default: a new one, printed)
  --inputs N        up to ${INPUTS_MAX} (default 20000)
  --port DOOR       public; internal: the members' ports without the secret; secret:
                    with it, where the store need only live and come back; all (default)
  --store NAME      ${[...STORES.keys()].join(", ")} (default: each of them in turn)
  --only N          input N of that seed alone, with --port and --store of that run
  --leave-out TEXT  a pattern of kinds that are not sent, as 'connect|reset'
  --json            the outcome as JSON
  --help            this text

Exit codes
  0  nothing was found
  1  something was, or a store could not be started
  2  wrong use
`;

async function main(args: string[], signal: AbortSignal): Promise<number> {
  const { values } = parse(args);
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const seed = readInteger("--seed", values.seed ?? String(randomInt(SEED_MAX)), [0, SEED_MAX]);
  const inputs = readInteger("--inputs", values.inputs ?? "20000", [1, INPUTS_MAX]);
  const only = values.only === undefined ? undefined
    : readInteger("--only", values.only, [0, INPUTS_MAX]);
  const leaveOut = readPattern(values["leave-out"]);
  const port = readPort(values.port ?? "all");
  const store = values.store === undefined ? undefined : readStore(values.store);
  const say = (line: string) => {
    if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
  };
  say(`Seed ${seed}.`);
  const outcome = await runFuzz({ seed, inputs, port, store, only, leaveOut, say, signal });
  process.stdout.write(values.json === true
    ? `${JSON.stringify(outcome, null, 2)}\n`
    : renderOutcome(outcome, { seed, port, store }));
  return outcome.ok ? 0 : 1;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        seed: { type: "string" }, inputs: { type: "string" }, port: { type: "string" },
        store: { type: "string" }, only: { type: "string" },
        "leave-out": { type: "string" }, json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence!.replace(/\.$/, "")}; see --help`);
  }
}

function readInteger(flag: string, text: string, [least, most]: [number, number]): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${flag} is a whole number from ${least} to ${most}, and not '${text}'`);
}

function readPort(text: string): Port {
  if (PORTS.includes(text)) return text as Port;
  throw new UsageError(`--port is ${PORTS.join(", ")}, and not '${text}'`);
}

function readStore(text: string): string {
  if (STORES.has(text)) return text;
  throw new UsageError(`--store is ${[...STORES.keys()].join(", ")}, and not '${text}'`);
}

function readPattern(text: string | undefined): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch {
    throw new UsageError(`--leave-out is a regular expression, and not '${text}'`);
  }
}

const giveUp = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => giveUp.abort());
}
try {
  process.exitCode = await main(process.argv.slice(2), giveUp.signal);
} catch (error) {
  const isTold = error instanceof UsageError || error instanceof LaunchError;
  if (!isTold) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
