/**
 * The only file that reads a clock (a test holds the others to it).
 *
 * Deadlines and leases are measured on the system's monotonic clock, which a
 * change of the wall clock does not move and which all threads of a process
 * (and all processes of a machine) read alike. The wall clock is for people:
 * it is printed, never compared.
 */
export interface Clock {
  /** Monotonic milliseconds with a fraction; the origin means nothing. */
  monotonicMs(): number;
  /** Wall time as ISO 8601 in UTC with milliseconds, 2026-01-31T12:00:00.000Z. */
  timestamp(): string;
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

let stampedAtMs = 0;
let stamp = "";

/** Wall time, ISO 8601, UTC. Formatted once a millisecond, as a batch of rows asks for it. */
export function timestamp(): string {
  const now = Date.now();
  if (now !== stampedAtMs) {
    stampedAtMs = now;
    stamp = new Date(now).toISOString();
  }
  return stamp;
}

export const systemClock: Clock = { monotonicMs, timestamp };
