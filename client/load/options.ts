/**
 * The command line of the client, parsed at the door: every wrong use is one
 * sentence that says what is allowed and what was met.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { UsageError } from "../../shared/usage.ts";
import { parseGoals, type Goal } from "./goals.ts";
import { CLIENTS_MAX, ITERATIONS_MAX, RATE_MAX, URLS_MAX } from "./limits.ts";

export const DEFAULT_URL = "http://127.0.0.1:8080";
const SEED_MAX = 2 ** 32 - 1;
const HELP_HINT = "see --help";

const FLAGS = {
  iterations: { type: "string" },
  clients: { type: "string" },
  rate: { type: "string" },
  seed: { type: "string" },
  url: { type: "string" },
  slo: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Flag = keyof typeof FLAGS;

export interface LoadOptions {
  /** Chance that a product in stock is bought, 0 to 1. */
  probability: number;
  /** Look-ups of each buyer. */
  iterations: number;
  clients: number;
  /** Requests a second, all buyers together; null: each waits for its answers. */
  rate: number | null;
  seed: number;
  /** Origins of front-ends, `http://host:port`. */
  urls: string[];
  goals: Goal[];
  json: boolean;
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): LoadOptions | "help" {
  const { values, positionals } = split(args);
  if (values.has("help")) return "help";
  const one = (flag: Flag) => last(values, flag);
  return {
    probability: readProbability(positionals),
    iterations: readInteger("--iterations", one("iterations") ?? "100", 1, ITERATIONS_MAX),
    clients: readInteger("--clients", one("clients") ?? "1", 1, CLIENTS_MAX),
    rate: one("rate") === undefined ? null : readRate(one("rate") ?? ""),
    seed: readInteger("--seed", one("seed") ?? String(randomInt(SEED_MAX)), 0, SEED_MAX),
    urls: readUrls(values.get("url") ?? [DEFAULT_URL]),
    goals: (values.get("slo") ?? []).flatMap(parseGoals),
    json: values.has("json"),
  };
}

/** Not strict: parseArgs' own messages speak to programmers, and `-0.5` is a number here. */
function split(args: readonly string[]) {
  const { tokens } = parseArgs({
    args: args.filter((argument) => !isNegativeNumber(argument)),
    options: FLAGS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<Flag, string[]>();
  const positionals = args.filter(isNegativeNumber);
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, value, rawName } = token;
    if (!isFlag(name))
      throw new UsageError(`${rawName} is not an option of the client; ${HELP_HINT}`);
    checkShape(name, value, rawName);
    values.set(name, [...(values.get(name) ?? []), value ?? ""]);
  }
  return { values, positionals };
}

function checkShape(name: Flag, value: string | undefined, rawName: string): void {
  const wantsValue = FLAGS[name].type === "string";
  if (wantsValue && (value === undefined || value === "")) {
    throw new UsageError(`${rawName} needs a value; ${HELP_HINT}`);
  }
  if (!wantsValue && value !== undefined) {
    throw new UsageError(`${rawName} takes no value, and not '${value}'`);
  }
}

function isNegativeNumber(argument: string): boolean {
  return /^-\.?\d/.test(argument);
}

function isFlag(name: string): name is Flag {
  return Object.hasOwn(FLAGS, name);
}

function last(values: Map<Flag, string[]>, flag: Flag): string | undefined {
  return values.get(flag)?.at(-1);
}

function readProbability(positionals: readonly string[]): number {
  const [text, extra] = positionals;
  if (text === undefined) {
    throw new UsageError(
      `p is missing, the chance of an order, 0 to 1: client.ts 0.4; ${HELP_HINT}`,
    );
  }
  if (extra !== undefined) {
    throw new UsageError(`one p is enough, and not '${positionals.join(" ")}'; ${HELP_HINT}`);
  }
  const probability = readDecimal(text);
  if (probability === null || probability < 0 || probability > 1) {
    throw new UsageError(`p is a number from 0 to 1, and not '${text}'`);
  }
  return probability;
}

function readRate(text: string): number {
  const rate = readDecimal(text);
  if (rate === null || rate <= 0 || rate > RATE_MAX) {
    throw new UsageError(
      `--rate is requests a second, above 0 up to ${RATE_MAX}, and not '${text}'`,
    );
  }
  return rate;
}

function readDecimal(text: string): number | null {
  return /^-?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : null;
}

function readInteger(flag: string, text: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${flag} is a whole number from ${min} to ${max}, and not '${text}'`);
}

function readUrls(texts: readonly string[]): string[] {
  const urls = texts.flatMap((text) => text.split(",")).map((text) => readUrl(text.trim()));
  if (urls.length > URLS_MAX) throw new UsageError(`--url: at most ${URLS_MAX} front-ends`);
  return [...new Set(urls)];
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.protocol === "http:" && url.href === `${url.origin}/`;
  if (url === null || !plain) {
    throw new UsageError(
      `--url is the address of a front-end, as ${DEFAULT_URL}, and not '${text}'`,
    );
  }
  return url.origin;
}
