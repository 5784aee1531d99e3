/**
 * Purchases and order queries of all threads on their way to the order
 * leader, in batches. A purchase is tried again, always under its own key,
 * until its outcome is known or ORDER_DEADLINE_MS is over, or what is left of
 * it: the key makes sure that all tries together sell once.
 *
 * A refusal counts as one only if no earlier try can still come true. Of a try
 * that got no answer a copy may still lie in some socket; but a leader takes
 * only batches of its own term and, of those of this front-end, only later
 * ones (shared/cluster/sequence_guard.ts). So a refusal by a leader of that term or a higher
 * one is one; from an older leader it is no more than 'unknown'. A try that
 * the leader answered 'unknown' is joined by the next one under the same key.
 *
 * At the deadline 'unavailable' says that nothing was tried, and that nothing
 * will be: what still waits for its batch is then left out of it. A try that
 * has no answer yet makes it 'unknown'. So it is when the buyer is gone, but
 * that what may have happened is then tried on until its outcome is known.
 */
import { PATIENT, type Asker } from "../../shared/threads/asker.ts";
import { Batcher } from "../../shared/cluster/batcher.ts";
import type { Clock } from "../../shared/clock.ts";
import { AppError, hasReason } from "../../shared/errors.ts";
import { failpoint } from "../../shared/failpoint.ts";
import {
  BATCH_ITEMS_MAX,
  FAIL_FAST_MS,
  LOOKUP_DEADLINE_MS,
  LOOKUP_TIMEOUT_MS,
  ORDER_DEADLINE_MS,
  PLACE_TIMEOUT_MS,
  PLACES_LINGER_MS,
  QUEUE_ITEMS_MAX,
  QUEUE_SHED_ITEMS,
  QUEUE_WAIT_MS,
} from "../../shared/limits.ts";
import type {
  FindRequest, Order, PlaceResult, ReplicaHealth,
} from "../../shared/messages/messages.ts";
import { readOrders, readPlaces } from "./results.ts";
import { LeaderClient, isRetryable, type Finder } from "./leader_client.ts";
import { PendingPurchase, undecided, type Patience } from "./pending_purchase.ts";

/**
 * One batch of purchases at a time: what comes meanwhile makes the next one
 * larger, and each batch costs the same six hops. (On two cores that sold half
 * as much again at 256 buyers as two or four batches under way, and no less
 * at 64.)
 */
const PLACES = { inFlightMax: 1, itemsMax: BATCH_ITEMS_MAX, queueMax: QUEUE_ITEMS_MAX };
const FINDS = { inFlightMax: 2, itemsMax: BATCH_ITEMS_MAX, queueMax: QUEUE_ITEMS_MAX };

export interface OrderClientOptions {
  /** This front-end's start id. */
  sender: string;
  orders: Finder & Losable & Outspoken;
  catalogs: Losable;
  clock: Clock;
}

interface Losable {
  /** Since when it has no leader. Monotonic. */
  readonly lostAtMs: number | null;
}

interface Outspoken {
  /** What each replica last said, by id. */
  healths(): ReadonlyMap<number, Pick<ReplicaHealth, "details" | "full">>;
}

/** What one try came to, and the term of the leader that was asked; 0 when none was. */
interface Try {
  result: PlaceResult;
  term: number;
}

/** The catalog's, which count as such only if no earlier try can still come true. */
const REFUSALS: ReadonlySet<PlaceResult["code"]> = new Set([
  "not_found", "out_of_stock", "over_volume",
]);

/** The number of an order, and who wants to know of it. */
interface AskedNumber {
  number: number;
  asker: Asker;
}

export class OrderClient {
  readonly #options: OrderClientOptions;
  readonly #group: LeaderClient;
  readonly #places: Batcher<PendingPurchase, Try>;
  readonly #finds: Batcher<AskedNumber, Order | null>;
  #lastBatch = 0;
  /** Since when the leader has said that its disk is full; monotonic. */
  #fullSinceMs: number | null = null;

