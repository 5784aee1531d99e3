/**
 * Keeps what comes too late from coming true. A front-end that got no answer
 * in time goes on without it, but its request may still lie in a socket or in
 * the network, here or at a replica that led before; what its buyer is told
 * later must not be made untrue by it. So every batch of purchases, and every
 * change of the admin's, names the term it is for, its sender, and a number
 * that rises with each: a leader takes those of its own term alone, and of a
 * sender none but later ones.
 *
 * A request may also come twice, the copy first: then the one that is refused
 * here was taken already, and 'not taken' would be untrue. Whoever cannot
 * rule that out says `unknown`.
 */
import { AppError } from "../errors.ts";

/** What names a request of a front-end. */
export interface Arrival {
  /** Of the leader that is asked: one of another term takes nothing. */
  term: number;
  /** The start id of the front-end; its batches are numbered upwards, and come in that order. */
  sender: string;
  batch: number;
}

/** This replica, as its log knows it. */
export interface Leadership {
  readonly term: number;
  readonly leader: number | null;
  /** It leads in this term, and serves. */
  readonly leading: boolean;
  /** It has given its vote in this term to itself, in this life or an earlier one. */
  readonly mayHaveLed: boolean;
}

export class SequenceGuard {
  #term = 0;
  /** By sender, the number of its latest batch in this term. */
  readonly #latest = new Map<string, number>();

  /**
   * The batch is for this term and comes after all that its sender sent before.
   * @throws not_leader: nothing of it is done, now or later; unknown: it may have been taken
   */
  take({ term, sender, batch }: Arrival, own: Leadership): void {
    if (term > own.term || (term === own.term && !own.leading && !own.mayHaveLed)) {
      const { term: ownTerm, leader } = own;
      throw new AppError("not_leader", "This replica does not lead", { term: ownTerm, leader });
    }
    if (term < own.term || !own.leading) {
      throw new AppError("unknown", `What came in term ${term} may have been taken`);
    }
    if (term !== this.#term) {
      this.#term = term;
      this.#latest.clear();
    }
    const latest = this.#latest.get(sender) ?? 0;
    if (batch <= latest) {
      throw new AppError("unknown", `Batch ${batch} of ${sender} may have come before`);
    }
    this.#latest.set(sender, batch);
  }
}
