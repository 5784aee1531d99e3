/**
 * What a catalog replica has only while it leads, and loses when it no longer
 * does: leases, invalidations, what waits to become visible, the session of
 * the order leader. A new leadership starts with none of it, under a name of
 * its own, `<term>.<start id>`, that no other leadership of this group ever
 * had or will have.
 */
import { Invalidations } from "./invalidations.ts";
import { Leases } from "./leases.ts";
import { Sessions } from "./sessions.ts";
import type { CatalogState } from "./state.ts";
import type { Timing } from "./timing.ts";
import { Visibility } from "./visibility.ts";

export interface LeadershipOptions {
  /** `<term>.<start id>` */
  id: string;
  state: CatalogState;
  frontends: readonly number[];
  /** There was no leader before this one: nobody can hold a lease. */
  bornNow: boolean;
  /** One POST /invalidate; resolves when it was confirmed. */
  send: (frontend: number, names: string[]) => Promise<void>;
  timing: Timing;
}

export class Leadership {
  readonly id: string;
  readonly leases: Leases;
  readonly invalidations: Invalidations;
  readonly visibility: Visibility;
  readonly sessions: Sessions;
  /** No cache is left from before this leadership: questions are answered. */
  readonly opened: Promise<void>;
  #isOpen = false;
  #open: () => void = () => {};
  #abandon: (error: Error) => void = () => {};
  readonly #timing: Timing;
  #cancelOpening: () => void = () => {};

  constructor(options: LeadershipOptions) {
    const { id, state, frontends, bornNow, send, timing } = options;
    const leases = new Leases({
      leadership: id,
      frontends,
      leadsSinceMs: timing.monotonicMs(),
      bornNow,
    });
    const invalidations = new Invalidations({
      frontends,
      send,
      isLive: (frontend) => leases.isLive(frontend, timing.monotonicMs()),
      onConfirmed: () => this.visibility.advance(),
      timing,
    });
    this.id = id;
    this.#timing = timing;
    this.leases = leases;
    this.invalidations = invalidations;
    this.visibility = new Visibility({ state, leases, invalidations, timing });
    this.sessions = new Sessions(id);
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#abandon = reject;
    });
    // Whoever waits is told; when nobody does, that is no fault.
    this.opened.catch(() => {});
    this.openIfProved();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Called after whatever may have been the last proof. */
  openIfProved(): void {
    if (this.#isOpen) return;
    const nowMs = this.#timing.monotonicMs();
    this.#cancelOpening();
    this.#isOpen = this.leases.isOpen(nowMs);
    if (this.#isOpen) return this.#open();
    const delayMs = this.leases.opensAtMs - nowMs;
    this.#cancelOpening = this.#timing.after(delayMs, () => this.openIfProved());
  }

  close(error: Error): void {
    this.#cancelOpening();
    this.#abandon(error);
    this.invalidations.close();
    this.visibility.close(error);
  }
}
