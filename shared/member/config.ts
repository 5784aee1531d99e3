/**
 * A member's settings, from environment variables and the same by flags
 * (`--cache-size` is CACHE_SIZE; flags win). Read once, before anything is
 * started or made: a wrong value, or two that disagree, end the process with
 * one line that names the variable, the value and what is allowed. The table
 * of variables below is also what --help prints.
 */
import { join } from "node:path";
import { DOOR_VARIABLES, readDoors, type DoorSettings } from "./config_doors.ts";
import { asAddresses, asHost, asInteger, asOneOf, asPattern } from "./config_values.ts";
import { parseFailpoint, type Failpoint } from "../failpoint.ts";
import { LOG_LEVELS, type LogLevel } from "../logging.ts";
import { STORES } from "../stores/stores.ts";
import { UsageError } from "../usage.ts";

export { UsageError };
export type MemberKind = "frontend" | "catalog" | "order";
export const BALANCES = ["round-robin", "least-connections", "least-response-time"] as const;
export type Balance = (typeof BALANCES)[number];

export interface Settings {
  kind: MemberKind;
  id: number;
  host: string;
  /** A front-end's public port, another's internal one. */
  port: number;
  /** Of the own entry in the list; the same as `port` but for a front-end. */
  internalPort: number;
  store: string;
  dataDir: string;
  /** The member's own: `<dataDir>/order-3`. */
  folder: string;
  /** Internal addresses, `http://host:port`, by id. */
  frontends: Map<number, string>;
  catalogs: Map<number, string>;
  orders: Map<number, string>;
  /** HTTP threads. */
  threads: number;
  /** Entries a thread; 0 is off. */
  cacheSize: number;
  /** Null: an entry has no age. */
  cacheTtlMs: number | null;
  /** 0: what is out of stock stays so. */
  restockMs: number;
  restockTo: number;
  /** Replicas that commit an order; the majority unless set. */
  orderQuorum: number;
  balance: Balance;
  /** Of a front-end's public port. */
  doors: DoorSettings;
  secretFile: string;
  adminTokenFile: string | null;
  /** Makes the birth mark of a folder that has none. */
  birth: string | null;
  /** Such a folder is one that was lost, and not new. */
  recover: boolean;
  logLevel: LogLevel;
  logFile: string | null;
  failpoint: Failpoint | null;
}

interface Variable {
  name: string;
  meaning: string;
  /** As --help shows it; null: it must be given. */
  default: string | null;
}

const VARIABLES: readonly Variable[] = [
  { name: "ID", meaning: "this member's number in its list, 1-9", default: null },
  { name: "HOST", meaning: "the address it listens on", default: "that in its list" },
  { name: "PORT", meaning: "a front-end's public one; else as listed", default: "8079+ID" },
  { name: "STORE", meaning: `one of ${[...STORES.keys()].join(", ")}`, default: "toys" },
  { name: "DATA_DIR", meaning: "the member adds order-3 or the like", default: "data" },
  { name: "FRONTENDS", meaning: "1=http://host:port,…", default: "1=http://127.0.0.1:8101" },
  { name: "CATALOGS", meaning: "the same for the catalogs", default: "1=http://127.0.0.1:8201" },
  { name: "ORDERS", meaning: "the same for the orders", default: "three from port 8301 on" },
  { name: "THREADS", meaning: "HTTP threads, 1-16", default: "1" },
  { name: "CACHE_SIZE", meaning: "entries a thread, 0-1000000, 0 is off", default: "10" },
  { name: "CACHE_TTL_MS", meaning: "the longest an entry is kept", default: "none" },
  { name: "RESTOCK_MS", meaning: "how often sold-out goods return, 0: never", default: "10000" },
  { name: "RESTOCK_TO", meaning: "and how many of it", default: "100" },
  { name: "ORDER_QUORUM", meaning: "replicas that commit an order", default: "majority" },
  { name: "BALANCE", meaning: BALANCES.join(", "), default: "round-robin" },
  { name: "STORE_SECRET_FILE", meaning: "the cluster's secret", default: "DATA_DIR/secret" },
  { name: "ADMIN_TOKEN_FILE", meaning: "who has it may change products", default: "none" },
  ...DOOR_VARIABLES,
  { name: "BIRTH", meaning: "the cluster's id, for a folder without one", default: "none" },
  { name: "RECOVER", meaning: "yes: that folder was lost, refetch it", default: "no" },
  { name: "LOG_LEVEL", meaning: LOG_LEVELS.join(", "), default: "info" },
  { name: "LOG_FILE", meaning: "the log's file, opened again at SIGHUP", default: "output" },
  { name: "FAILPOINT", meaning: "for tests: die or stall at step:action[:count]", default: "none" },
];

