/**
 * The one bound for every term that comes in, in a request, in an answer or in
 * a file. A term above TERM_MAX is none. One far above the own is climbed to in
 * steps of TERM_JUMP_MAX: one wrong message cannot use up the terms, and yet
 * members whose terms are far apart find together again. (To enter a higher
 * term is always safe: it only ends what was promised in lower ones.)
 */
import { TERM_JUMP_MAX, TERM_MAX } from "./limits.ts";
import { asIntegerIn } from "./messages/parse.ts";

export function isTerm(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= TERM_MAX;
}

/** @throws bad_request */
export function asTerm(value: unknown, what: string, min = 0): number {
  return asIntegerIn(value, what, min, TERM_MAX);
}

/** What may be entered at once of a term that was met; the own when it is none. */
export function climb(own: number, met: unknown): number {
  return isTerm(met) ? Math.min(met, own + TERM_JUMP_MAX) : own;
}
