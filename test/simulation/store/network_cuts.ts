/** Which directed links are cut, and until when. */
import assert from "node:assert/strict";

/** Machines, clients included. */
const HOSTS_MAX = 32;

export class LinkCuts {
  readonly #untilMs = new Float64Array(HOSTS_MAX * HOSTS_MAX);

  isCut(from: number, to: number, nowMs: number): boolean {
    return this.#untilMs[from * HOSTS_MAX + to]! > nowMs;
  }

  /** One direction; Infinity: until it is mended. */
  cut(from: number, to: number, untilMs: number): void {
    assert(from < HOSTS_MAX && to < HOSTS_MAX, `at most ${HOSTS_MAX} machines`);
    this.#untilMs[from * HOSTS_MAX + to] = untilMs;
  }

  mend(): void {
    this.#untilMs.fill(0);
  }
}
