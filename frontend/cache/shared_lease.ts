/**
 * The front-end's lease with the catalog as every thread sees it at once: the
 * owner keeps it (lease_keeper.ts), the HTTP threads look at it for each
 * request. Nothing is served from a cache unless the lease is fresh by a
 * clock read for that very request: a process that was paused and wakes up
 * finds its lease over, whatever it had believed before.
 *
 * Identity: a counter. It differs whenever the catalog's leadership or the
 * lease's number differs and whenever the lease had lapsed here, so an answer
 * fetched under one lease is never stored under another.
 */
import assert from "node:assert/strict";

/** The identity that stands for 'no lease'. */
export const NO_LEASE = 0;

export const SHARED_LEASE_BYTES = 2 * BigInt64Array.BYTES_PER_ELEMENT;

export class SharedLease {
  /** Monotonic nanoseconds at which it ends; 0: there is none. */
  readonly #expiry: BigInt64Array;
  /** NO_LEASE only until the first lease. */
  readonly #identity: Int32Array;

  /** @param buffer of SHARED_LEASE_BYTES, the same for all threads */
  constructor(buffer: SharedArrayBuffer) {
    assert.equal(buffer.byteLength, SHARED_LEASE_BYTES);
    this.#expiry = new BigInt64Array(buffer, 0, 1);
    this.#identity = new Int32Array(buffer, BigInt64Array.BYTES_PER_ELEMENT, 1);
  }

  get identity(): number {
    return Atomics.load(this.#identity, 0);
  }

  isFresh(nowMs: number): boolean {
    return nowMs * 1e6 < Number(Atomics.load(this.#expiry, 0));
  }

  /**
   * What a look-up that begins now may count on: the identity of a fresh
   * lease, or NO_LEASE. The identity is read first: should the lease change
   * in between, the look-up carries the old identity and stores nothing.
   */
  held(nowMs: number): number {
    const { identity } = this;
    return this.isFresh(nowMs) ? identity : NO_LEASE;
  }

  /** Owner: the same lease lasts until then. */
  extend(expiresAtMs: number): void {
    const expiry = BigInt(Math.floor(expiresAtMs * 1e6));
    if (expiry > Atomics.load(this.#expiry, 0)) {
      Atomics.store(this.#expiry, 0, expiry);
    }
  }

  /** Owner: there is no lease from here on. */
  end(): void {
    Atomics.store(this.#expiry, 0, 0n);
  }

  /** Owner: the next lease is another one. The one before must have ended. @returns its identity */
  renumber(): number {
    assert.equal(Atomics.load(this.#expiry, 0), 0n, "a lease ends before another begins");
    return Atomics.add(this.#identity, 0, 1) + 1;
  }
}
