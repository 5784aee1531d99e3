/**
 * `npm run bench:lru`: the front-end's OrderedMap and its LruCache
 * beside five caches from the npm registry, which are installed into a
 * temporary folder and removed with it. Each measurement is a process of its
 * own, so that no cache runs on what the compiler learned from another, and
 * all take turns.
 *
 * The work is a look-up's: get, and set on a miss. Keys are drawn so that few
 * are asked for often. OrderedMap does what the rivals do; the LruCache around
 * it also compares an epoch and counts, as in service.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "../../client/load/random.ts";
import { LruCache } from "../../frontend/cache/lru_cache.ts";
import { OrderedMap } from "../../frontend/cache/ordered_map.ts";
import { monotonicMs } from "../../shared/clock.ts";
import { Closing, makeFolder, runToEnd } from "./processes.ts";
import { median, renderTable, takeTurns } from "./rounds.ts";

const HELP = `Examples
  npm run bench:lru
  npm run bench:lru -- --quick

Measures get-or-set per second of the front-end's cache and of five others, at
10 to 1,000,000 entries.

Options
  --quick   one round instead of five
  --help    this text

Exit codes: 0 measured, 1 a fault, 2 wrong use
`;
const RIVALS = ["lru-cache", "mnemonist", "lru.min", "tiny-lru", "quick-lru"];
/** As compared, and as in service. */
const OURS = ["OrderedMap", "LruCache"];
const SIZES = [10, 1_000, 10_000, 100_000, 1_000_000];
/** Keys for each entry of room: some must always be missing. */
const KEYS_PER_ENTRY = 2;
/** Draws are this power of an even one: the higher, the more alike. */
const SKEW = 3;
const MEASURED_MS = 1_000;
/** Draws made beforehand: so many that a million entries do not hold all that is drawn. */
const DRAWS = 1 << 22;
const WARM_UP_DRAWS = 1 << 21;
/** Draws between two looks at the clock. */
const STRIDE = 1 << 14;
const SEED = 1;
const CHILD_MAX_MS = 60_000;

interface Cache {
  get(key: string): number | undefined;
  set(key: string, value: number): void;
}
/** What the rivals export, each its own part of it; quick-lru is its default export. */
interface Exports {
  new (options: { maxSize: number }): Cache;
  LRUCache?: new (options: { max: number }) => Cache;
  LRUMap?: new (capacity: number) => Cache;
  createLRU?: (options: { max: number }) => Cache;
  lru?: (max: number) => Cache;
}
interface Measured {
  perSecond: number;
  hitRatio: number;
}

const [flag, name = "", size = "", folder = ""] = process.argv.slice(2);
if (flag === "--one") {
  console.log(JSON.stringify(measure(await open(name, Number(size), folder), Number(size))));
} else if (flag === "--help") {
  console.log(HELP);
} else if (flag === undefined || flag === "--quick") {
  const closing = new Closing();
  process.once("SIGINT", () => void closing.close().then(() => process.exit(130)));
  await compareAll(closing, flag === "--quick" ? 1 : 5).finally(() => closing.close());
} else {
  console.error(`${flag} is not an option of the benchmark; see --help`);
  process.exitCode = 2;
}

async function compareAll(closing: Closing, rounds: number): Promise<void> {
  const folder = makeFolder(closing);
  process.stderr.write(`installing ${RIVALS.join(", ")} for a while\n`);
  const install = ["install", "--prefix", folder, "--no-audit", "--no-fund", ...RIVALS];
  await runToEnd("npm", install, { timeoutMs: 2 * CHILD_MAX_MS });
  const caches = [...OURS, ...RIVALS];
  const rows = [["entries", "cache", "million/s", "OrderedMap is ×", "hits"]];
  const verdicts: string[] = [];
  for (const size of SIZES) {
    process.stderr.write(`${size} entries\n`);
    const turns = caches.map((cache) => () => measureAlone(cache, size, folder));
    const results = await takeTurns(turns, rounds);
    const speeds = results.map((all) => median(all.map((one) => one.perSecond)));
    verdicts.push(judge(size, caches, speeds));
    caches.forEach((cache, index) => {
      const speed = speeds[index] ?? NaN;
      const ratio = index === 0 ? "" : ((speeds[0] ?? NaN) / speed).toFixed(2);
      const hits = `${((results[index]?.[0]?.hitRatio ?? 0) * 100).toFixed(1)} %`;
      rows.push([index === 0 ? String(size) : "", cache, (speed / 1e6).toFixed(2), ratio, hits]);
    });
  }
  console.log(`\nNode ${process.version}, medians of ${rounds} rounds taken in turn\n`);
  console.log(renderTable(rows));
  console.log(`\n${verdicts.join("\n")}`);
}

