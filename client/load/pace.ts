/**
 * When the next request is due. Without a rate that is now: a buyer waits for
 * each answer, and a slow store is asked less often, which hides its slowness
 * ('coordinated omission', Gil Tene). With a rate the times are planned
 * beforehand, evenly, and latency counts from the planned time: whoever waited
 * in line behind a slow answer has waited, and it shows.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";

/** How often a sleeping pace looks whether the run was stopped. */
const NAP_MS = 100;

export interface Pace {
  /** Waits until the next request is due; the time its latency counts from. */
  next(): Promise<number>;
}

export const unpaced: Pace = { next: () => Promise.resolve(monotonicMs()) };

/** One of `clients` buyers that together send `rate` requests a second, each in its turn. */
export function createPace(options: {
  rate: number;
  clients: number;
  client: number;
  startMs: number;
  stopped: () => boolean;
}): Pace {
  const periodMs = (1_000 * options.clients) / options.rate;
  let plannedMs = options.startMs + (1_000 * options.client) / options.rate;
  return {
    async next(): Promise<number> {
      const dueMs = plannedMs;
      plannedMs += periodMs;
      // Timers tick in whole milliseconds. A request may leave a fraction of
      // one early, and then counts from when it left.
      let waitMs = Math.floor(dueMs - monotonicMs());
      while (waitMs >= 1 && !options.stopped()) {
        await sleep(Math.min(waitMs, NAP_MS));
        waitMs = Math.floor(dueMs - monotonicMs());
      }
      return Math.min(dueMs, monotonicMs());
    },
  };
}
