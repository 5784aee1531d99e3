/**
 * How long this process itself got no turn: on a busy machine a part of what
 * buyers seem to have waited is this, and the members were kept waiting like it.
 */
import { monotonicMs } from "../../shared/clock.ts";

const TICK_MS = 20;

export class Stalls {
  #longestMs = 0;
  #lastMs = monotonicMs();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  /** Milliseconds; what a tick came late. */
  get longestMs(): number {
    return this.#longestMs;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = monotonicMs();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs - TICK_MS);
    this.#lastMs = nowMs;
  }
}
