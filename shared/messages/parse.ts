/**
 * Checked readers for JSON bodies: what has passed them has the type that it
 * says. Nothing is coerced. Messages name the field and what is allowed, and
 * never repeat what came in.
 */
import { AppError } from "../errors.ts";

/**
 * A JSON object with exactly these fields, and perhaps the optional ones.
 * `__proto__` is an unknown field like any other: JSON.parse makes it an own one.
 * @throws bad_request
 */
export function asRecord(
  value: unknown,
  fields: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("bad_request", "Expected a JSON object");
  }
  for (const field of fields) {
    if (!Object.hasOwn(value, field)) {
      throw new AppError("bad_request", `The field "${field}" is missing`);
    }
  }
  for (const field of Object.keys(value)) {
    if (!fields.includes(field) && !optional.includes(field)) {
      const known = [...fields, ...optional].join(", ") || "none";
      throw new AppError("bad_request", `Unknown field; known are: ${known}`);
    }
  }
  return value as Record<string, unknown>;
}

/**
 * A whole number of this range; -0 is none.
 * @throws bad_request
 */
export function asIntegerIn(value: unknown, what: string, min: number, max: number): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw notIn(what, min, max);
  const number = value as number;
  if (number < min || number > max) throw notIn(what, min, max);
  return number;
}

function notIn(what: string, min: number, max: number): AppError {
  return new AppError("bad_request", `${what} must be an integer from ${min} to ${max}`);
}

/** A price as it is written: in a CSV, in a path, and by JSON. */
export const PRICE = /^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,2})?$/;

/**
 * A price: from 0, with at most two decimals.
 * @throws bad_request
 */
export function asPrice(value: unknown): number {
  if (typeof value === "number" && PRICE.test(String(value))) return value;
  throw new AppError("bad_request", "price must be a number from 0 with at most 2 decimals");
}

/**
 * Well-formed text, which UTF-8 can write, of at most so many UTF-16 units.
 * @throws bad_request
 */
export function asText(value: unknown, what: string, lengthMax: number): string {
  if (typeof value !== "string" || value.length > lengthMax || !value.isWellFormed()) {
    throw new AppError("bad_request", `${what} must be text of at most ${lengthMax} characters`);
  }
  return value;
}

/**
 * An array of at most so many items, each read by `item`.
 * @throws bad_request
 */
export function asArray<T>(
  value: unknown,
  what: string,
  lengthMax: number,
  item: (value: unknown) => T,
): T[] {
  if (!Array.isArray(value) || value.length > lengthMax) {
    throw new AppError("bad_request", `${what} must be an array of at most ${lengthMax}`);
  }
  const items: T[] = new Array(value.length);
  for (let index = 0; index < value.length; index++) items[index] = item(value[index]);
  return items;
}
