/**
 * Product names and idempotency keys, checked once where they come in.
 * Both end up as fields of a CSV file that people open in a spreadsheet, so
 * nothing gets through that could break a row, run as a formula or show as
 * something else than it is.
 */
import { AppError } from "../errors.ts";
import { KEY_LENGTH_MAX, NAME_LENGTH_MAX } from "../limits.ts";

/** What nearly every name is: printable ASCII, to which NFC changes nothing. */
const PLAIN_NAME = /^[!-~][ -~]{0,63}$/;
/**
 * Controls, bidirectional overrides, surrogates, private and unassigned code
 * points, line and paragraph separators. The two joiners are exempt: emoji
 * and several scripts are spelled with them.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/u;
const VISIBLE = /[^\p{Z}\u200c\u200d]/u;
/** A spreadsheet takes a cell that begins with one of these for a formula. */
const FORMULA_START = /^[=+\-@]/;

/** A buyer's own begins with no `-`: the log opens in a spreadsheet, and older ones have such. */
const KEY = /^(?!-)[A-Za-z0-9_.:-]{1,255}$/;
const INTERNAL_KEY = /^(?=.{1,255}$)~?[A-Za-z0-9_.:-]+$/;

/**
 * The name in NFC: 1 to 64 code points, printable, not a formula.
 * @throws bad_request
 */
export function parseName(value: unknown): string {
  if (typeof value !== "string") throw badName("it must be a string");
  if (PLAIN_NAME.test(value) && !FORMULA_START.test(value)) return value;
  if (value.length > NAME_LENGTH_MAX * 8) throw badName(`at most ${NAME_LENGTH_MAX} characters`);
  const name = value.normalize("NFC");
  if (UNPRINTABLE.test(name)) throw badName("it must be printable, well-formed text");
  if (!VISIBLE.test(name)) throw badName("it must not be empty");
  if (FORMULA_START.test(name)) throw badName("it must not begin with = + - @");
  if ([...name].length > NAME_LENGTH_MAX) throw badName(`at most ${NAME_LENGTH_MAX} characters`);
  return name;
}

function badName(why: string): AppError {
  return new AppError("bad_request", `Bad product name: ${why}`);
}

/**
 * A buyer's Idempotency-Key.
 * @throws bad_request
 */
export function parseKey(value: string): string {
  if (KEY.test(value)) return value;
  const allowed = `1 to ${KEY_LENGTH_MAX} characters of A-Z a-z 0-9 _ . : - and no - first`;
  throw new AppError("bad_request", `Bad Idempotency-Key: ${allowed}`);
}

/**
 * A key as it travels between members: those that a front-end made begin with `~`.
 * @throws bad_request
 */
export function parseInternalKey(value: unknown): string {
  if (typeof value === "string" && INTERNAL_KEY.test(value)) return value;
  throw new AppError("bad_request", "Bad idempotency key between members");
}
