/**
 * The only file that reads a clock or sets a timer for what the services do
 * (a test holds the others to it). They get a Clock handed in, so that a test
 * moves time by hand and the simulator plays hours in seconds.
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
  /** Calls once, not before so many milliseconds have passed; what it returns calls that off. */
  after(delayMs: number, call: () => void): () => void;
  /** Calls again and again, so many milliseconds apart; what it returns ends that. */
  every(periodMs: number, call: () => void): () => void;
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

/** The loop counts whole milliseconds from when it last looked: a timer may be one too early. */
const TIMER_EARLY_MS = 1;

function after(delayMs: number, call: () => void): () => void {
  const timer = setTimeout(call, delayMs <= 0 ? 0 : Math.ceil(delayMs) + TIMER_EARLY_MS);
  return () => clearTimeout(timer);
}

function every(periodMs: number, call: () => void): () => void {
  const timer = setInterval(call, periodMs);
  return () => clearInterval(timer);
}

export const systemClock: Clock = { monotonicMs, timestamp, after, every };

/** Resolves after so many milliseconds of this clock. */
export function pause(clock: Pick<Clock, "after">, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
