/**
 * One purchase between its tries: what is known of them, what its buyer is
 * told when nobody decides in time, and whether anybody still waits for it.
 */
import type { Asker } from "../../shared/threads/asker.ts";
import type { Clock } from "../../shared/clock.ts";
import type { PlaceResult } from "../../shared/messages/messages.ts";

/** Who waits for how long. */
export interface Patience {
  asker: Asker;
  clock: Clock;
  withinMs: number;
}

export class PendingPurchase {
  /** As JSON: made once, by the thread that read it. */
  readonly purchase: string;
  /** It has been answered; no further try. */
  isOver = false;
  /** A try of it is with a leader, and has no answer yet. */
  isUnderWay = false;
  /** There is no room for it here, or nobody waits: an answer, and no reason to try again. */
  isRefused = false;
  /** Some try that is over may have had an effect. */
  mayHaveHappened = false;
  /** The highest term of a leader that took a try and gave no answer. */
  unansweredTerm = 0;
  /** What the leader said that had no use for the last try. */
  refusal: string | null = null;
  readonly #asker: Asker;
  readonly #resolve: (result: PlaceResult) => void;
  readonly #callOff: () => void;

  constructor(purchase: string, resolve: (result: PlaceResult) => void, patience: Patience) {
    const { asker, clock, withinMs } = patience;
    this.purchase = purchase;
    this.#asker = asker;
    this.#resolve = resolve;
    this.#callOff = clock.after(withinMs, () => this.settle(undecided(this)));
  }

  /** Its buyer was told, or is gone and nothing was tried that must come to its end. */
  get isAbandoned(): boolean {
    return this.isOver || (this.#asker.isGone && !this.mayHaveHappened);
  }

  settle(result: PlaceResult): void {
    this.isOver = true;
    this.#callOff();
    this.#resolve(result);
  }
}

/** What a buyer is told of a purchase that nobody decided in time. */
export function undecided({ isUnderWay, mayHaveHappened, refusal }: PendingPurchase): PlaceResult {
  if (isUnderWay || mayHaveHappened) {
    return { code: "unknown", message: "It is not known whether this order was placed" };
  }
  const message = refusal ?? "No order leader could take this order in time";
  return { code: "unavailable", message };
}
