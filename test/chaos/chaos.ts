/** `npm run chaos`: breaks a store of its own at random, and judges every answer. See HELP. */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { LaunchError } from "../../client/launcher/launch_error.ts";
import { createPaint } from "../../client/load/style.ts";
import { UsageError } from "../../shared/usage.ts";
import { renderOutcome } from "./report.ts";
import { STORES } from "../../shared/stores/stores.ts";
import { runChaos } from "./run.ts";

const SECONDS_MAX = 600;
const CATALOGS_MAX = 9;
const FRONTENDS_MAX = 9;
const STORE_NAMES = [...STORES.keys()];
const SEED_MAX = 2 ** 32 - 1;

const HELP = `Examples
  npm run chaos -- --seconds 60
  npm run chaos -- --seconds 30 --seed 7 --store stocks --catalogs 3

Starts a store of its own on free ports: two front-ends, a catalog, three order
replicas. Buyers, readers, people who look orders up and an admin use it, in the
words of that store, while its members are killed, paused and restarted; then
every answer is judged, and the files.
Where the machine allows it (Linux, root, the command ip) each member has a
network namespace of its own, and members are also cut off from each other.

Options
  --seconds N     of faults, 1 to ${SECONDS_MAX} (default 60)
  --store NAME    ${STORE_NAMES.join(", ")} (default toys)
  --catalogs N    1 to ${CATALOGS_MAX} (default 1); an even number survives no more than one less
  --frontends N   2 to ${FRONTENDS_MAX} (default 2)
  --seed N        the faults and the crowd of an earlier run (default: a new one, printed)
  --no-cuts       leave the network whole
  --json          the outcome as JSON
  --help          this text

Exit codes
  0  nothing was lost, doubled or stale, and the store came back
  1  something was, or a buyer waited longer than promised (files and history are
     kept), or the store could not be started
  2  wrong use
`;

async function main(args: string[], signal: AbortSignal): Promise<number> {
  const { values } = parse(args);
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const seconds = readInteger("--seconds", values.seconds ?? "60", [1, SECONDS_MAX]);
  const seed = readInteger("--seed", values.seed ?? String(randomInt(SEED_MAX)), [0, SEED_MAX]);
  const catalogs = readInteger("--catalogs", values.catalogs ?? "1", [1, CATALOGS_MAX]);
  const frontends = readInteger("--frontends", values.frontends ?? "2", [2, FRONTENDS_MAX]);
  const store = readStore(values.store ?? "toys");
  const say = (line: string) => {
    if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
  };
  say(`Seed ${seed}.`);
  const kinds = { strikes: true, cuts: values["no-cuts"] !== true };
  const outcome = await runChaos({ store, catalogs, frontends, seconds, seed, kinds, say, signal });
  process.stdout.write(values.json === true
    ? `${JSON.stringify(outcome, null, 2)}\n`
    : renderOutcome(outcome, createPaint(process.stdout, process.env)));
  return outcome.ok ? 0 : 1;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        store: { type: "string" }, catalogs: { type: "string" }, frontends: { type: "string" },
        seconds: { type: "string" }, seed: { type: "string" }, json: { type: "boolean" },
        "no-cuts": { type: "boolean" }, help: { type: "boolean", short: "h" },
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

function readStore(name: string): string {
  if (STORE_NAMES.includes(name)) return name;
  throw new UsageError(`--store is ${STORE_NAMES.join(", ")}, and not '${name}'`);
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
