/** Which directed links are cut, and until when. */
import assert from "node:assert/strict";

/** Machines, clients included. */
const HOSTS_MAX = 32;

export class LinkCuts {
  readonly #untilMs = new Float64Array(HOSTS_MAX * HOSTS_MAX);

  isCut(from: number, to: number, nowMs: number): boolean {
    return this.#untilMs[from * HOSTS_MAX + to]! > nowMs;
  }

  /** One direction, for longer if it is cut already; Infinity: until it is mended. */
  cut(from: number, to: number, untilMs: number): void {
    assert(from < HOSTS_MAX && to < HOSTS_MAX, `at most ${HOSTS_MAX} machines`);
    const link = from * HOSTS_MAX + to;
    this.#untilMs[link] = Math.max(this.#untilMs[link]!, untilMs);
  }

  mend(): void {
    this.#untilMs.fill(0);
  }
}
