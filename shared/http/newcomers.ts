/**
 * Connections that have just been made. libuv accepts one of them a turn of
 * the event loop, so in a wave of them the last waits for all that is asked
 * for in the turns before. Therefore a wave is accepted first and read after:
 * once a turn has passed without a new connection, or when a connection has
 * been there for NEWCOMER_MS, so many a turn.
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
    const due = this.#held.slice(0, NEWCOMERS_READ_MAX)
      .filter(({ sinceMs }) => sinceMs <= beforeMs).length;
    for (const { socket } of this.#held.splice(0, due)) socket.resume();
  }
}
