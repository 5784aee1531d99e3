/**
 * Look-ups of one kind on their way to whoever's turn it is: to each replica
 * of the catalog in batches of its own, so that a slow one keeps nobody
 * waiting but those it was given. Who was asked and does not answer is stood
 * in for by the leader, and the leader by a follower; not so one that has too
 * much to do, since what it sheds would go where goods are sold.
 */
import type { Asker } from "../../shared/threads/asker.ts";
import { Batcher, type BatcherOptions } from "../../shared/cluster/batcher.ts";
import { AppError } from "../../shared/errors.ts";
import { isTooBusy, type ReplicaPool } from "./replica_pool.ts";
import { isRetryable } from "./leader_client.ts";

/** A look-up's subject and the identity of the lease that it began under, or NO_LEASE. */
export interface Item<T> {
  subject: T;
  lease: number;
  asker: Asker;
  /** It has been answered, if only by its deadline. */
  isOver: boolean;
}

export function isAbandoned({ isOver, asker }: Item<unknown>): boolean {
  return isOver || asker.isGone;
}

/** Whom a batch goes to when that is not the leader, and the row that it is answered from on. */
export interface Follower {
  id: number;
  least: number;
}

export interface BalancedReadsOptions<T, R> {
  replicas: ReplicaPool;
  batches: Omit<BatcherOptions<never, never>, "send" | "isAbandoned">;
  /** @param follower null: to the leader */
  send: (items: Item<T>[], follower: Follower | null) => Promise<(R | AppError)[]>;
  /** They take long: the leader, which sells, is asked when no follower may be. */
  sparesLeader?: boolean;
}

interface FollowerItem<T> extends Item<T> {
  least: number;
}

export class BalancedReads<T, R> {
  readonly #options: BalancedReadsOptions<T, R>;
  readonly #leader: Batcher<Item<T>, R>;
  readonly #followers: ReadonlyMap<number, Batcher<FollowerItem<T>, R>>;

  constructor(options: BalancedReadsOptions<T, R>) {
    this.#options = options;
    const { replicas, batches, send } = options;
    this.#leader = new Batcher<Item<T>, R>({
      send: (items) => send(items, null), isAbandoned, ...batches,
    });
    this.#followers = new Map(replicas.ids.map((id) => {
      const toIt = (items: FollowerItem<T>[]) => this.#sendTo(id, items);
      return [id, new Batcher<FollowerItem<T>, R>({ send: toIt, isAbandoned, ...batches })];
    }));
  }

  /**
   * @param least the row from which on a follower may answer; null: the leader alone may
   * @throws what the last of those asked threw
   */
  async ask(item: Item<T>, least: number | null): Promise<R> {
    if (least === null) return this.#askLeader(item);
    const { replicas, sparesLeader } = this.#options;
    const chosen = replicas.next(least, sparesLeader);
    try {
      if (chosen === null) return await this.#askLeader(item);
      return await this.#askFollower(chosen, Object.assign(item, { least }));
    } catch (error) {
      if (!isRetryable(error) || isTooBusy(error)) throw error;
      if (chosen !== null) return this.#askLeader(item);
      const other = replicas.follower(least);
      if (other === null) throw error;
      return this.#askFollower(other, Object.assign(item, { least }));
    }
  }

  /** Of those who asked somebody is gone. */
  dropGone(): void {
    this.#leader.dropAbandoned();
    for (const follower of this.#followers.values()) follower.dropAbandoned();
  }

  get abandoned(): number {
    let sum = this.#leader.abandoned;
    for (const { abandoned } of this.#followers.values()) sum += abandoned;
    return sum;
  }

  #askLeader(item: Item<T>): Promise<R> {
    const ask = (): Promise<R> => this.#leader.add(item);
    const { leader } = this.#options.replicas;
    return leader === null ? ask() : this.#options.replicas.measure(leader, ask);
  }

  #askFollower(id: number, item: FollowerItem<T>): Promise<R> {
    return this.#options.replicas.measure(id, () => this.#followers.get(id)!.add(item));
  }

  #sendTo(id: number, items: FollowerItem<T>[]): Promise<(R | AppError)[]> {
    const { replicas, send } = this.#options;
    const least = Math.max(...items.map((item) => item.least));
    // What waited behind a batch that failed does not wait for its own failure.
    if (!replicas.mayAsk(id, least)) throw new AppError("unavailable", "It has failed just now");
    return send(items, { id, least });
  }
}
