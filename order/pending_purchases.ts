/**
 * Purchases by key, from arrival to result. Each ends exactly once: with its
 * order, refused, or with the leadership; and whoever steps back waits here
 * until none is left.
 */
import { strict as assert } from "node:assert";
import type { Clock } from "../shared/clock.ts";
import type { PlaceResult } from "../shared/wire.ts";
import { settle, type Pending } from "./purchase_call.ts";

export class PendingPurchases {
  readonly #byKey = new Map<string, Pending>();
  /** Who waits until none is left. */
  readonly #waiting = new Set<() => void>();

  get size(): number {
    return this.#byKey.size;
  }

  find(key: string): Pending | undefined {
    return this.#byKey.get(key);
  }

  /** A key that is here already is the same purchase, now known to have been sold. */
  add(pending: Pending): void {
    const known = this.#byKey.get(pending.purchase.key);
    assert(known === undefined || known === pending, "one key, one purchase under way");
    this.#byKey.set(pending.purchase.key, pending);
  }

  end(pending: Pending, result: PlaceResult): void {
    this.#byKey.delete(pending.purchase.key);
    settle(pending, result);
    if (this.#byKey.size === 0) for (const resolve of this.#waiting) resolve();
  }

  endAll(result: (pending: Pending) => PlaceResult): void {
    for (const pending of [...this.#byKey.values()]) this.end(pending, result(pending));
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
}
