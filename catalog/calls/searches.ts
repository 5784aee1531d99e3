/**
 * Lists that are not found at once wait here for each other: the thread that
 * searches also sells, so there is one search at a time, a slice of it a turn,
 * and what else there is to do goes in between, however many search.
 *
 * A search that would wait for too many others is refused, since its asker
 * would be gone before it was answered.
 */
import type { Clock } from "../../shared/clock.ts";
import { LIST_AT_ONCE_ROWS, SEARCH_AHEAD_ROWS_MAX, SEARCH_TURN_ROWS } from "../../shared/limits.ts";
import type { ListScan } from "../state/list_scan.ts";

/** How many products are looked at for lists; where there are few of them, it is fewer. */
export interface ListRows {
  /** For one list, in the turn that it comes in. */
  atOnce: number;
  /** For all that take longer, in one turn. */
  aTurn: number;
  /** Who would wait for more is refused. */
  aheadMax: number;
}

export const LIST_ROWS: ListRows = {
  atOnce: LIST_AT_ONCE_ROWS, aTurn: SEARCH_TURN_ROWS, aheadMax: SEARCH_AHEAD_ROWS_MAX,
};

interface Search {
  scan: Pick<ListScan, "isComplete" | "step">;
  rows: number;
  done: () => void;
}

export class Searches {
  readonly #clock: Pick<Clock, "after">;
  readonly #limits: Pick<ListRows, "aTurn" | "aheadMax">;
  readonly #queue: Search[] = [];
  /** That those in the queue may have to look at, the first included. */
  #rows = 0;

  constructor(clock: Pick<Clock, "after">, limits: Pick<ListRows, "aTurn" | "aheadMax">) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Resolves when it is complete; null: too many are before it. */
  complete(scan: Pick<ListScan, "isComplete" | "step" | "rowsMax">): Promise<void> | null {
    if (this.#rows > this.#limits.aheadMax) return null;
    const rows = scan.rowsMax;
    this.#rows += rows;
    return new Promise((done) => {
      this.#queue.push({ scan, rows, done });
      if (this.#queue.length === 1) this.#goOn();
    });
  }

  #goOn(): void {
    this.#clock.after(0, () => this.#turn());
  }

  #turn(): void {
    let left = this.#limits.aTurn;
    while (left > 0 && this.#queue.length > 0) {
      const { scan, rows, done } = this.#queue[0]!;
      // To find its place again takes time too.
      left -= Math.max(1, scan.step(left));
      if (!scan.isComplete) continue;
      this.#queue.shift();
      this.#rows -= rows;
      done();
    }
    if (this.#queue.length > 0) this.#goOn();
  }
}
