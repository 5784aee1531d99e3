/** Answers to batches: one that has not a result for each item is none. */
import { AppError } from "../shared/errors.ts";

/** @throws unknown */
export function checkResults<T>(
  results: readonly T[] | undefined,
  count: number,
  isRight: (result: T) => boolean = (result) => result === null || result !== undefined,
): void {
  if (Array.isArray(results) && results.length === count && results.every(isRight)) return;
  throw new AppError("unknown", "The answer has not a result for each that was asked");
}
