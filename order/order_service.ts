/**
 * An order replica without its ports and threads: log, index, seller and the
 * finder of the catalog's leader, put together. Peers, disk, clock and chance
 * are handed in, so that the simulator runs what production runs.
 *
 *   order_member.ts ─▶ handle() ─┬─▶ Orders ─▶ SalesClient ─▶ catalog leader
 *                                │     ▲ rows, commits
 *                                └─▶ ReplicaHost ◀─▶ the other replicas, the disk
 */
import { PATIENT, type Asker } from "../shared/threads/asker.ts";
import { SequenceGuard } from "../shared/cluster/sequence_guard.ts";
import type { Clock } from "../shared/clock.ts";
import { failpoint } from "../shared/failpoint.ts";
import { LeaderFinder } from "../shared/cluster/leader_finder.ts";
import type { Log } from "../shared/logging.ts";
import type { Peer } from "../shared/cluster/peer.ts";
import type { Disk } from "../shared/replication/storage/disk.ts";
import { ReplicaHost } from "../shared/replication/replica_host.ts";
import type { ReplicatedService } from "../shared/replication/replicated_service.ts";
import { SteppingAside } from "../shared/replication/unfit_leader.ts";
import type {
  FindAnswer, PlaceAnswer, PlaceRequest, ReplicaHealth,
} from "../shared/messages/messages.ts";
import { parseFind, parseHealth, parsePlace } from "./requests.ts";
import { hindranceOf } from "./hindrance.ts";
import { OrderIndex } from "./order_index.ts";
import { Orders } from "./orders.ts";
import { SalesClient } from "./sales_client.ts";

export interface OrderServiceOptions {
  /** This replica's. */
  id: number;
  /** Replicas whose disks must hold an order before it counts. */
  quorum: number;
  /** The other order replicas, and all of the catalog's. Who made the peers closes them. */
  orders: ReadonlyMap<number, Peer>;
  catalogs: ReadonlyMap<number, Peer>;
  disk: Disk;
  clock: Clock;
  /** Differs at every start of this replica. */
  startId: string;
  /** 32 bits that nobody can guess: they spread the keys over the index. */
  keySeed: number;
  /** From 0 to below 1. */
  random: () => number;
  log: Log;
  /** A disk that failed or a bug: this replica cannot go on. */
  fail: (error: unknown) => void;
  /** Wraps what the log tells of rows, commits and leaderships, for whoever watches. */
  spy?: (service: ReplicatedService) => ReplicatedService;
}

interface Parts {
  orders: Orders;
  host: ReplicaHost;
  seller: SalesClient;
  /** Of the catalog's leader. */
  finder: LeaderFinder;
  steppingAside: SteppingAside;
}

export class OrderService {
  readonly #arrivals = new SequenceGuard();
  readonly #orders: Orders;
  readonly #host: ReplicaHost;
  readonly #seller: SalesClient;
  readonly #finder: LeaderFinder;
  readonly #steppingAside: SteppingAside;

  /** Reads the log. @throws damaged */
  static async open(options: OrderServiceOptions): Promise<OrderService> {
    const { id, quorum, orders: others, catalogs, disk, clock, startId } = options;
    const { random, log, fail, spy = (service) => service } = options;
    const finder = new LeaderFinder({
      members: catalogs,
      log: log.child({ group: "catalogs" }),
      nominate: false,
      isNeeded: () => orders.isLeading,
      clock,
      random,
    });
    const orders = new Orders({
      index: new OrderIndex(options.keySeed),
      catalogLostAtMs: () => finder.lostAtMs,
      clock,
    });
    const service = spy(orders);
    const host = await ReplicaHost.open({
      id, others, quorum, disk, service, startId, clock, log, fail,
    });
    const isFull = () => host.isFull;
    const seller = new SalesClient({ id, catalog: finder, isFull, clock, log, events: orders });
    const steppingAside = new SteppingAside({
      host,
      others,
      hindrance: () => hindranceOf({ isFull: host.isFull, catalogLostMs: seller.catalogLostMs }),
      hold: () => orders.hold(),
      release: () => orders.release(),
      clock,
      log,
      fail,
    });
    orders.start({ host, seller, fail });
    finder.start();
    steppingAside.start();
    return new OrderService({ orders, host, seller, finder, steppingAside });
  }

  private constructor(parts: Parts) {
    this.#orders = parts.orders;
    this.#host = parts.host;
    this.#seller = parts.seller;
    this.#finder = parts.finder;
    this.#steppingAside = parts.steppingAside;
  }

  /** Its term is open: this replica serves. */
  get leading(): boolean {
    return this.#host.leading;
  }

  get term(): number {
    return this.#host.term;
  }

  /** Of the last row of its log. */
  get lastIndex(): number {
    return this.#host.lastIndex;
  }

  /** Orders in its log. */
  get count(): number {
    return this.#orders.count;
  }

  /** @param kind `POST /orders` @throws AppError as each call says */
  async handle(kind: string, body: unknown, asker = PATIENT): Promise<object> {
    switch (kind) {
      case "POST /orders":
        return this.#place(parsePlace(body), asker);
      case "POST /orders/find":
        return { results: await this.#orders.find(parseFind(body)) } satisfies FindAnswer;
      case "GET /health":
        return this.#health(parseHealth(body));
      default:
        return this.#host.handle(kind, body);
    }
  }

  /** @throws not_leader, unknown */
  async #place(request: PlaceRequest, asker: Asker): Promise<PlaceAnswer> {
    this.#arrivals.take(request, this.#host);
    const results = await this.#orders.place(request.orders, asker);
    failpoint("order.answered");
    return { results };
  }

  /** Somebody is gone who asked. */
  dropGone(): void {
    this.#orders.dropGone();
  }

  /** A planned stop: takes no more purchases, finishes those under way, hands over. */
  async retire(): Promise<void> {
    await this.#steppingAside.close();
    await this.#orders.retire();
    await this.#host.retire();
  }

  /** Whoever still waits is told so; the log's length is noted, its folder let go. */
  async close(): Promise<void> {
    const attempt = this.#steppingAside.close();
    this.#orders.close();
    this.#finder.close();
    await this.#host.close();
    await attempt;
  }

  #health(at: number | null): ReplicaHealth {
    const { appends, rows, flushes } = this.#host.counts;
    const { batches, sales, fences } = this.#seller.counts;
    const report = this.#host.health(at);
    return {
      ...report,
      serving: report.serving && !this.#orders.isHandingOver,
      details: {
        orders: this.#orders.count,
        pending: this.#orders.pendingCount,
        selling: this.#seller.isOpen,
        catalog: this.#finder.leader !== null,
        appends,
        rows,
        flushes,
        batches,
        sales,
        fences,
      },
    };
  }
}
