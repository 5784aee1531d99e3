/**
 * What one store was started with. A later call must be able to bring a
 * single member back, or to notice that it was asked for something else, so
 * the settings are kept in DIR/run/settings.json: those of the command line
 * and those variables of the caller's environment that all members must agree
 * on. A replica that came back with another ORDER_QUORUM than its fellows
 * would break their promise.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LaunchError } from "./launch_error.ts";

export interface StoreSettings {
  store: string;
  frontends: number;
  catalogs: number;
  orders: number;
  threads: number;
  /** Entries of each HTTP thread's cache; 0 is off. */
  cacheSize: number;
  portBase: number;
  /** Variables of KEPT_VARIABLES that the caller had set. */
  environment: Record<string, string>;
  /** Addresses of members that have one of their own, instead of HOST, by label (`order-3`). */
  hosts?: Record<string, string>;
}

/** What a caller said, and nothing else: what is missing may be anything. */
export type GivenSettings = Partial<StoreSettings>;

export const DEFAULT_SETTINGS: Readonly<StoreSettings> = {
  store: "toys",
  frontends: 1,
  catalogs: 1,
  orders: 3,
  threads: 1,
  cacheSize: 10,
  portBase: 8080,
  environment: {},
};

/** Members of one kind: each has one digit in its port. */
export const COUNT_MAX = 9;
export const THREADS_MAX = 16;
export const CACHE_SIZE_MAX = 1_000_000;
/** The highest port is the base, 220 and the ninth order replica. */
export const PORT_BASE_MAX = 65_535 - 220 - COUNT_MAX;

/** Settings of the whole store that have a variable and no flag. LOG_LEVEL is each start's own. */
export const KEPT_VARIABLES = [
  "HOST",
  "CACHE_TTL_MS",
  "RESTOCK_MS",
  "RESTOCK_TO",
  "ORDER_QUORUM",
  "BALANCE",
  "CONNECTIONS",
  "CLIENT_CONNECTIONS",
  "CLIENT_RATE",
  "BODY_BYTES",
  "PUBLIC_HOSTS",
  "STORE_SECRET_FILE",
  "ADMIN_TOKEN_FILE",
] as const;

const FLAGS: Record<Exclude<keyof StoreSettings, "environment" | "hosts">, string> = {
  store: "--store",
  frontends: "--frontends",
  catalogs: "--catalogs",
  orders: "--orders",
  threads: "--threads",
  cacheSize: "--cache-size",
  portBase: "--port-base",
};

/** One phrase for each setting that was given and is not what is kept. */
export function differences(given: GivenSettings, kept: StoreSettings): string[] {
  const found: string[] = [];
  for (const [field, flag] of Object.entries(FLAGS) as [keyof typeof FLAGS, string][]) {
    const wanted = given[field];
    if (wanted !== undefined && wanted !== kept[field]) {
      found.push(`${flag} ${kept[field]}, not ${wanted}`);
    }
  }
  for (const [variable, wanted] of Object.entries(given.environment ?? {})) {
    const value = kept.environment[variable];
    if (value !== wanted) found.push(`${variable} ${value ?? "not set"}, not ${wanted}`);
  }
  return found;
}

export function settingsFile(dataDir: string): string {
  return join(dataDir, "run", "settings.json");
}

/** Written whole or not at all, so that a later call never reads half of it. */
export function keepSettings(dataDir: string, settings: StoreSettings): void {
  const file = settingsFile(dataDir);
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  } finally {
    rmSync(`${file}.new`, { force: true });
  }
}

/** Null when none are kept. @throws LaunchError when the file is not one of ours. */
export function readKeptSettings(dataDir: string): StoreSettings | null {
  const file = settingsFile(dataDir);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new LaunchError(`Cannot read ${file}: ${(error as Error).message}`);
  }
  const settings = parseSettings(text);
  if (settings === null) {
    throw new LaunchError(`${file} is not what start.sh wrote: remove it and start again`);
  }
  checkEnvironment(file, settings.environment);
  return settings;
}

/**
 * It reaches every member as variables of its process, and some of those, as NODE_OPTIONS, make
 * a process do anything: no more is taken from a file than what was ever written to it.
 * @throws LaunchError
 */
function checkEnvironment(file: string, environment: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(environment)) {
    const isKept = (KEPT_VARIABLES as readonly string[]).includes(name);
    if (isKept && typeof value === "string") continue;
    const what = isKept ? `${name} is not a string` : `${JSON.stringify(name)} is not allowed`;
    const allowed = `strings for ${KEPT_VARIABLES.join(", ")} are`;
    throw new LaunchError(`${file}: in "environment" ${what}; ${allowed}`);
  }
}

function parseSettings(text: string): StoreSettings | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Record<string, unknown>;
  for (const [field, example] of Object.entries(DEFAULT_SETTINGS)) {
    if (typeof fields[field] !== typeof example || fields[field] === null) return null;
  }
  if (fields.hosts !== undefined && !isTexts(fields.hosts)) return null;
  return value as StoreSettings;
}

function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((text) => typeof text === "string");
}
