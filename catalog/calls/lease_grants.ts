/**
 * POST /lease: what a front-end says that it holds, and what it gets. The
 * rules are those of leases.ts; here stands their order in time, on which
 * they hang: what a lapsed lease held up is shown before the lease is judged,
 * and nothing is awaited between the judgement and the grant.
 */
import type { Clock } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import type { LeaseAnswer, LeaseRequest } from "../../shared/messages/messages.ts";
import type { Leadership } from "../leader/leadership.ts";
import type { LeaderGuard } from "../leader/leader_guard.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export class LeaseGrants {
  readonly #state: CatalogState;
  readonly #leading: LeaderGuard;
  readonly #clock: Clock;

  constructor(options: { state: CatalogState; leading: LeaderGuard; clock: Clock }) {
    this.#state = options.state;
    this.#leading = options.leading;
    this.#clock = options.clock;
  }

  /** @throws bad_request, not_leader, unavailable */
  async lease(request: Required<LeaseRequest>): Promise<LeaseAnswer> {
    const { frontend, holds, release } = request;
    const receivedAtMs = this.#clock.monotonicMs();
    const leadership = this.#leading.now();
    const { leases, visibility } = leadership;
    if (!leases.knows(frontend)) {
      throw new AppError("bad_request", `Front-end ${frontend} is not one of FRONTENDS`);
    }
    leases.note(frontend, holds);
    leadership.openIfProved();
    if (release) leases.release(frontend, holds, receivedAtMs);
    visibility.advance();
    if (release) {
      const { id, visibleIndex: index } = leadership;
      return { leadership: id, number: holds?.number ?? 0, index, since: 0, leaseMs: 0 };
    }
    const nowMs = this.#clock.monotonicMs();
    if (leases.isRenewal(frontend, holds, nowMs)) {
      return this.#grant(leadership, frontend, { isRenewal: true, receivedAtMs, nowMs });
    }
    await this.#leading.confirm(leadership);
    visibility.advance();
    return this.#grant(leadership, frontend, {
      isRenewal: false,
      receivedAtMs,
      nowMs: this.#clock.monotonicMs(),
    });
  }

  #grant(
    leadership: Leadership,
    frontend: number,
    request: { isRenewal: boolean; receivedAtMs: number; nowMs: number },
  ): LeaseAnswer {
    const { leases, invalidations } = leadership;
    if (!invalidations.hears(frontend)) {
      throw new AppError("unavailable", `Front-end ${frontend} has invalidations to confirm first`);
    }
    const confirmedAtMs = this.#leading.host.confirmedAtMs();
    const { lastIndex } = this.#state;
    const { isEmpty, ...lease } = leases.grant(frontend, { ...request, confirmedAtMs, lastIndex });
    // What is on its way already it has been, or will be, told not to keep.
    if (isEmpty) invalidations.begin(frontend, lastIndex);
    const { id, visibleIndex: index } = leadership;
    if (lease.leaseMs > 0) return { leadership: id, index, ...lease };
    throw new AppError("unavailable", "No majority has confirmed this leader for a whole lease");
  }
}
