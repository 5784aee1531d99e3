/**
 * ./start.sh: starts what is missing of a store, waits until it sells and
 * says what there is now: the members, what they cost and what to try.
 */
import { join } from "node:path";
import { STORES } from "../../shared/stores/stores.ts";
import { parseStart, type StartCall } from "./arguments.ts";
import { bold, type CommandCall, dim, pathFor, shellWord } from "./command.ts";
import { type Member, PROJECT_FOLDER } from "./layout.ts";
import { probe } from "./probe.ts";
import type { RunningStore } from "./running_store.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";
import { start } from "./store.ts";

export const START_HELP = `\
./start.sh                                   a store of toys on http://127.0.0.1:8080
./start.sh --data /tmp/b --port-base 9080    another one beside it

./start.sh [options]              starts what is not running of the store, and waits for it
./start.sh [--data DIR] order 3   starts one member again, with the settings of its store

  --store NAME        toys, stocks or books (toys)
  --frontends N       1 to 9 (1)
  --catalogs N        1 to 9 (1)
  --orders N          replicas of the order service, 1 to 9 (3)
  --threads N         HTTP threads of each member, 1 to 16 (1)
  --cache-size N      products that each front-end thread keeps (10)
  --no-cache          the same as --cache-size 0
  --port-base N       front-end I is on N+I-1, the internal ports follow (8080)
  --data DIR          where everything is kept (data, beside start.sh)
  --fresh             delete what an earlier store left in DIR; refused while it runs
  --help              this text

Other settings come from the environment: HOST, CACHE_TTL_MS, RESTOCK_MS, RESTOCK_TO,
ORDER_QUORUM, BALANCE, STORE_SECRET_FILE, ADMIN_TOKEN_FILE, LOG_LEVEL.

Exit codes: 0 all of it runs, 1 it could not be started (what this call had started is
stopped again), 2 wrong use, nothing started or changed.`;

/** @throws UsageError, LaunchError */
export async function startCommand(call: CommandCall): Promise<number> {
  const asked = parseStart(call);
  if (asked.help) {
    call.out(START_HELP);
    return 0;
  }
  const { store, started } = await start({
    dataDir: asked.dataDir,
    given: asked.given,
    only: asked.only,
    fresh: asked.fresh,
    environment: call.environment,
    programs: call.programs,
    signal: call.signal,
    say: call.err,
  });
  call.out(summary(call, store, { asked, started }));
  for (const line of await table(call, store)) call.out(line);
  call.out("");
  for (const line of suggestions(call, store)) call.out(line);
  return 0;
}

function summary(
  call: CommandCall,
  store: RunningStore,
  { asked, started }: { asked: StartCall; started: Member[] },
): string {
  const where = `the ${store.settings.store} store in ${pathFor(call, store.dataDir)}`;
  const cost = `${Math.round(store.memory() / 1e6)} MB`;
  // Since this process began, its own start included.
  const seconds = process.uptime().toFixed(1);
  if (asked.only !== undefined) {
    const { name } = store.member(asked.only);
    if (started.length === 0) return `${name} of ${where} runs already.\n`;
    return `Started ${name} of ${where} in ${seconds} s; the store holds ${cost}.\n`;
  }
  if (started.length === 0) return `${bold(call, "Running already")}: ${where}, ${cost}.\n`;
  const names = started.map((member) => member.name).join(", ");
  const what = started.length === store.members.length ? where : `${names} of ${where}`;
  return `${bold(call, "Started")} ${what} in ${seconds} s; it holds ${cost}.\n`;
}

async function table(call: CommandCall, store: RunningStore): Promise<string[]> {
  const rows = await Promise.all(
    store.members.map(async (member) => ({
      name: member.name,
      role: await roleOf(store, member),
      url: member.publicUrl ?? `${member.internalUrl} ${dim(call, "(internal)")}`,
    })),
  );
  const line = ({ name, role, url }: { name: string; role: string; url: string }) =>
    `  ${name.padEnd(12)}${role.padEnd(12)}${url}`;
  return [dim(call, line({ name: "member", role: "role", url: "URL" })), ...rows.map(line)];
}

/** A replica's role as it sees it itself. */
async function roleOf(store: RunningStore, member: Member): Promise<string> {
  if (!store.isRunning(member)) return "not running";
  if (member.publicUrl !== null) return "front-end";
  const answer = await probe(`${member.internalUrl}/health`, store.internalHeaders);
  if (answer?.status !== 200) return "no answer";
  const { role } = JSON.parse(answer.body) as { role?: unknown };
  return typeof role === "string" ? role : "replica";
}

function suggestions(call: CommandCall, store: RunningStore): string[] {
  const file = (name: string) => shellWord(pathFor(call, join(PROJECT_FOLDER, name)));
  const script = (name: string) => file(name).includes("/") ? file(name) : `./${name}`;
  const isUsual = store.settings.portBase === DEFAULT_SETTINGS.portBase;
  const url = isUsual ? "" : ` --url ${store.url}`;
  const isHome = store.dataDir === join(PROJECT_FOLDER, "data");
  const data = isHome ? "" : ` --data ${shellWord(pathFor(call, store.dataDir))}`;
  const stop = `${script("stop.sh")}${data}`;
  const { example } = STORES.get(store.settings.store)!;
  const tries: [string, string][] = [
    [`curl ${store.url}${example}`, "look a product up"],
    [`npx tsx ${file("client/client.ts")} 0.4${url}`, "look up, buy, and compare at the end"],
    [`${stop} --kill order ${store.settings.orders}`, "break it: nothing is lost"],
  ];
  const width = Math.max(...tries.map(([command]) => command.length)) + 3;
  const lines = tries.map(([command, why]) => `  ${command.padEnd(width)}${dim(call, why)}`);
  return ["Try:", ...lines];
}
