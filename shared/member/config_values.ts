/**
 * Readers of single settings. Each refuses with one line: the variable, the
 * value that was met, what is allowed.
 */
import { UsageError } from "../usage.ts";

function refuse(name: string, value: string | undefined, allowed: string): UsageError {
  const met = value === undefined ? "is missing" : `${JSON.stringify(value).slice(1, -1)}`;
  return new UsageError(`${name} ${met}: it must be ${allowed}`);
}

/**
 * @param or what else the caller allows: "0 for never or "
 * @throws UsageError
 */
export function asInteger(
  name: string,
  value: string | undefined,
  { min, max, or = "" }: { min: number; max: number; or?: string },
): number {
  const number = value !== undefined && /^(0|[1-9][0-9]{0,9})$/.test(value) ? Number(value) : NaN;
  if (number >= min && number <= max) return number;
  throw refuse(name, value, `${or}an integer from ${min} to ${max}`);
}

/** @throws UsageError */
export function asOneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw refuse(name, value, `one of ${known.join(", ")}`);
}

/** @throws UsageError */
export function asPattern(name: string, value: string, allowed: [RegExp, string]): string {
  if (allowed[0].test(value)) return value;
  throw refuse(name, value, allowed[1]);
}

/** @throws UsageError */
export function asHost(name: string, value: string): string {
  return asPattern(name, value, [/^[A-Za-z0-9.:_-]{1,253}$/, "a host name or an address"]);
}

const ENTRY = /^([1-9])=(http:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):([1-9][0-9]{0,4}))\/?$/i;

/**
 * `1=http://host:port,2=…` as addresses by id, in the order of the ids.
 * @throws UsageError
 */
export function asAddresses(name: string, value: string): Map<number, string> {
  const entries = new Map<number, string>();
  for (const text of value.split(",")) {
    const entry = ENTRY.exec(text.trim());
    if (entry === null || Number(entry[3]) > 65_535) {
      throw refuse(name, text, "a list 1=http://host:port,2=… with ids 1-9, without paths");
    }
    const id = Number(entry[1]);
    if (entries.has(id)) throw refuse(name, text, `a list of distinct ids, ${id} comes twice`);
    entries.set(id, entry[2]!.toLowerCase());
  }
  return new Map([...entries].sort(([a], [b]) => a - b));
}
