/** A clock that stands still until the test moves it; calls that fall due are made on the way. */
import assert from "node:assert/strict";
import type { Clock } from "../../shared/clock.ts";

interface Due {
  atMs: number;
  call: () => void;
}

export class HandClock implements Clock {
  #nowMs = 1_000_000;
  /** In the order in which they were set. */
  #due: Due[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  timestamp(): string {
    return new Date(this.#nowMs).toISOString();
  }

  after(delayMs: number, call: () => void): () => void {
    const due = { atMs: this.#nowMs + Math.max(0, delayMs), call };
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((other) => other !== due);
    };
  }

  every(periodMs: number, call: () => void): () => void {
    const again = (): void => {
      callOff = this.after(periodMs, again);
      call();
    };
    let callOff = this.after(periodMs, again);
    return () => callOff();
  }

  /** Moves the clock from call to call, letting promises settle before and after each. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    do await turn();
    while (this.#callNext(endMs));
    this.#nowMs = endMs;
  }

  /** Moves the clock in the same way, to the moment at which it is so, and that must come. */
  async until(isSo: () => boolean, withinMs = 3_000): Promise<void> {
    const endMs = this.#nowMs + withinMs;
    for (await turn(); !isSo(); await turn()) {
      assert(this.#callNext(endMs), `not within ${withinMs} ms: ${isSo}`);
    }
  }

  /** The next call that falls due by then. False when there is none. */
  #callNext(endMs: number): boolean {
    const next = this.#due.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) return false;
    this.#due = this.#due.filter((other) => other !== next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.call();
    return true;
  }

  /** Calls that have yet to come. */
  get pending(): number {
    return this.#due.length;
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
