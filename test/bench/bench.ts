/**
 * `npm run bench`: the store beside others, in one run on one machine. Only
 * the ratios mean something elsewhere.
 *
 * Orders go through the public API, each on the disks of a majority before
 * its answer, beside puts into three etcd nodes, which promise the same.
 * Look-ups come from the front-end's cache, beside servers that answer the
 * same JSON and do nothing else.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { LaunchError } from "../../client/launcher/launch_error.ts";
import { startStore } from "../../client/launcher/store.ts";
import { Closing, makeFolder, versionOf } from "./processes.ts";
import { startBareServer, startEtcd, startNginx, type Rival } from "./rivals.ts";
import { median, renderTable, takeTurns } from "./rounds.ts";
import { runWrk, type LoadResult } from "./wrk.ts";

const HELP = `Examples
  npm run bench
  npm run bench -- --quick --json bench.json

Measures orders/s and cached look-ups/s of a store of its own, beside etcd,
a bare node:http server and nginx where these are installed. Needs wrk.

Options
  --quick        about a minute instead of three
  --json FILE    writes every single measurement to FILE
  --help         this text

Exit codes: 0 measured, 1 a fault, or orders that failed, 2 wrong use
`;
const ORDER_CONNECTIONS = [1, 64, 256];
const LOOKUP_CONNECTIONS = 64;
/** So much that nothing sells out while it is measured; the first hundred of each are gone soon. */
const STOCK = { RESTOCK_MS: "200", RESTOCK_TO: "1000000" };
const WARM_UP_SECONDS = 3;

/** How often everyone has a turn, and for how long. */
interface Turns {
  rounds: number;
  seconds: number;
}
/** Look-ups are compared closely and settle quickly: many short turns. */
interface Plan {
  lookups: Turns;
  orders: Turns;
}
interface Player extends Rival {
  script: string[];
}
/** One line of the table: everybody's rounds under one load. */
interface Race {
  what: string;
  connections: number;
  results: { name: string; rounds: LoadResult[] }[];
}

const QUICK: Plan = { lookups: { rounds: 4, seconds: 2 }, orders: { rounds: 2, seconds: 3 } };
const THOROUGH: Plan = { lookups: { rounds: 9, seconds: 2 }, orders: { rounds: 5, seconds: 4 } };

const closing = new Closing();
process.once("SIGINT", () => void closing.close().then(() => process.exit(130)));
process.exitCode = await main(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error instanceof LaunchError ? error.message : error);
    return 1;
  })
  .finally(() => closing.close());

async function main(args: string[]): Promise<number> {
  const call = readCall(args);
  if (typeof call === "number") return call;
  // Now, and not after three minutes: can the results be kept?
  if (call.json) writeFileSync(call.json, "");
  if (versionOf("wrk", "--version") === null) {
    console.error("wrk is not installed: apt-get install wrk, or brew install wrk");
    return 1;
  }
  const { races, missing, failed } = await measure(call.plan);
  const { model = "unknown" } = cpus()[0] ?? {};
  const machine = `Node ${process.version}, ${cpus().length} × ${model.trim()}`;
  console.log(`\n${machine}, shared with the load generator.\n`);
  console.log(report(races, missing, failed));
  const measured = { machine, plan: call.plan, missing, failed, races };
  if (call.json) writeFileSync(call.json, `${JSON.stringify(measured, null, 2)}\n`);
  return failed > 0 ? 1 : 0;
}

function readCall(args: string[]): { plan: Plan; json: string | undefined } | number {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: "boolean" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    return { plan: values.quick ? QUICK : THOROUGH, json: values.json };
  } catch (error) {
    console.error(`${(error as Error).message.split("\n")[0]}; see --help`);
    return 2;
  }
}

