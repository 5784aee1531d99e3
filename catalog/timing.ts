/**
 * Time as the catalog needs it: what it is now, and a call later. Leases,
 * pauses and restocks get it handed in, so that a test moves the time by hand
 * and a whole lease takes no second.
 */
import { monotonicMs } from "../shared/clock.ts";

export interface Timing {
  /** Monotonic milliseconds, as shared/clock.ts. */
  monotonicMs(): number;
  /** Calls once, not before so many milliseconds have passed; what it returns calls that off. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemTiming: Timing = { monotonicMs, after };

function after(delayMs: number, call: () => void): () => void {
  const timer = setTimeout(call, Math.ceil(delayMs));
  return () => clearTimeout(timer);
}