const DEFAULT_ADDRESSES = {
  FRONTENDS: "1=http://127.0.0.1:8101",
  CATALOGS: "1=http://127.0.0.1:8201",
  ORDERS: "1=http://127.0.0.1:8301,2=http://127.0.0.1:8302,3=http://127.0.0.1:8303",
};
const LIST_OF = { frontend: "FRONTENDS", catalog: "CATALOGS", order: "ORDERS" } as const;
const DAY_MS = 86_400_000;

/** The value of a variable as given, or undefined. An empty one is not given. */
type Given = (name: string) => string | undefined;

/** @throws UsageError */
export function readSettings(
  kind: MemberKind,
  environment: NodeJS.ProcessEnv,
  args: string[],
): Settings {
  const flags = readFlags(args);
  const given: Given = (name) => (flags.get(name) ?? environment[name]) || undefined;
  const id = asInteger("ID", given("ID"), { min: 1, max: 9 });
  const host = readHost(given("HOST"));
  const lists = readLists(given);
  const own = ownAddress(kind, id, lists);
  const dataDir = given("DATA_DIR") ?? "data";
  return {
    kind,
    id,
    host: host ?? hostOf(own),
    port: readPort({ kind, id, own, lists }, given),
    internalPort: portOf(own),
    store: asOneOf("STORE", given("STORE") ?? "toys", [...STORES.keys()]),
    dataDir,
    folder: join(dataDir, `${kind}-${id}`),
    frontends: lists.FRONTENDS,
    catalogs: lists.CATALOGS,
    orders: lists.ORDERS,
    ...readTuning(given),
    doors: readDoors(given),
    orderQuorum: readQuorum(given("ORDER_QUORUM"), lists.ORDERS.size),
    secretFile: given("STORE_SECRET_FILE") ?? join(dataDir, "secret"),
    adminTokenFile: given("ADMIN_TOKEN_FILE") ?? null,
    birth: readBirthId(given("BIRTH")),
    recover: asOneOf("RECOVER", given("RECOVER") ?? "no", ["yes", "no"]) === "yes",
    logLevel: asOneOf("LOG_LEVEL", given("LOG_LEVEL") ?? "info", LOG_LEVELS),
    logFile: given("LOG_FILE") ?? null,
    failpoint: given("FAILPOINT") ? parseFailpoint(given("FAILPOINT")!) : null,
  };
}

function readTuning(given: Given) {
  const ttl = given("CACHE_TTL_MS");
  return {
    threads: asInteger("THREADS", given("THREADS") ?? "1", { min: 1, max: 16 }),
    cacheSize: asInteger("CACHE_SIZE", given("CACHE_SIZE") ?? "10", { min: 0, max: 1_000_000 }),
    cacheTtlMs: ttl === undefined ? null : asInteger("CACHE_TTL_MS", ttl, { min: 1, max: DAY_MS }),
    restockMs: readRestockMs(given("RESTOCK_MS") ?? "10000"),
    restockTo: asInteger("RESTOCK_TO", given("RESTOCK_TO") ?? "100", { min: 1, max: 1_000_000 }),
    balance: asOneOf("BALANCE", given("BALANCE") ?? "round-robin", BALANCES),
  };
}

/** 0 is never; anything below 10 would be no pause between two restocks. */
function readRestockMs(value: string): number {
  if (value === "0") return 0;
  return asInteger("RESTOCK_MS", value, { min: 10, max: DAY_MS, or: "0 for never or " });
}

function readFlags(args: string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const [flag = "", ...rest] = args[at]!.split("=");
    const name = VARIABLES.find((variable) => flagOf(variable.name) === flag)?.name;
    if (name === undefined) {
      const shown = JSON.stringify(args[at]);
      throw new UsageError(`Unknown argument ${shown}: --help shows the known ones`);
    }
    const value = rest.length > 0 ? rest.join("=") : args[++at];
    if (value === undefined || value === "") throw new UsageError(`${flag} needs a value`);
    if (flags.has(name)) throw new UsageError(`${flag} is given twice`);
    flags.set(name, value);
  }
  return flags;
}

