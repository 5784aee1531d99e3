/**
 * The order of things: a row is committed, then every leased front-end has
 * dropped what it changes, then, at one instant and in log order, it becomes
 * visible and whoever waits for it is answered.
 *
 *   commit ──▶ POST /invalidate to each leased front-end ──▶ visible, answers leave
 *                 └─ no word from one: until its lease has run out
 *
 * Show a change before all have dropped it, and somebody sees the old value
 * after somebody saw the new; invalidate before it is committed, and the old
 * value is fetched again and kept.
 */
import assert from "node:assert/strict";
import type { Clock } from "../../shared/clock.ts";
import { failpoint } from "../../shared/failpoint.ts";
import type { Invalidations } from "./invalidations.ts";
import type { Leases } from "./leases.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export interface VisibilityOptions {
  state: CatalogState;
  leases: Leases;
  invalidations: Invalidations;
  clock: Clock;
}

interface Waiter {
  index: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class Visibility {
  readonly #options: VisibilityOptions;
  /** By index, as the log grows. */
  #waiters: Waiter[] = [];
  #committed: number;
  /** Fires when the first lease ends that holds something up. */
  #cancelWaking: () => void = () => {};

  /** Of a leader that begins: what is committed by now is visible. */
  constructor(options: VisibilityOptions) {
    this.#options = options;
    this.#committed = options.state.visibleIndex;
  }

  /** Rows up to this index are committed: their products are invalidated. */
  commit(index: number): void {
    const { state, leases, invalidations, clock } = this.#options;
    assert(index >= this.#committed, "a commit index never goes back");
    const live = leases.live(clock.monotonicMs());
    for (let at = this.#committed + 1; at <= index && live.length > 0; at++) {
      const name = state.nameChangedAt(at);
      if (name !== null) for (const frontend of live) invalidations.add(frontend, name, at);
    }
    this.#committed = index;
    for (const frontend of live) invalidations.flush(frontend, index);
    this.advance();
  }

  /** Shows what nothing holds up any more; called after whatever may have freed it. */
  advance(): void {
    const { state, leases, invalidations, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    let index = this.#committed;
    let firstEndMs = Infinity;
    for (const frontend of leases.frontends()) {
      if (!leases.isLive(frontend, nowMs)) {
        invalidations.lapse(frontend);
        continue;
      }
      const confirmed = invalidations.confirmedIndex(frontend);
      index = Math.min(index, confirmed);
      if (confirmed >= this.#committed) continue;
      firstEndMs = Math.min(firstEndMs, leases.endsAtMs(frontend));
    }
    if (index > state.visibleIndex) {
      state.reveal(index);
      failpoint("catalog.visible");
    }
    this.#answer();
    this.#wakeIn(firstEndMs - nowMs);
  }

  /** Resolves once this row is visible. */
  wait(index: number): Promise<void> {
    if (index <= this.#options.state.visibleIndex) return Promise.resolve();
    const last = this.#waiters.at(-1);
    assert(last === undefined || index >= last.index, "who comes later waits for no less");
    return new Promise((resolve, reject) => this.#waiters.push({ index, resolve, reject }));
  }

  /** The leadership is over: whoever waits here will not learn what became of it. */
  close(error: Error): void {
    this.#cancelWaking();
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters = [];
  }

  #answer(): void {
    const { visibleIndex } = this.#options.state;
    let count = 0;
    while (count < this.#waiters.length && this.#waiters[count]!.index <= visibleIndex) {
      this.#waiters[count]!.resolve();
      count += 1;
    }
    if (count > 0) this.#waiters.splice(0, count);
  }

  #wakeIn(delayMs: number): void {
    this.#cancelWaking();
    if (delayMs === Infinity) return;
    this.#cancelWaking = this.#options.clock.after(delayMs, () => this.advance());
  }
}
