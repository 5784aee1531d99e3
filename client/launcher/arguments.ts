/**
 * The command lines of start.sh and stop.sh. What is not given stays
 * undefined: only the store itself knows whether that means the default or
 * what the running members have. A flag wins over the variable of its name.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../shared/usage.ts";
import { keptEnvironment, memberOfLabel, type MemberName, PROJECT_FOLDER } from "./layout.ts";
import {
  CACHE_SIZE_MAX, COUNT_MAX, type GivenSettings, PORT_BASE_MAX, THREADS_MAX,
} from "./settings.ts";

/** How a command was called. */
export interface Call {
  arguments: string[];
  environment: NodeJS.ProcessEnv;
  /** The folder in which the caller stood. */
  folder: string;
}

export interface StartCall {
  help: boolean;
  dataDir: string;
  given: GivenSettings;
  only: MemberName | undefined;
  fresh: boolean;
}

export interface StopCall {
  help: boolean;
  dataDir: string;
  only: MemberName | undefined;
  kill: boolean;
}

const TEXT = { type: "string" } as const;
const SWITCH = { type: "boolean" } as const;

const START_OPTIONS = {
  store: TEXT,
  frontends: TEXT,
  catalogs: TEXT,
  orders: TEXT,
  threads: TEXT,
  "cache-size": TEXT,
  "no-cache": SWITCH,
  "port-base": TEXT,
  data: TEXT,
  fresh: SWITCH,
  help: SWITCH,
};

const STOP_OPTIONS = { data: TEXT, kill: SWITCH, help: SWITCH };

/** @throws UsageError with one line */
export function parseStart(call: Call): StartCall {
  const { values, positionals } = parse(call, START_OPTIONS);
  const { environment } = call;
  const only = parseMember(positionals);
  const fresh = values.fresh === true;
  const flags = Object.keys(values).filter((name) => name !== "data" && name !== "help");
  if (only !== undefined && flags.length > 0) {
    throw new UsageError(`--${flags[0]}: a single member starts with the settings of its store`);
  }
  if (values["no-cache"] === true && values["cache-size"] !== undefined) {
    throw new UsageError("--no-cache and --cache-size: only one of them");
  }
  if (values.store === "") throw new UsageError('--store "": the name of a store is allowed');
  const given: GivenSettings = {
    store: values.store ?? textOf(environment.STORE),
    frontends: count("--frontends", values.frontends, [1, COUNT_MAX]),
    catalogs: count("--catalogs", values.catalogs, [1, COUNT_MAX]),
    orders: count("--orders", values.orders, [1, COUNT_MAX]),
    threads: count("--threads", values.threads, [1, THREADS_MAX]) ??
      count("THREADS", environment.THREADS, [1, THREADS_MAX]),
    cacheSize: values["no-cache"] === true ? 0
      : count("--cache-size", values["cache-size"], [0, CACHE_SIZE_MAX]) ??
        count("CACHE_SIZE", environment.CACHE_SIZE, [0, CACHE_SIZE_MAX]),
    portBase: count("--port-base", values["port-base"], [1, PORT_BASE_MAX]),
    environment: keptEnvironment(environment, call.folder),
  };
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined) delete given[field as keyof GivenSettings];
  }
  return { help: values.help === true, dataDir: dataDirOf(values.data, call), given, only, fresh };
}

/** @throws UsageError with one line */
export function parseStop(call: Call): StopCall {
  const { values, positionals } = parse(call, STOP_OPTIONS);
  return {
    help: values.help === true,
    dataDir: dataDirOf(values.data, call),
    only: parseMember(positionals),
    kill: values.kill === true,
  };
}

type Options = Record<string, { type: "string" | "boolean" }>;
type Values<O extends Options> = {
  [Name in keyof O]?: O[Name]["type"] extends "string" ? string : boolean;
};

function parse<O extends Options>(
  call: Call,
  options: O,
): { values: Values<O>; positionals: string[] } {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: call.arguments,
      options,
      allowPositionals: true,
      tokens: true,
    });
    const names = tokens.flatMap((token) => token.kind === "option" ? [token.name] : []);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new UsageError(`--${twice}: given twice`);
    return { values: values as Values<O>, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Node goes on with advice for programmers after the first sentence.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence!.replace(/\.$/, "")}; --help lists what is allowed`);
  }
}

function textOf(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function count(
  name: string,
  value: string | undefined,
  [min, max]: [number, number],
): number | undefined {
  if (value === undefined || (value === "" && !name.startsWith("--"))) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${name} ${value || '""'}: an integer from ${min} to ${max} is allowed`);
}

/** `order 3`, or `order-3`, as /status and the folders name it. */
function parseMember(words: string[]): MemberName | undefined {
  if (words.length === 0) return undefined;
  const member = words.length <= 2 ? memberOfLabel(words.join("-")) : null;
  if (member !== null) return member;
  throw new UsageError(
    `${words.join(" ")}: a member is frontend, catalog or order and a number from 1 to 9`,
  );
}

function dataDirOf(flag: string | undefined, { environment, folder }: Call): string {
  if (flag === "") throw new UsageError('--data "": the name of a folder is allowed');
  const given = flag ?? textOf(environment.DATA_DIR);
  return given === undefined ? resolve(PROJECT_FOLDER, "data") : resolve(folder, given);
}
