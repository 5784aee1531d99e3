/**
 * What the owner thread of a front-end does, without the ports and threads
 * around it (frontend.ts): it follows the leaders of orders and catalog and
 * nominates when there is none, keeps the lease, takes invalidations, and
 * carries in batches what the HTTP threads ask for:
 *
 *   HTTP threads ── place, find ──▶ OrderClient ───▶ order leader
 *                ── lookup, list ─▶ CatalogClient ─▶ catalog leader, followers
 *                                   LeaseKeeper ───▶     │
 *        ▲                                               │ POST /invalidate
 *        └─ shared memory: epochs, lease ◀───────────────┘
 *
 * Time, chance and the other members are handed in, so that the simulator
 * runs this very code.
 */
import { PATIENT } from "../../shared/threads/asker.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Balance } from "../../shared/member/config.ts";
import { failpoint } from "../../shared/failpoint.ts";
import { LeaderFinder } from "../../shared/cluster/leader_finder.ts";
import { INVALIDATE_NAMES_MAX, NAME_LENGTH_MAX } from "../../shared/limits.ts";
import type { Log } from "../../shared/logging.ts";
import { asArray, asIntegerIn, asRecord, asText } from "../../shared/messages/parse.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import type { InvalidateAnswer, InvalidateRequest } from "../../shared/messages/messages.ts";
import { AdminClient } from "./admin_client.ts";
import type {
  AdminAsk, ListAsk, LookupAsk, NameAsk, OrderLeader, OwnerCall, PlaceWithinAsk, Readiness,
} from "../owner_messages.ts";
import type { Epochs } from "../cache/epochs.ts";
import type { SharedLease } from "../cache/shared_lease.ts";
import { CatalogClient } from "./catalog_client.ts";
import { ReplicaPool } from "./replica_pool.ts";
import { LeaseKeeper } from "./lease_keeper.ts";
import { OrderClient } from "./order_client.ts";
import { viewsOf, type SharedMemory } from "../cache/shared_memory.ts";
import { FollowerReadIndex } from "./follower_read_index.ts";

export interface FrontendOwnerOptions {
  /** This front-end's. */
  id: number;
  /** Differs at every start of this front-end. */
  startId: string;
  /** All replicas of the catalog, by id. Who made the peers closes them. */
  catalogs: ReadonlyMap<number, Peer>;
  orders: ReadonlyMap<number, Peer>;
  /** Replicas that must have an order before it counts. */
  orderQuorum: number;
  /** How look-ups are spread over the catalog's replicas. */
  balance: Balance;
  /** What this one and its HTTP threads share. */
  memory: SharedMemory;
  clock: Clock;
  /** From 0 to below 1. */
  random: () => number;
  log: Log;
}

const LEADERSHIP_LENGTH_MAX = 128;

export class FrontendOwner {
  readonly #clock: Clock;
  readonly #epochs: Epochs;
  readonly #lease: SharedLease;
  readonly #told = new FollowerReadIndex();
  readonly #catalogs: LeaderFinder;
  readonly #orders: LeaderFinder;
  readonly #catalogClient: CatalogClient;
  readonly #orderClient: OrderClient;
  readonly #adminClient: AdminClient;
  readonly #keeper: LeaseKeeper;
  #invalidated = 0;

