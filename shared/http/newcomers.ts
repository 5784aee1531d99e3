/**
 * Connections that have just been made. The kernel hands over one of them a
 * turn of the event loop, so in a wave of them whoever stands behind waits for
 * all that is asked for in the turns before. Therefore they are let in first
 * and read after: once a turn has passed in which nobody came, or when they
 * have been there for NEWCOMER_MS, so many a turn.
 */
import type { Socket } from "node:net";
import { monotonicMs } from "../clock.ts";
import { NEWCOMER_MS, NEWCOMERS_READ_MAX } from "../door_limits.ts";

interface Held {
  socket: Socket;
  sinceMs: number;
}

export class Newcomers {
  /** In the order that they came. */
  readonly #held: Held[] = [];
  /** Somebody has come in this turn. */
  #came = false;
  #cameBefore = false;

  /** Somebody has come in this turn, and others may wait to. */
  get isArriving(): boolean {
    return this.#came;
  }

  /** Some have not been read yet. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  opened(socket: Socket): void {
    this.#came = true;
    // Alone it waits for nobody.
    if (!this.#cameBefore && !this.isHolding) return;
    socket.pause();
    this.#held.push({ socket, sinceMs: monotonicMs() });
  }

  /** The turn is over. */
  endTurn(): void {
    this.#cameBefore = this.#came;
    this.#came = false;
    const beforeMs = this.#cameBefore ? monotonicMs() - NEWCOMER_MS : Infinity;
    const first = this.#held.findIndex(({ sinceMs }) => sinceMs > beforeMs);
    const due = first < 0 ? this.#held.length : first;
    for (const { socket } of this.#held.splice(0, Math.min(due, NEWCOMERS_READ_MAX))) {
      socket.resume();
    }
  }
}
