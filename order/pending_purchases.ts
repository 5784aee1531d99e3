/**
 * Purchases by key, from arrival to result. Each ends exactly once: with its
 * order, refused, or with the leadership; and whoever steps back waits here
 * until none is left.
 */
import { strict as assert } from "node:assert";
import type { Clock } from "../shared/clock.ts";
import type { PlaceResult, Purchase } from "../shared/messages/messages.ts";
import {
  dropAnswered,
  inherited,
  isAbandoned,
  isSame,
  settle,
  settleLost,
  type Asked,
  type Pending,
  type PlaceCall,
} from "./place_batch.ts";

export class PendingPurchases {
  readonly #byKey = new Map<string, Pending>();
  /** Who waits until none is left. */
  readonly #waiting = new Set<() => void>();
  readonly #place: (asked: Asked) => void;

  /** @param place for rivals: the key is bound by now, or free */
  constructor(place: (asked: Asked) => void) {
    this.#place = place;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** As a twin of one that is under way, or as its rival; false when there is none. */
  join(asked: Asked): boolean {
    const first = this.#byKey.get(asked.purchase.key);
    if (first === undefined) return false;
    if (isSame(first.purchase, asked.purchase)) first.waiters.push(asked);
    else first.rivals.push(asked);
    return true;
  }

  find(key: string): Pending | undefined {
    return this.#byKey.get(key);
  }

  add(pending: Pending): void {
    assert(!this.#byKey.has(pending.purchase.key), "one key, one purchase under way");
    this.#byKey.set(pending.purchase.key, pending);
  }

  /**
   * Who gets the order of a sale that is found: who waits for it now, or nobody. Another
   * purchase under its key came too late: the sale was first.
   */
  inherit(purchase: Purchase): Pending {
    const known = this.#byKey.get(purchase.key);
    if (known !== undefined && isSame(known.purchase, purchase)) return known;
    const buyer = inherited(purchase);
    this.#byKey.set(purchase.key, buyer);
    if (known !== undefined) {
      settle(known, { code: "key_reused" });
      this.#placeAgain(known.rivals);
    }
    return buyer;
  }

  end(pending: Pending, result: PlaceResult): void {
    this.#byKey.delete(pending.purchase.key);
    settle(pending, result);
    this.#placeAgain(pending.rivals);
    this.#tellWaiting();
  }

  /** Each of them finds out what became of the key, unless it is too late for it. */
  #placeAgain(rivals: readonly Asked[]): void {
    for (const rival of rivals) if (!rival.call.isSettled(rival.slot)) this.#place(rival);
  }

  /**
   * The deadline of a call.
   * @returns what was not tried, to be taken back; the rest goes on without the call
   */
  expire(call: PlaceCall, purchases: readonly Purchase[]): Set<Pending> {
    call.isOver = true;
    const untried = new Set<Pending>();
    const unfinished = new Set<Pending>();
    for (let slot = 0; slot < purchases.length; slot++) {
      if (call.isSettled(slot)) continue;
      const pending = this.find(purchases[slot]!.key);
      const isFirst = pending?.waiters[0]?.call === call;
      if (pending?.progress === "queued" && isFirst) {
        untried.add(pending);
      } else {
        call.settle(slot, { code: "unknown", message: "The order is still under way" });
        if (pending !== undefined) unfinished.add(pending);
      }
    }
    unfinished.forEach(dropAnswered);
    return untried;
  }

  /** Somebody is gone who called. @returns what nobody waits for, to be taken back */
  abandoned(): Set<Pending> {
    return new Set([...this.#byKey.values()].filter(isAbandoned));
  }

  /** The leadership is over. */
  loseAll(): void {
    for (const pending of this.#byKey.values()) settleLost(pending);
    this.#byKey.clear();
    this.#tellWaiting();
  }

  /** True as soon as none is under way, false when that takes longer. */
  drained(clock: Clock, timeoutMs: number): Promise<boolean> {
    if (this.#byKey.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (isEmpty: boolean) => {
        callOff();
        this.#waiting.delete(onEmpty);
        resolve(isEmpty);
      };
      const onEmpty = () => settle(true);
      const callOff = clock.after(timeoutMs, () => settle(false));
      this.#waiting.add(onEmpty);
    });
  }

  #tellWaiting(): void {
    if (this.#byKey.size === 0) for (const resolve of this.#waiting) resolve();
  }
}
