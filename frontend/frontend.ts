/**
 * The front-end's owner thread. It follows the leaders of orders and catalog
 * and nominates when there is none, keeps the lease, takes invalidations, and
 * carries in batches what the HTTP threads (http_thread.ts) ask for:
 *
 *   HTTP threads ── place, find ──▶ OrderClient ───▶ order leader
 *                ── lookup, list ─▶ CatalogClient ─▶ catalog leader
 *                                   LeaseKeeper ───▶     │
 *        ▲                                               │ POST /invalidate
 *        └─ shared memory: epochs, lease ◀───────────────┘
 */
import { monotonicMs, systemClock } from "../shared/clock.ts";
import { HttpPeer } from "../shared/http/peer.ts";
import { requireSecret, startHttpServer, type HttpServer } from "../shared/http/server.ts";
import { LeaderFinder } from "../shared/leader_finder.ts";
import { INTERNAL_BODY_BYTES_MAX } from "../shared/limits.ts";
import type { Member, MemberContext } from "../shared/member.ts";
import type { Peer } from "../shared/peer.ts";
import { startHttpThreads, type HttpThreads } from "../shared/threads.ts";
import type { FrontendHealth } from "../shared/wire.ts";
import type { Ask, ListAsk, LookupAsk, OrderLeader, Readiness } from "./asks.ts";
import type { Epochs } from "./cache/epochs.ts";
import type { SharedLease } from "./cache/shared_lease.ts";
import { totalOf } from "./cache/thread_counts.ts";
import { CatalogClient } from "./catalog_client.ts";
import type { HttpThreadData } from "./pages.ts";
import { internalRoutes } from "./internal_routes.ts";
import { LeaseKeeper } from "./lease_keeper.ts";
import { OrderClient } from "./order_client.ts";
import { makeSharedMemory, viewsOf, type SharedMemory } from "./shared_memory.ts";
import { StatusReport } from "./status_report.ts";

export interface RunningFrontend extends Member {
  /** The public one. */
  readonly port: number;
  readonly internalPort: number;
}

export async function startFrontend(context: MemberContext): Promise<RunningFrontend> {
  const frontend = new Frontend(context);
  await frontend.start();
  return frontend;
}

class Frontend implements RunningFrontend {
  readonly #context: MemberContext;
  readonly #memory: SharedMemory;
  readonly #epochs: Epochs;
  readonly #lease: SharedLease;
  readonly #peers: Record<"frontends" | "catalogs" | "orders", Map<number, Peer>>;
  readonly #catalogs: LeaderFinder;
  readonly #orders: LeaderFinder;
  readonly #catalogClient: CatalogClient;
  readonly #orderClient: OrderClient;
  readonly #keeper: LeaseKeeper;
  readonly #report: StatusReport;
  readonly #startedAtMs = monotonicMs();
  #internal: HttpServer | null = null;
  #threads: HttpThreads | null = null;
  #stopping = false;
  /** Names that were invalidated. */
  #invalidations = 0;

