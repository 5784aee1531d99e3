/**
 * What a catalog replica has only while it leads, and loses when it no longer
 * does: leases, invalidations, what waits to become visible, the session of
 * the order leader. A new leadership starts with none of it, under a name of
 * its own, `<term>.<start id>`, that no other leadership of this group ever
 * had or will have.
 */
import type { Clock } from "../../shared/clock.ts";
import { Invalidations } from "./invalidations.ts";
import { Leases } from "./leases.ts";
import { Sessions } from "./sessions.ts";
import type { CatalogState } from "../state/catalog_state.ts";
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
  clock: Clock;
}

export class Leadership {
  readonly id: string;
  readonly leases: Leases;
  readonly invalidations: Invalidations;
  readonly visibility: Visibility;
  readonly sessions: Sessions;
  readonly #state: CatalogState;
  /** No cache is left from before this leadership: questions are answered. */
  readonly opened: Promise<void>;
  #isOpen = false;
  #open: () => void = () => {};
  #abandon: (error: Error) => void = () => {};
  readonly #clock: Clock;
  #cancelOpening: () => void = () => {};

  constructor(options: LeadershipOptions) {
    const { id, state, frontends, bornNow, send, clock } = options;
    const leases = new Leases({
      leadership: id,
      frontends,
      leadsSinceMs: clock.monotonicMs(),
      bornNow,
    });
    const invalidations = new Invalidations({
      frontends,
      send,
      isLive: (frontend) => leases.isLive(frontend, clock.monotonicMs()),
      onConfirmed: () => this.visibility.advance(),
      clock,
    });
    this.id = id;
    this.#state = state;
    this.#clock = clock;
    this.leases = leases;
    this.invalidations = invalidations;
    this.visibility = new Visibility({ state, leases, invalidations, clock });
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

  /**
   * Rows up to this one are visible, and may be called so. Before it is open that is none: what
   * it began with may be newer than a cache that the leader before filled.
   */
  get visibleIndex(): number {
    return this.#isOpen ? this.#state.visibleIndex : 0;
  }

  /** Called after whatever may have been the last proof. */
  openIfProved(): void {
    if (this.#isOpen) return;
    const nowMs = this.#clock.monotonicMs();
    this.#cancelOpening();
    this.#isOpen = this.leases.isOpen(nowMs);
    if (this.#isOpen) return this.#open();
    const delayMs = this.leases.opensAtMs - nowMs;
    this.#cancelOpening = this.#clock.after(delayMs, () => this.openIfProved());
  }

  close(error: Error): void {
    this.#cancelOpening();
    this.#abandon(error);
    this.invalidations.close();
    this.visibility.close(error);
  }
}
