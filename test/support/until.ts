/** Waiting in tests: a condition is asked for again and again until a deadline, never slept for. */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";

const POLL_MS = 10;

/**
 * Resolves with the first value of `condition` that is not null, false or
 * undefined. Fails with `what` and the last error when there is none in time.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = 5_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = monotonicMs() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== null && value !== undefined && value !== false) {
        return value as NonNullable<Exclude<T, false>>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (monotonicMs() > deadline) {
      const why = last instanceof Error ? `: ${last.message}` : "";
      throw new Error(`Waited ${deadlineMs} ms in vain for ${what}${why}`, { cause: last });
    }
    await pause(POLL_MS);
  }
}