  constructor(context: MemberContext) {
    const { settings, log } = context;
    const { id: frontend, store } = settings;
    const nowMs = monotonicMs;
    this.#context = context;
    this.#memory = makeSharedMemory(settings.threads);
    ({ epochs: this.#epochs, lease: this.#lease } = viewsOf(this.#memory));
    this.#peers = {
      frontends: this.#peersOf(settings.frontends),
      catalogs: this.#peersOf(settings.catalogs),
      orders: this.#peersOf(settings.orders),
    };
    this.#catalogs = this.#finderOf("catalogs");
    this.#orders = this.#finderOf("orders");
    this.#catalogClient = new CatalogClient({
      finder: this.#catalogs,
      frontend,
      heldAs: (identity) => this.#keeper.heldAs(identity),
      nowMs,
    });
    this.#keeper = new LeaseKeeper({
      frontend,
      lease: this.#lease,
      epochs: this.#epochs,
      ask: (request) => this.#catalogClient.lease(request),
      nowMs,
      log,
    });
    this.#orderClient = new OrderClient({ orders: this.#orders, catalogs: this.#catalogs, nowMs });
    this.#report = new StatusReport({ store, self: () => this.#health(), ...this.#peers });
  }

  get port(): number {
    return this.#threads!.port;
  }

  get internalPort(): number {
    return this.#internal!.port;
  }

  async start(): Promise<void> {
    const { settings, secret, birth, log, fail } = this.#context;
    this.#internal = await startHttpServer({
      routes: internalRoutes({
        epochs: this.#epochs,
        health: () => this.#health(),
        onInvalidated: ({ names }) => (this.#invalidations += names.length),
      }),
      listen: { host: settings.host, port: settings.internalPort },
      bodyBytesMax: INTERNAL_BODY_BYTES_MAX,
      admit: requireSecret(secret, birth.id),
      internal: true,
      onBug: fail,
    });
    this.#catalogs.onLeader(() => void this.#keeper.renew());
    this.#catalogs.start();
    this.#orders.start();
    this.#keeper.start();
    this.#threads = await this.#startThreads();
    log.info("listening", { port: this.port, internalPort: this.internalPort });
  }

  /** What was taken is answered; then the catalog need not wait for this front-end any more. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#threads?.tell("stopping", null);
    await this.#threads?.close();
    await this.#keeper.close();
    this.#catalogs.close();
    this.#orders.close();
    await this.#internal?.close();
    for (const peers of Object.values(this.#peers)) for (const peer of peers.values()) peer.close();
  }

  #peersOf(addresses: ReadonlyMap<number, string>): Map<number, Peer> {
    const { secret, birth, settings } = this.#context;
    const peers = new Map<number, Peer>();
    for (const [id, url] of addresses) {
      if (addresses === settings.frontends && id === settings.id) continue;
      peers.set(id, new HttpPeer({ url, secret, birth: birth.id }));
    }
    return peers;
  }

  #finderOf(group: "catalogs" | "orders"): LeaderFinder {
    const { log: parent, settings } = this.#context;
    const log = parent.child({ group });
    const members = this.#peers[group];
    const gathersAgain = group === "orders" && 2 * settings.orderQuorum <= members.size;
    const { random } = Math;
    return new LeaderFinder({
      members, log, nominate: true, gathersAgain, clock: systemClock, random,
    });
  }

  #startThreads(): Promise<HttpThreads> {
    const { settings, birth, fail } = this.#context;
    const { id, store, cacheSize, cacheTtlMs, logLevel, threads, host, port } = settings;
    const memory = this.#memory;
    const data = { id, store, birth: birth.id, cacheSize, cacheTtlMs, logLevel, memory };
    return startHttpThreads({
      module: new URL("./http_thread.ts", import.meta.url).href,
      count: threads,
      host,
      port,
      data: data satisfies HttpThreadData,
      handle: (kind, body) => this.#handle(kind as Ask, body),
      onDeath: fail,
    });
  }

  /** What the HTTP threads ask for. */
  #handle(kind: Ask, body: unknown): unknown {
    switch (kind) {
      case "place":
        return this.#orderClient.place(body as string);
      case "find":
        return this.#orderClient.find(body as number);
      case "lookup": {
        const { name, lease } = body as LookupAsk;
        return this.#catalogClient.lookup(name, lease);
      }
      case "list": {
        const { query, lease } = body as ListAsk;
        return this.#catalogClient.list(query, lease);
      }
      case "leader":
        return this.#leader();
      case "ready":
        return this.#readiness();
      case "status":
        return this.#report.make();
    }
  }

  #leader(): OrderLeader | null {
    const { leader } = this.#orders;
    return leader === null ? null : { id: leader.id, term: leader.term };
  }

  #readiness(): Readiness {
    return { orderLeader: this.#orders.leader !== null, catalog: this.#catalogs.leader !== null };
  }

  #health(): FrontendHealth {
    const { settings } = this.#context;
    const { hits, misses, entries, requests } = totalOf(this.#memory.counts);
    const nowMs = monotonicMs();
    return {
      id: settings.id,
      uptimeMs: nowMs - this.#startedAtMs,
      stopping: this.#stopping,
      leased: this.#lease.isFresh(nowMs),
      cache: {
        enabled: settings.cacheSize > 0,
        capacity: settings.cacheSize * settings.threads,
        entries,
        hits,
        misses,
        invalidations: this.#invalidations,
      },
      requests,
    };
  }
}
