/**
 * The query of a URL, strictly: a parameter that is unknown, comes twice or
 * is not percent-encoded UTF-8 is refused, not guessed at. Whoever misspells
 * `limit` is told so.
 */
import { AppError } from "../../shared/errors.ts";

const NO_VALUES: ReadonlyMap<string, string> = new Map();

/**
 * @param raw without the question mark
 * @throws bad_request
 */
export function parseQuery(raw: string, known: readonly string[]): ReadonlyMap<string, string> {
  if (raw === "") return NO_VALUES;
  const values = new Map<string, string>();
  for (const pair of raw.split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (!known.includes(name)) {
      const takes = known.length === 0 ? "none is taken here" : `known are: ${known.join(", ")}`;
      throw new AppError("bad_request", `Unknown query parameter; ${takes}`);
    }
    if (values.has(name)) throw new AppError("bad_request", `The parameter ${name} comes twice`);
    values.set(name, equals === -1 ? "" : decode(pair.slice(equals + 1)));
  }
  return values;
}

/** For routes without parameters. @throws bad_request */
export function refuseQuery(raw: string): void {
  if (raw !== "") parseQuery(raw, []);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new AppError("bad_request", "The query is not percent-encoded UTF-8");
  }
}
