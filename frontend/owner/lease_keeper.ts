/**
 * Keeps the front-end's lease with the catalog (Gray and Cheriton 1989): as
 * long as it is fresh, every change of a product waits for this front-end's
 * word before anybody sees it, and the caches may be served from.
 *
 * Time is counted from when a request was *sent*, and a tenth of what was
 * granted is left unused: so by any clock that is wrong by less than that the
 * holder stops before the catalog forgets. When the leadership or the number
 * differ, or the lease had lapsed by this front-end's own clock, the catalog
 * may have shown changes without telling: then, in this order,
 *
 *   the old lease ends ▶ all epochs are raised ▶ a new identity ▶ it counts
 *
 * so that nothing from before is served under the new one. A leadership of a
 * lower term than one seen before is refused: the catalog takes a number of
 * its own leadership as proof that nothing from earlier ones is left here.
 * That proof opens a new leadership, so it is sent at once.
 */
import type { Clock } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { LEASE_MS, LEASE_RENEW_MS, LEASE_USED_MS } from "../../shared/limits.ts";
import type { Log } from "../../shared/logging.ts";
import type { HeldLease, LeaseAnswer, LeaseRequest } from "../../shared/messages/messages.ts";
import type { SharedLease } from "../cache/shared_lease.ts";
import type { FollowerReadIndex } from "./follower_read_index.ts";

export interface LeaseKeeperOptions {
  frontend: number;
  lease: SharedLease;
  epochs: { raiseAll(): void };
  told: Pick<FollowerReadIndex, "see" | "begin">;
  /** POST /lease. */
  ask: (request: LeaseRequest) => Promise<LeaseAnswer>;
  clock: Clock;
  log: Log;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  /** The latest lease granted, fresh or not. */
  #held: HeldLease | null = null;
  /** The request under way. */
  #asking: Promise<void> | null = null;
  #stopRenewing: () => void = () => {};
  #closed = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock } = this.#options;
    this.#stopRenewing = clock.every(LEASE_RENEW_MS, () => void this.renew());
    void this.renew();
  }

  /** The lease that has this identity in the shared memory; null when it is another by now. */
  heldAs(identity: number): HeldLease | null {
    return identity === this.#options.lease.identity ? this.#held : null;
  }

  /** Asks once, unless a request is under way. */
  renew(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** Asks the catalog's new leader, as soon as what the one before was asked has failed. */
  async renewAnew(): Promise<void> {
    await this.#asking;
    await this.renew();
  }

  /** Serves nothing more from the caches, and tells the catalog that it need not wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopRenewing();
    const { lease, epochs, frontend, ask, log } = this.#options;
    lease.end();
    epochs.raiseAll();
    // A renewal that arrives after the release would undo it.
    await this.#asking;
    if (this.#held === null) return;
    try {
      await ask({ frontend, holds: this.#held, release: true });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.info("the lease could not be given back and runs out", { error: error.message });
    }
  }

  async #ask(): Promise<void> {
    const { frontend, ask, clock, log } = this.#options;
    for (let proves = true; proves; ) {
      const sentAtMs = clock.monotonicMs();
      try {
        proves = this.#take(await ask({ frontend, holds: this.#held }), sentAtMs);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        log.debug("no lease", { error: error.message });
        return;
      }
    }
  }

  /** @returns true when the catalog is to hear at once that the caches were dropped */
  #take(answer: LeaseAnswer, sentAtMs: number): boolean {
    if (this.#closed) return false;
    const { lease, epochs, told, clock, log } = this.#options;
    const { leadership, number, index, since, leaseMs } = answer;
    told.see(index);
    const before = this.#held;
    if (before !== null && termOf(leadership) < termOf(before.leadership)) return false;
    const isNewLeadership = leadership !== before?.leadership;
    if (isNewLeadership || number !== before.number || !lease.isFresh(clock.monotonicMs())) {
      lease.end();
      epochs.raiseAll();
      lease.renumber();
      this.#held = { leadership, number };
      told.begin(since);
      log.info("a new lease", { leadership, number });
    }
    lease.extend(sentAtMs + (leaseMs * LEASE_USED_MS) / LEASE_MS);
    return isNewLeadership;
  }
}

/** Of `<term>.<start id>`. */
function termOf(leadership: string): number {
  return Number.parseInt(leadership, 10);
}