  constructor(options: OrderClientOptions) {
    this.#options = options;
    this.#group = new LeaderClient(options.orders, options.clock);
    const shed = { ms: QUEUE_WAIT_MS, items: QUEUE_SHED_ITEMS, clock: options.clock };
    this.#places = new Batcher({
      send: (placings) => this.#sendPlaces(placings),
      isAbandoned: (placing) => placing.isAbandoned,
      linger: { ms: PLACES_LINGER_MS, clock: options.clock },
      shed,
      ...PLACES,
    });
    this.#finds = new Batcher({
      send: (asked) => this.#sendFinds(asked),
      isAbandoned: ({ asker }) => asker.isGone,
      shed,
      ...FINDS,
    });
  }

  /** @param purchase JSON text of a Purchase. @returns within so long */
  place(
    purchase: string,
    { withinMs = ORDER_DEADLINE_MS, asker = PATIENT }: Partial<Omit<Patience, "clock">> = {},
  ): Promise<PlaceResult> {
    const refusal = this.#refusal();
    if (refusal !== null) return Promise.resolve(refusal);
    return new Promise((resolve, reject) => {
      const { clock } = this.#options;
      const placing = new PendingPurchase(purchase, resolve, { asker, clock, withinMs });
      const deadlineMs = clock.monotonicMs() + withinMs;
      this.#placeUntilDecided(placing, deadlineMs)
        .then((result) => placing.settle(result), reject);
    });
  }

  /** Null: there is no such order. @throws unavailable; abandoned */
  find(number: number, asker = PATIENT): Promise<Order | null> {
    const asked = { number, asker };
    return this.#group.retryUntil(LOOKUP_DEADLINE_MS, () => this.#finds.add(asked));
  }

  /** Of those who asked somebody is gone. */
  dropGone(): void {
    this.#places.dropAbandoned();
    this.#finds.dropAbandoned();
  }

  /** Tries of purchases, and look-ups, that were not sent, as nobody waited for them any more. */
  get abandoned(): number {
    return this.#places.abandoned + this.#finds.abandoned;
  }

  /** With nobody to sell for a while, new purchases are refused at once instead of waiting. */
  #refusal(): PlaceResult | null {
    const { orders, catalogs, clock } = this.#options;
    const sinceMs = clock.monotonicMs() - FAIL_FAST_MS;
    if (orders.lostAtMs !== null && orders.lostAtMs <= sinceMs) {
      return { code: "unavailable", message: "There is no order leader at the moment" };
    }
    const full = this.#fullRefusal(sinceMs);
    if (full !== null) return full;
    const isLost = catalogs.lostAtMs !== null && catalogs.lostAtMs <= sinceMs;
    if (isLost && !this.#leaderReachesCatalog()) {
      return { code: "unavailable", message: "There is no catalog at the moment" };
    }
    return null;
  }

  /** A leader without room gives way to one with room; one that has not by now knows of none. */
  #fullRefusal(sinceMs: number): PlaceResult | null {
    const { orders, clock } = this.#options;
    const { leader } = orders;
    const isFull = leader !== null && orders.healths().get(leader.id)?.full === true;
    this.#fullSinceMs = isFull ? this.#fullSinceMs ?? clock.monotonicMs() : null;
    if (this.#fullSinceMs === null || this.#fullSinceMs > sinceMs) return null;
    return { code: "unavailable", message: "There is no room for further orders" };
  }

  /** It sells, and not this front-end, which may be the only one that is cut off. */
  #leaderReachesCatalog(): boolean {
    const { orders } = this.#options;
    const leader = orders.leader;
    return leader !== null && orders.healths().get(leader.id)?.details["catalog"] === true;
  }

  async #placeUntilDecided(placing: PendingPurchase, deadlineMs: number): Promise<PlaceResult> {
    for (let tries = 0; !placing.isOver; tries++) {
      const { result, term } = await this.#try(placing);
      if (result.code === "ordered" || result.code === "key_reused") return result;
      if (REFUSALS.has(result.code)) {
        return term >= placing.unansweredTerm ? result : undecided(placing);
      }
      if (placing.isRefused) return undecided(placing);
      const full = this.#fullRefusal(this.#options.clock.monotonicMs() - FAIL_FAST_MS);
      if (full !== null && !placing.mayHaveHappened) return full;
      await this.#group.backOff(tries, deadlineMs);
    }
    return undecided(placing);
  }

  async #try(placing: PendingPurchase): Promise<Try> {
    try {
      const outcome = await this.#places.add(placing);
      const { result } = outcome;
      if (result.code === "unknown") placing.mayHaveHappened = true;
      placing.refusal = result.code === "unavailable" ? result.message : null;
      return outcome;
    } catch (error) {
      if (hasReason(error, "overloaded", "abandoned")) {
        placing.isRefused = true;
        placing.refusal = error.message;
        return failed("unavailable", error);
      }
      if (!isRetryable(error)) throw error;
      const term = Number(error.details["askedTerm"] ?? 0);
      if (!hasReason(error, "unknown")) return failed("unavailable", error);
      placing.mayHaveHappened = true;
      placing.unansweredTerm = Math.max(placing.unansweredTerm, term);
      return failed("unknown", error);
    }
  }

  async #sendPlaces(placings: PendingPurchase[]): Promise<Try[]> {
    const { term } = this.#group.leader();
    for (const placing of placings) placing.isUnderWay = true;
    const head = `"term":${term},"sender":"${this.#options.sender}","batch":${++this.#lastBatch}`;
    failpoint("frontend.taken");
    try {
      const { results } = await this.#group.post("/orders", {
        body: `{${head},"orders":[${placings.map(({ purchase }) => purchase).join(",")}]}`,
        timeoutMs: PLACE_TIMEOUT_MS,
        read: (answer) => readPlaces(answer, placings.length),
      });
      failpoint("frontend.placed");
      return results.map((result) => ({ result, term }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new AppError(error.reason, error.message, { ...error.details, askedTerm: term });
    } finally {
      for (const placing of placings) placing.isUnderWay = false;
    }
  }

  async #sendFinds(asked: AskedNumber[]): Promise<(Order | null)[]> {
    const numbers = asked.map(({ number }) => number);
    const body: FindRequest = { numbers };
    const { results } = await this.#group.post("/orders/find", {
      body,
      timeoutMs: LOOKUP_TIMEOUT_MS,
      read: (answer) => readOrders(answer, numbers),
    });
    return results;
  }
}

function failed(code: "unavailable" | "unknown", { message }: Error): Try {
  return { result: { code, message }, term: 0 };
}