async function measure(plan: Plan) {
  const folder = makeFolder(closing);
  say("starting a store");
  const store = await startStore({ dataDir: folder, environment: STOCK });
  closing.add(() => store.close());
  const names = await listNames(store.url);
  const buyer: Player = { name: "store", url: store.url, script: ["orders", names.join(",")] };
  const races: Race[] = [];

  const product = `${store.url}/products/${encodeURIComponent(names[0] ?? "")}`;
  const body = await (await fetch(product)).text();
  const bare = await startBareServer(body, { folder, closing });
  const nginx = await startNginx(body, { folder, closing });
  const readers = [{ name: "store", url: product }, bare, ...(nginx ? [nginx] : [])];
  const lookups = readers.map((reader) => ({ ...reader, script: ["get"] }));
  races.push(await race("look-ups", LOOKUP_CONNECTIONS, lookups, plan.lookups));
  const cached = (await fetch(product)).headers.get("cache-status") ?? "";
  if (!/; *hit/.test(cached)) throw new Error(`Look-ups did not come from the cache: ${cached}`);

  const etcd = await startEtcd({ folder, closing });
  const writers = [buyer, ...(etcd ? [{ ...etcd, script: ["puts"] }] : [])];
  say("warming up, until the first stock is sold out and filled up");
  for (const { url, script } of writers) {
    await runWrk({ url, script, connections: 64, seconds: WARM_UP_SECONDS });
  }
  for (const connections of ORDER_CONNECTIONS) {
    races.push(await race("orders", connections, writers, plan.orders));
  }
  const missing = [etcd ? "" : "etcd", nginx ? "" : "nginx"].filter((name) => name !== "");
  return { races, missing, failed: countFailed(races) };
}

async function race(
  what: string,
  connections: number,
  players: readonly Player[],
  { rounds, seconds }: Turns,
): Promise<Race> {
  say(`${what}, ${connections} connections: ${players.map(({ name }) => name).join(", ")}`);
  const turns = players.map(
    ({ url, script }) =>
      () =>
        runWrk({ url, connections, seconds, script }),
  );
  const results = await takeTurns(turns, rounds);
  return {
    what,
    connections,
    results: players.map(({ name }, player) => ({ name, rounds: results[player] ?? [] })),
  };
}

async function listNames(url: string): Promise<string[]> {
  const { data } = (await (await fetch(`${url}/products`)).json()) as { data: { name: string }[] };
  return data.map(({ name }) => name);
}

/** Of the store alone: refused or broken requests would make its figures worth nothing. */
function countFailed(races: readonly Race[]): number {
  const rounds = races.flatMap(({ results }) => results[0]?.rounds ?? []);
  return rounds.reduce((sum, { refused, broken }) => sum + refused + broken, 0);
}

function report(races: readonly Race[], missing: readonly string[], failed: number): string {
  const rows = races.flatMap(({ what, connections, results }) => {
    const own = results[0];
    return results.map(({ name, rounds }, index) => {
      const of = (pick: (result: LoadResult) => number) => median(rounds.map(pick));
      const perSecond = of((result) => result.perSecond);
      const ratio = median((own?.rounds ?? []).map((result) => result.perSecond)) / perSecond;
      return [
        `${index === 0 ? `${what}, ${connections}` : ""}`,
        name,
        perSecond.toFixed(0),
        index === 0 ? "" : ratio.toFixed(2),
        of((result) => result.p50Ms).toFixed(2),
        of((result) => result.p99Ms).toFixed(2),
        String(rounds.reduce((sum, { refused, broken }) => sum + refused + broken, 0)),
      ];
    });
  });
  const headings = [
    "load, connections",
    "",
    "per second",
    "store is ×",
    "p50 ms",
    "p99 ms",
    "failed",
  ];
  const lines = [renderTable([headings, ...rows])];
  lines.push("", "Medians of rounds taken in turn. An order is on the disks of a majority before");
  lines.push("its answer; a put into etcd likewise.");
  if (missing.length > 0)
    lines.push(`Not installed here, so not beside it: ${missing.join(", ")}.`);
  if (failed > 0) lines.push(`${failed} requests to the store failed.`);
  return lines.join("\n");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
