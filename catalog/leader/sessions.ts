/**
 * Makes a repeated batch of sales harmless. A leader of the orders that got
 * no answer asks again, and the network may deliver any copy at any time, so
 * each batch has a number within a session and is decided once: a copy joins
 * the first and gets its answer. What is no longer remembered is refused,
 * never decided a second time.
 *
 * A session lives in the memory of one leader of the catalog. When that dies
 * the orders' leader fences again and learns from the list of unsettled sales
 * what became of its batches.
 */
import { AppError } from "../../shared/errors.ts";
import { SESSION_WINDOW_BATCHES } from "../../shared/limits.ts";
import type { SalesAnswer } from "../../shared/messages/messages.ts";

export class Sessions {
  readonly #leadership: string;
  #opened = 0;
  #current: string | null = null;
  /** The highest number seen in the current session. */
  #highest = 0;
  readonly #answers = new Map<number, Promise<SalesAnswer>>();

  /** @param leadership the catalog's: sessions of two leaderships must never look alike */
  constructor(leadership: string) {
    this.#leadership = leadership;
  }

  /**
   * Ends the session before and opens a new one. One that has seen no batch
   * is opened again when the fence is the same: then a late copy of POST
   * /fence does not end the session that its first copy opened.
   */
  open(fenceIsSame: boolean): string {
    if (fenceIsSame && this.#current !== null && this.#highest === 0) return this.#current;
    this.#opened += 1;
    this.#highest = 0;
    this.#answers.clear();
    this.#current = `${this.#leadership}.${this.#opened}`;
    return this.#current;
  }

  /**
   * The answer that this batch has or will have; null when it is yet to be decided.
   * @throws session when it is of another session, or no longer remembered
   */
  find(session: string, batch: number): Promise<SalesAnswer> | null {
    if (session !== this.#current) {
      throw new AppError("session", "Cannot sell: this session is over, fence again");
    }
    if (batch <= this.#highest - SESSION_WINDOW_BATCHES) {
      throw new AppError("session", `Cannot sell: batch ${batch} is no longer remembered`);
    }
    return this.#answers.get(batch) ?? null;
  }

  /** The batch is decided, and this is or will be its answer. */
  remember(batch: number, answer: Promise<SalesAnswer>): void {
    this.#answers.set(batch, answer);
    if (batch <= this.#highest) return;
    this.#highest = batch;
    for (const number of this.#answers.keys()) {
      if (number <= batch - SESSION_WINDOW_BATCHES) this.#answers.delete(number);
    }
  }
}
