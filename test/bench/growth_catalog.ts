/**
 * A catalog of a million products beside one of fifteen, both asked without a
 * cache in front: how long it starts, how fast it looks up random names, and
 * whether a page from the middle of the list costs what an early one does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { memoryOf } from "../../client/launcher/process_table.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { startStore } from "../../client/launcher/store.ts";
import { monotonicMs } from "../../shared/clock.ts";
import { PAGE_ITEMS_MAX } from "../../shared/limits.ts";
import { atLeast, atMost } from "./goals.ts";
import type { GrowthResult } from "./growth.ts";
import type { Closing } from "./processes.ts";
import { medianOf, runRaces, wrkPlayer, type Player, type Turns } from "./race.ts";
import { say } from "./say.ts";

const MANY = 1_000_000;
const FEW = 15;
/** Names that are asked for, so many that they stand all over the catalog. */
const ASKED = 1_000;
const WARM_UP = { rounds: 1, seconds: 2 };
const CATALOG = { kind: "catalog", id: 1 } as const;

export async function measureCatalogGrowth(
  turns: Turns,
  options: { folder: string; closing: Closing },
): Promise<GrowthResult> {
  say(`starting a store with ${MANY} products and one with ${FEW}`);
  const many = await startWith(MANY, options);
  const few = await startWith(FEW, options);
  const restart = await measureRestart(many);
  await few.untilReady(few.members.filter(({ kind }) => kind === "frontend"));

  say("look-ups and lists");
  const lookups = [lookUps("1,000,000 products", many, MANY), lookUps("15 products", few, FEW)];
  const lists = [
    page("100 in the middle", many, nameOf(MANY / 2)),
    // The first page of all is asked for without `after`, and so with less work.
    page("100 near the start", many, nameOf(PAGE_ITEMS_MAX - 1)),
  ];
  const races = [
    { what: "look-ups", connections: 64, players: lookups },
    { what: "look-ups", connections: 1, players: lookups },
    { what: "list", connections: 1, players: lists },
  ];
  await runRaces(races, WARM_UP);
  const results = await runRaces(races, turns);
  const failed = results.flatMap((race) => race.results.flatMap(({ rounds }) => rounds))
    .reduce((sum, { refused, broken }) => sum + refused + broken, 0);
  if (failed > 0) throw new Error(`${failed} look-ups failed`);
  await many.close();
  await few.close();
  const speed = (race: number, players: readonly Player[]) => {
    const [one, other] = players.map(({ name }) =>
      medianOf(results[race], name, (result) => result.perSecond));
    return one! / other!;
  };
  const goals = [
    atMost("a catalog of 1,000,000 products starts", 5, restart.ms / 1_000, "s"),
    atLeast("look-ups at 64, 1,000,000 products beside 15", 0.95, speed(0, lookups)),
    atLeast("look-ups at 1, 1,000,000 products beside 15", 0.95, speed(1, lookups)),
    atLeast("pages from the middle of a list, beside early ones", 0.9, speed(2, lists)),
  ];
  const megabytes = Math.round(restart.bytes / 1e6);
  const notes = [`A catalog of 1,000,000 products that has started holds ${megabytes} MB.`];
  return { goals, races: results, notes, measured: { restart } };
}

/** Its products stand where a catalog keeps its copy of those it was born with. */
export async function startWith(
  products: number,
  { folder, closing }: { folder: string; closing: Closing },
): Promise<RunningStore> {
  const dataDir = `${folder}/products-${products}`;
  const own = `${dataDir}/catalog-1`;
  mkdirSync(own, { recursive: true });
  const lines = Array.from({ length: products }, (_, at) => `${nameOf(at)},9.99,100\n`);
  writeFileSync(`${own}/initial.csv`, `name,price,quantity\n${lines.join("")}`);
  const store = await startStore({ dataDir, cacheSize: 0 });
  closing.add(() => store.close());
  return store;
}

export function nameOf(product: number): string {
  return `Toy-${String(product).padStart(7, "0")}`;
}

async function measureRestart(store: RunningStore): Promise<{ ms: number; bytes: number }> {
  await store.stop(CATALOG);
  const startMs = monotonicMs();
  await store.start([CATALOG]);
  const ms = monotonicMs() - startMs;
  await store.untilReady(store.members.filter(({ kind }) => kind === "frontend"));
  return { ms, bytes: memoryOf([store.process(CATALOG).pid() ?? 0]) };
}

function lookUps(name: string, { url }: RunningStore, products: number): Player {
  const step = Math.max(1, Math.floor(products / ASKED));
  const asked = Array.from({ length: Math.min(ASKED, products) }, (_, at) => nameOf(at * step));
  return wrkPlayer(name, url, "paths", asked.map((product) => `/products/${product}`).join(","));
}

/** Without `q`. */
function page(name: string, { url }: RunningStore, after: string): Player {
  return wrkPlayer(name, url, "paths", `/products?limit=${PAGE_ITEMS_MAX}&after=${after}`);
}
