/** Answers of other members: one that cannot be right, as without a result for each, is none. */
import { AppError } from "../shared/errors.ts";
import { LEASE_MS } from "../shared/limits.ts";
import { isTerm } from "../shared/terms.ts";
import type { LeaseAnswer } from "../shared/wire.ts";

/** @throws unknown */
export function checkResults<T>(
  results: readonly T[] | undefined,
  count: number,
  isRight: (result: T) => boolean = (result) => result === null || result !== undefined,
): void {
  if (Array.isArray(results) && results.length === count && results.every(isRight)) return;
  throw new AppError("unknown", "The answer has not a result for each that was asked");
}

/** A lease that is longer than any would be kept for ever. @throws unknown */
export function readLease(answer: LeaseAnswer): LeaseAnswer {
  const { leadership, number, index, since, leaseMs } = answer ?? {};
  const isNamed = typeof leadership === "string" && isTerm(Number.parseInt(leadership, 10));
  const isCounted = [number, index, since].every((one) => Number.isSafeInteger(one) && one >= 0);
  if (isNamed && isCounted && leaseMs >= 0 && leaseMs <= LEASE_MS) return answer;
  throw new AppError("unknown", "The catalog gave a lease that cannot be right");
}