  constructor(options: FrontendOwnerOptions) {
    const { id: frontend, orders, orderQuorum, clock, random, log } = options;
    this.#clock = clock;
    ({ epochs: this.#epochs, lease: this.#lease } = viewsOf(options.memory));
    const finding = { nominate: true, clock, random };
    this.#catalogs = new LeaderFinder({
      ...finding,
      members: options.catalogs,
      log: log.child({ group: "catalogs" }),
    });
    this.#orders = new LeaderFinder({
      ...finding,
      members: orders,
      gathersAgain: 2 * orderQuorum <= orders.size,
      log: log.child({ group: "orders" }),
    });
    const told = this.#told;
    this.#catalogClient = new CatalogClient({
      finder: this.#catalogs,
      replicas: new ReplicaPool({
        members: options.catalogs,
        finder: this.#catalogs,
        balance: options.balance,
        clock,
      }),
      told,
      frontend,
      heldAs: (identity) => this.#keeper.heldAs(identity),
      clock,
    });
    this.#adminClient = new AdminClient({
      sender: options.startId,
      finder: this.#catalogs,
      clock,
    });
    this.#keeper = new LeaseKeeper({
      frontend,
      lease: this.#lease,
      epochs: this.#epochs,
      told,
      ask: (request) => this.#catalogClient.lease(request),
      clock,
      log,
    });
    this.#orderClient = new OrderClient({
      sender: options.startId,
      orders: this.#orders,
      catalogs: this.#catalogs,
      clock,
    });
  }

  start(): void {
    this.#catalogs.onLeader(() => void this.#keeper.renewAnew());
    this.#catalogs.start();
    this.#orders.start();
    this.#keeper.start();
  }

  /**
   * What an HTTP thread asks for: a value, or a promise of one (owner_messages.ts says which).
   * @throws AppError, as the clients do
   */
  handle(kind: OwnerCall, body: unknown, asker = PATIENT): unknown {
    switch (kind) {
      case "place":
        return this.#orderClient.place(body as string, { asker });
      case "place_within": {
        const { purchase, withinMs } = body as PlaceWithinAsk;
        return this.#orderClient.place(purchase, { withinMs, asker });
      }
      case "find":
        return this.#orderClient.find(body as number, asker);
      case "lookup": {
        const { name, lease } = body as LookupAsk;
        return this.#catalogClient.lookup(name, lease, asker);
      }
      case "list": {
        const { query, lease } = body as ListAsk;
        return this.#catalogClient.list(query, lease, asker);
      }
      case "name": {
        const { id, lease } = body as NameAsk;
        return this.#catalogClient.name(id, lease, asker);
      }
      case "admin":
        return this.#adminClient.change(body as AdminAsk);
      case "leader":
        return this.#leader();
      case "ready":
        return this.#readiness();
    }
  }

  /** Some askers are gone: what nobody waits for, and was not sent, leaves the queues. */
  dropGone(): void {
    this.#orderClient.dropGone();
    this.#catalogClient.dropGone();
  }

  /** How much was asked for and not sent, as nobody waited for it any more. */
  get abandoned(): number {
    return this.#orderClient.abandoned + this.#catalogClient.abandoned;
  }

  /**
   * POST /invalidate. Once this has returned no thread serves what it held of
   * these names: that is a few atomic additions, not a message to each thread.
   * From another leadership than the lease's it costs a miss at most.
   * @throws bad_request
   */
  invalidate(body: unknown): InvalidateAnswer {
    const { names, index, visible } = parseInvalidate(body);
    this.#epochs.raise(names);
    this.#told.change(names, index);
    this.#told.see(visible);
    this.#invalidated += names.length;
    failpoint("frontend.invalidated");
    return {};
  }

  /** Names that were invalidated since the start. */
  get invalidated(): number {
    return this.#invalidated;
  }

  /** At this moment the caches may be served from. */
  get isLeased(): boolean {
    return this.#lease.isFresh(this.#clock.monotonicMs());
  }

  /** When no thread asks any more. The catalog then need not wait for this front-end. */
  async close(): Promise<void> {
    await this.#keeper.close();
    this.#catalogs.close();
    this.#orders.close();
  }

  #leader(): OrderLeader | null {
    const { leader } = this.#orders;
    return leader === null ? null : { id: leader.id, term: leader.term };
  }

  #readiness(): Readiness {
    return { orderLeader: this.#orders.leader !== null, catalog: this.#catalogs.leader !== null };
  }
}

function parseInvalidate(body: unknown): InvalidateRequest {
  const fields = asRecord(body, ["leadership", "names", "index", "visible"]);
  return {
    leadership: asText(fields.leadership, "leadership", LEADERSHIP_LENGTH_MAX),
    names: asArray(fields.names, "names", INVALIDATE_NAMES_MAX, asName),
    index: asIntegerIn(fields.index, "index", 0, Number.MAX_SAFE_INTEGER),
    visible: asIntegerIn(fields.visible, "visible", 0, Number.MAX_SAFE_INTEGER),
  };
}

/** In UTF-16 units: a character outside the basic plane takes two. */
function asName(value: unknown): string {
  return asText(value, "a name", 2 * NAME_LENGTH_MAX);
}