function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll("_", "-")}`;
}

type Lists = Record<keyof typeof DEFAULT_ADDRESSES, Map<number, string>>;

function readLists(given: Given): Lists {
  const read = (name: keyof typeof DEFAULT_ADDRESSES): Map<number, string> =>
    asAddresses(name, given(name) ?? DEFAULT_ADDRESSES[name]);
  const lists: Lists = {
    FRONTENDS: read("FRONTENDS"),
    CATALOGS: read("CATALOGS"),
    ORDERS: read("ORDERS"),
  };
  const taken = new Map<string, string>();
  for (const [name, list] of Object.entries(lists)) {
    for (const [id, url] of list) {
      const before = taken.get(url);
      if (before !== undefined) {
        throw new UsageError(`${name} ${id}=${url}: ${before} has this address already`);
      }
      taken.set(url, `${name} ${id}`);
    }
  }
  return lists;
}

function ownAddress(kind: MemberKind, id: number, lists: Lists): string {
  const name = LIST_OF[kind];
  const own = lists[name].get(id);
  if (own !== undefined) return own;
  const ids = [...lists[name].keys()].join(", ");
  throw new UsageError(`ID ${id}: it must be one of those in ${name}, which has ${ids}`);
}

/** Null: where its list says that it is. */
function readHost(value: string | undefined): string | null {
  return value === undefined ? null : asHost("HOST", value);
}

/** For listen(): without an IPv6 address's brackets. */
function hostOf(url: string): string {
  return url.slice("http://".length, url.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

function portOf(url: string): number {
  return Number(url.slice(url.lastIndexOf(":") + 1));
}

interface Place {
  kind: MemberKind;
  id: number;
  /** Its own address in the lists. */
  own: string;
  lists: Lists;
}

function readPort({ kind, id, own, lists }: Place, given: Given): number {
  const internal = portOf(own);
  const value = given("PORT");
  if (kind === "frontend") {
    const port = asInteger("PORT", value ?? String(8079 + id), { min: 1, max: 65_535 });
    const url = `${own.slice(0, own.lastIndexOf(":"))}:${port}`;
    const holder = holderOf(url, lists);
    if (holder === null) return port;
    throw new UsageError(`PORT ${port}: it must differ from that of ${holder}`);
  }
  if (value === undefined) return internal;
  const port = asInteger("PORT", value, { min: 1, max: 65_535 });
  if (port === internal) return port;
  const allowed = `${internal}, that of ID ${id} in ${LIST_OF[kind]}`;
  throw new UsageError(`PORT ${port}: it must be ${allowed}`);
}

/** As messages name it: `CATALOGS 1`. */
function holderOf(url: string, lists: Lists): string | null {
  for (const [name, list] of Object.entries(lists)) {
    for (const [id, address] of list) if (address === url) return `${name} ${id}`;
  }
  return null;
}

/**
 * A majority, or more: any two of them share a replica, so one leader a term
 * and no committed row is lost. Or exactly 1: the store sells on with one
 * replica left, and gives up that two leaders cannot exist. What lies
 * between would give that up as well, and stop before the last replica.
 */
function readQuorum(value: string | undefined, replicas: number): number {
  const majority = Math.floor(replicas / 2) + 1;
  if (value === undefined) return majority;
  const quorum = /^[1-9]$/.test(value) ? Number(value) : 0;
  if (quorum === 1 || (quorum >= majority && quorum <= replicas)) return quorum;
  const range = majority === replicas ? `${majority}` : `from ${majority} to ${replicas}`;
  const allowed = `1 or ${range}, with ${replicas} in ORDERS`;
  throw new UsageError(`ORDER_QUORUM ${value}: it must be ${allowed}`);
}

function readBirthId(value: string | undefined): string | null {
  if (value === undefined) return null;
  return asPattern("BIRTH", value, [/^[A-Za-z0-9-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 -"]);
}

/** What --help prints: examples, settings with their defaults, exit codes. */
export function helpText(kind: MemberKind): string {
  const command = `node --import tsx ${kind}/main.ts`;
  const options = VARIABLES.map(({ name, meaning, default: fallback }) => {
    const shown = fallback === null ? "(required)" : `(${fallback})`;
    return `  ${name.padEnd(19)}${flagOf(name).padEnd(21)}${meaning} ${shown}`;
  });
  return [
    "Examples:",
    `  ID=1 BIRTH=my-store ${command}`,
    `  ${command} --id 1 --data-dir /var/lib/store --log-level debug`,
    "",
    "Settings, each as a variable or a flag (default):",
    ...options,
    "",
    "Exit codes: 0 after SIGTERM or SIGINT, 1 a fault, 2 wrong use",
    "",
  ].join("\n");
}
