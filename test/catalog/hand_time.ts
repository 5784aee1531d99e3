/** A clock that stands still until the test moves it; calls that fall due are made on the way. */
import type { Timing } from "../../catalog/timing.ts";

interface Due {
  atMs: number;
  call: () => void;
}

export class HandTime implements Timing {
  #nowMs = 1_000_000;
  #due: Due[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const due = { atMs: this.#nowMs + Math.ceil(delayMs), call };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((other) => other !== due);
    };
  }

  /** Moves the clock from call to call, letting promises settle after each. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (;;) {
      const next = this.#due.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.call();
      await turn();
    }
    this.#nowMs = endMs;
  }

  /** The process was stopped for so long: what fell due has yet to come. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Lets everything happen that waits for no clock. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
