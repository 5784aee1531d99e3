/**
 * Between the calls and the replicated log: whether this replica leads, since
 * when it may answer, and how rows get into the log. Calls of front-ends and
 * order leaders ask here first, and ask again after whatever they awaited:
 * what was true before a wait need not be true after it.
 */
import assert from "node:assert/strict";
import type { Clock } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import type { ReplicaHost } from "../../shared/replication/replica_host.ts";
import type { HeldLease, InvalidateRequest } from "../../shared/messages/messages.ts";
import { Leadership } from "./leadership.ts";
import type { Row } from "../state/rows.ts";
import type { CatalogState } from "../state/catalog_state.ts";

/** What the catalog needs of its replica. */
export type CatalogHost = Pick<
  ReplicaHost,
  | "startId"
  | "term"
  | "leader"
  | "leading"
  | "mayHaveLed"
  | "bornNow"
  | "commitIndex"
  | "isFull"
  | "propose"
  | "confirm"
  | "confirmedAtMs"
  | "health"
  | "handle"
>;

export interface LeaderGuardOptions {
  state: CatalogState;
  /** Ids of all front-ends. */
  frontends: readonly number[];
  /** One POST /invalidate; resolves when that front-end confirmed it. */
  invalidate: (frontend: number, request: InvalidateRequest) => Promise<void>;
  clock: Clock;
}

export class LeaderGuard {
  readonly #options: LeaderGuardOptions;
  #host: CatalogHost | null = null;
  #leadership: Leadership | null = null;
  /** The rows being proposed, until they have come back by the log. */
  #proposed: readonly Row[] = [];
  #entered = 0;

  constructor(options: LeaderGuardOptions) {
    this.#options = options;
  }

  /** The replica, known before the first call. */
  attach(host: CatalogHost): void {
    assert(this.#host === null, "one service, one replica");
    this.#host = host;
  }

  get host(): CatalogHost {
    assert(this.#host !== null, "the replica is attached before the first call");
    return this.#host;
  }

  get leadership(): Leadership | null {
    return this.#leadership;
  }

  begin(term: number): Leadership {
    assert(this.#leadership === null, "a leadership ends before the next begins");
    const { state, frontends, invalidate, clock } = this.#options;
    const id = `${term}.${this.host.startId}`;
    const { host } = this;
    const { bornNow } = host;
    const send = (frontend: number, names: string[]) => {
      // Only what is committed is told of, so each of these was changed by then.
      const { commitIndex: index } = host;
      const { visibleIndex: visible } = leadership;
      return invalidate(frontend, { leadership: id, names, index, visible });
    };
    const leadership = new Leadership({ id, state, frontends, bornNow, send, clock });
    this.#leadership = leadership;
    return leadership;
  }

  end(): void {
    this.#leadership?.close(this.#notLeader());
    this.#leadership = null;
  }

  /** @throws not_leader */
  now(): Leadership {
    if (this.#leadership === null || !this.host.leading) throw this.#notLeader();
    return this.#leadership;
  }

  /** Waits, a lease at most, until no cache is left from before. @throws not_leader */
  async opened(): Promise<Leadership> {
    const leadership = this.now();
    if (!leadership.isOpen) await leadership.opened;
    return this.#still(leadership);
  }

  /**
   * The visible state may be shown: the asker's lease vouches that no other
   * leader has shown a newer one to anybody, or else a majority does.
   * @throws not_leader
   */
  async vouched(frontend: number, lease: HeldLease | null): Promise<Leadership> {
    const leadership = await this.opened();
    if (!leadership.leases.matches(frontend, lease)) await this.confirm(leadership);
    return leadership;
  }

  /** A majority, asked after this call, has confirmed this leader. @throws not_leader */
  async confirm(leadership: Leadership): Promise<void> {
    await this.host.confirm();
    this.#still(leadership);
  }

  /** One append for all. @throws not_leader, unavailable; then none of them is in the log */
  propose(rows: readonly Row[], payloads: readonly string[]): void {
    assert.equal(rows.length, payloads.length, "a row and its text go together");
    this.#proposed = rows;
    this.#entered = 0;
    try {
      this.host.propose(payloads);
    } finally {
      this.#proposed = [];
    }
    if (this.#entered === 0) throw new AppError("unavailable", "This replica is stopping");
    assert.equal(this.#entered, rows.length, "all rows of a proposal enter the log, or none");
  }

  /** The next of the rows being proposed, as it enters the log: it need not be read again. */
  takeProposed(): Row | undefined {
    const row = this.#proposed[this.#entered];
    if (row !== undefined) this.#entered += 1;
    return row;
  }

  /** @throws not_leader */
  #still(leadership: Leadership): Leadership {
    if (this.now() !== leadership) throw this.#notLeader();
    return leadership;
  }

  #notLeader(): AppError {
    const { term, leader, leading } = this.host;
    const message = "This catalog replica does not lead, or not any more";
    return new AppError("not_leader", message, { term, leader: leading ? null : leader });
  }
}
