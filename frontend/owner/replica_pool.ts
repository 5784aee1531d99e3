/**
 * The catalog's replicas as this front-end finds them: which of them may be
 * asked for a look-up, how busy each is, and whose turn it is. The leader may
 * always be asked. A follower is alive when it answered the last time that the
 * finder asked everybody for their health, which is its heartbeat, and it has
 * not failed since; one that refuses a look-up is none the worse for it.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Balance } from "../../shared/member/config.ts";
import { AppError, hasReason } from "../../shared/errors.ts";
import type { Leader } from "../../shared/cluster/leader_finder.ts";
import { FOLLOWER_OUT_MS, NOMINATION_LAG_MAX_ROWS } from "../../shared/limits.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import type { ReplicaHealth } from "../../shared/messages/messages.ts";
import { choose, ResponseTime } from "./balance.ts";

export interface CatalogReplicasOptions {
  /** All of them, by id. */
  members: ReadonlyMap<number, Peer>;
  finder: {
    readonly leader: Leader | null;
    healths(): ReadonlyMap<number, Pick<ReplicaHealth, "state" | "role" | "commitIndex">>;
  };
  balance: Balance;
  clock: Clock;
}

interface Replica {
  readonly id: number;
  readonly peer: Peer;
  underWay: number;
  readonly responseTime: ResponseTime;
  /** Monotonic: as a follower it is not asked before. */
  outUntilMs: number;
}

/** Who refuses so was asked in vain, or not at all, and is alive. */
const REFUSALS = ["not_leader", "recovering", "abandoned"] as const;

export class ReplicaPool {
  readonly #options: CatalogReplicasOptions;
  readonly #replicas: readonly Replica[];
  #last = 0;

  constructor(options: CatalogReplicasOptions) {
    this.#options = options;
    this.#replicas = [...options.members].sort(([a], [b]) => a - b).map(([id, peer]) => {
      return { id, peer, underWay: 0, responseTime: new ResponseTime(), outUntilMs: -Infinity };
    });
  }

  get ids(): number[] {
    return this.#replicas.map(({ id }) => id);
  }

  get leader(): number | null {
    return this.#options.finder.leader?.id ?? null;
  }

  peer(id: number): Peer {
    return this.#options.members.get(id)!;
  }

  /**
   * Whose turn it is to answer from this row on: the id of a follower, or null for the leader,
   * be it known or not.
   * @param sparesLeader not the leader's, which sells, while there is a follower
   */
  next(least: number, sparesLeader = false): number | null {
    if (this.#replicas.length === 1) return null;
    const { balance, clock } = this.#options;
    const { leader } = this;
    const nowMs = clock.monotonicMs();
    const followers = this.#replicas.filter(({ id }) => this.mayAsk(id, least));
    const able = sparesLeader && followers.length > 0
      ? followers
      : this.#replicas.filter((replica) => replica.id === leader || followers.includes(replica));
    if (able.length === 0) return null;
    const loads = able.map(({ id, underWay, responseTime }) => {
      return { id, underWay, responseMs: responseTime.at(nowMs) };
    });
    this.#last = choose(balance, loads, this.#last).id;
    return this.#last === leader ? null : this.#last;
  }

  /** Any follower that can answer from this row on. */
  follower(least: number): number | null {
    return this.#replicas.find(({ id }) => this.mayAsk(id, least))?.id ?? null;
  }

  /** As a follower it is alive, and not far behind this row. */
  mayAsk(id: number, least: number): boolean {
    const { finder, clock } = this.#options;
    const health = finder.healths().get(id);
    if (health === undefined || id === this.leader) return false;
    if (health.state === "recovering" || health.role === "leader") return false;
    if (health.commitIndex + NOMINATION_LAG_MAX_ROWS < least) return false;
    return clock.monotonicMs() >= this.#replica(id).outUntilMs;
  }

  /** Takes note of how long it took, and of what came of it. */
  async measure<T>(id: number, ask: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const replica = this.#replica(id);
    const sinceMs = clock.monotonicMs();
    replica.underWay += 1;
    try {
      const answer = await ask();
      const nowMs = clock.monotonicMs();
      replica.responseTime.note(nowMs - sinceMs, nowMs);
      return answer;
    } catch (error) {
      const isAlive =
        !(error instanceof AppError) || hasReason(error, ...REFUSALS) || isTooBusy(error);
      if (!isAlive) replica.outUntilMs = clock.monotonicMs() + FOLLOWER_OUT_MS;
      throw error;
    } finally {
      replica.underWay -= 1;
    }
  }

  #replica(id: number): Replica {
    return this.#replicas.find((replica) => replica.id === id)!;
  }
}

/** It answered, and has no time for this one at the moment. */
export function tooBusy(message: string): AppError {
  return new AppError("overloaded", message);
}

export function isTooBusy(error: unknown): boolean {
  return hasReason(error, "overloaded");
}
