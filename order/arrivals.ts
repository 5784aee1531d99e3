/**
 * Keeps what comes too late from coming true. A front-end that got no answer
 * in time goes on without it, but its request may still lie in a socket or in
 * the network, here or at a replica that led before; what its buyer is told
 * later must not be made untrue by it. So every batch of purchases names the
 * term it is for, its sender, and a number that rises with each batch: a
 * leader takes those of its own term alone, and of a sender none but later
 * ones.
 */
import { AppError } from "../shared/errors.ts";
import type { PlaceRequest } from "../shared/wire.ts";

export class Arrivals {
  #term = 0;
  /** By sender, the number of its latest batch in this term. */
  readonly #latest = new Map<string, number>();

  /**
   * The batch is for this term and comes after all that its sender sent before.
   * @throws not_leader, unavailable: nothing of it is done, now or later
   */
  take({ term, sender, batch }: Omit<PlaceRequest, "orders">, ownTerm: number): void {
    if (term !== ownTerm) {
      const message = `This batch is for a leader of term ${term}, not of ${ownTerm}`;
      throw new AppError("not_leader", message, { term: ownTerm, leader: null });
    }
    if (term !== this.#term) {
      this.#term = term;
      this.#latest.clear();
    }
    const latest = this.#latest.get(sender) ?? 0;
    if (batch <= latest) {
      throw new AppError("unavailable", `Batch ${batch} of ${sender} comes after ${latest}`);
    }
    this.#latest.set(sender, batch);
  }
}
