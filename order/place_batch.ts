/**
 * Purchases on their way through the order leader. One POST /orders brings
 * many; each stands on its own: it is answered when its order is committed or
 * refused, and the call is answered when all of its purchases are, or at its
 * deadline with what is known by then.
 */
import { strict as assert } from "node:assert";
import { PATIENT, type Asker } from "../shared/threads/asker.ts";
import type { PlaceResult, Purchase } from "../shared/messages/messages.ts";
import type { OrderRow } from "./order_row.ts";

/**
 * queued: nothing was tried. selling: the catalog was asked, or may have been.
 * logged: sold, and its row proposed.
 */
export type Progress = "queued" | "selling" | "logged";

/** A purchase as a call brought it: its result goes to that slot. */
export interface Asked {
  readonly call: PlaceCall;
  readonly slot: number;
  readonly purchase: Purchase;
}

export interface Pending {
  readonly purchase: Purchase;
  progress: Progress;
  /** The order's number and sale once its row is proposed, else 0. */
  number: number;
  sale: number;
  /** True: whoever asks under this key now is not the first. */
  readonly isInherited: boolean;
  /** Who waits for it: the call that brought it first, then its twins. */
  waiters: Asked[];
  /** Other purchases under its key. Only an order binds a key, so they wait for the outcome. */
  rivals: Asked[];
}

export function queued(asked: Asked): Pending {
  const untried = { progress: "queued", number: 0, sale: 0, isInherited: false } as const;
  return { purchase: asked.purchase, ...untried, waiters: [asked], rivals: [] };
}

/** An earlier leader sold it, and who asked that one has its answer. */
export function inherited(purchase: Purchase): Pending {
  const sold = { progress: "selling", number: 0, sale: 0, isInherited: true } as const;
  return { purchase, ...sold, waiters: [], rivals: [] };
}

export class PlaceCall {
  readonly #asker: Asker;
  /** Its deadline has come. */
  isOver = false;
  readonly #results: (PlaceResult | undefined)[];
  #left: number;
  #resolve: (results: PlaceResult[]) => void = () => {};
  readonly done: Promise<PlaceResult[]>;

  constructor(size: number, asker = PATIENT) {
    this.#asker = asker;
    this.#results = new Array<PlaceResult | undefined>(size).fill(undefined);
    this.#left = size;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** A result comes once for each slot; one that comes after the deadline is late and left out. */
  settle(slot: number, result: PlaceResult): void {
    if (this.#results[slot] !== undefined) return;
    this.#results[slot] = result;
    this.#left--;
    assert(this.#left >= 0, "a call has as many results as purchases");
    if (this.#left === 0) this.#resolve(this.#results as PlaceResult[]);
  }

  isSettled(slot: number): boolean {
    return this.#results[slot] !== undefined;
  }

  /** Nobody waits for it any more. */
  get isAbandoned(): boolean {
    return this.isOver || this.#asker.isGone;
  }
}

/** Nothing of it was tried, and nobody waits for it: neither its first call nor a twin's. */
export function isAbandoned({ progress, waiters }: Pending): boolean {
  return progress === "queued" && waiters.every(({ call }) => call.isAbandoned);
}

/** Answers everyone who waits for this purchase; a twin learns that it was not the first. */
export function settle(pending: Pending, result: PlaceResult): void {
  let isTwin = pending.isInherited;
  for (const { call, slot } of pending.waiters) {
    call.settle(
      slot,
      isTwin && result.code === "ordered" ? { ...result, replayed: true } : result,
    );
    isTwin = true;
  }
}

/**
 * Lets go of whom a deadline has answered: a purchase that takes hours may be repeated each
 * second. The first stays, so that who comes later is told that it was not.
 */
export function dropAnswered(pending: Pending): void {
  const isWaiting = ({ call, slot }: Asked): boolean => !call.isSettled(slot);
  pending.waiters = pending.waiters.filter((asked, at) => at === 0 || isWaiting(asked));
  pending.rivals = pending.rivals.filter(isWaiting);
}

export function isSame(one: Purchase, other: Purchase): boolean {
  return one.name === other.name && one.type === other.type && one.quantity === other.quantity;
}

export function replay(order: OrderRow, purchase: Purchase): PlaceResult {
  return isSame({ ...order, key: purchase.key }, purchase)
    ? { code: "ordered", number: order.number, replayed: true }
    : { code: "key_reused" };
}

/** Nothing of it was tried. */
export function unavailable(message: string): PlaceResult {
  return { code: "unavailable", message };
}

/** The leadership is over. Only what was never tried is known not to have happened. */
export function settleLost(pending: Pending): void {
  const message = "This replica leads no more";
  const isTried = pending.progress !== "queued";
  settle(pending, isTried ? { code: "unknown", message } : unavailable(message));
  for (const { call, slot } of pending.rivals) call.settle(slot, unavailable(message));
}