/** Ours, the first of them, against the fastest of the rivals. */
function judge(size: number, caches: readonly string[], speeds: readonly number[]): string {
  const [own = NaN] = speeds;
  const fastest = Math.max(...speeds.slice(OURS.length));
  const name = caches[speeds.indexOf(fastest, OURS.length)] ?? "";
  const verdict = own >= fastest ? "met" : "NOT MET";
  const ratio = (own / fastest).toFixed(2);
  return `${size} entries: OrderedMap is ${ratio} × the fastest other, ${name}: ${verdict}`;
}

async function measureAlone(cache: string, size: number, folder: string): Promise<Measured> {
  const program = fileURLToPath(import.meta.url);
  const args = ["--import", "tsx", program, "--one", cache, String(size), folder];
  const output = await runToEnd(process.execPath, args, { timeoutMs: CHILD_MAX_MS });
  return JSON.parse(output) as Measured;
}

function measure(cache: Cache, size: number): Measured {
  const random = createRandom(SEED);
  const keys = Array.from({ length: size * KEYS_PER_ENTRY }, (_, index) => `product-${index}`);
  const draws = Uint32Array.from({ length: DRAWS }, () =>
    Math.floor(keys.length * random() ** SKEW),
  );
  for (const key of keys) cache.set(key, 1);
  goThrough(cache, keys, draws.subarray(0, WARM_UP_DRAWS));
  let hits = 0;
  let operations = 0;
  let elapsedMs = 0;
  const startMs = monotonicMs();
  while (elapsedMs < MEASURED_MS) {
    const from = (WARM_UP_DRAWS + operations) % DRAWS;
    hits += goThrough(cache, keys, draws.subarray(from, from + STRIDE));
    operations += STRIDE;
    elapsedMs = monotonicMs() - startMs;
  }
  return { perSecond: (operations / elapsedMs) * 1_000, hitRatio: hits / operations };
}

/** The number of hits. */
function goThrough(cache: Cache, keys: readonly string[], draws: Uint32Array): number {
  let hits = 0;
  for (const draw of draws) {
    const key = keys[draw]!;
    if (cache.get(key) === undefined) cache.set(key, draw);
    else hits += 1;
  }
  return hits;
}

async function open(name: string, size: number, folder: string): Promise<Cache> {
  if (name === "OrderedMap") return openOrderedMap(size);
  if (name === "LruCache") return openLruCache(size);
  const path = createRequire(join(folder, "package.json")).resolve(name);
  const module = (await import(path)) as Exports & { default?: Exports };
  const { LRUCache, LRUMap, createLRU, lru } = { ...module.default, ...module };
  if (name === "lru-cache" && LRUCache) return new LRUCache({ max: size });
  if (name === "mnemonist" && LRUMap) return new LRUMap(size);
  if (name === "lru.min" && createLRU) return createLRU({ max: size });
  if (name === "tiny-lru" && lru) return lru(size);
  if (name === "quick-lru" && module.default) return new module.default({ maxSize: size });
  throw new Error(`${name} does not export what it did when this was written`);
}

function openOrderedMap(capacity: number): Cache {
  const map = new OrderedMap<string, number>();
  return {
    get: (key) => map.use(key),
    set: (key, value) => void map.put(key, value, capacity),
  };
}

function openLruCache(capacity: number): Cache {
  const counts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  const epochs = { current: () => 0 };
  const tag = { slot: 0, epoch: 0 };
  const cache = new LruCache<number>({ capacity, timeToLiveMs: null, epochs, counts });
  return {
    get: (key) => cache.get(key, 0),
    set: (key, value) => cache.set(key, value, tag, 0),
  };
}
