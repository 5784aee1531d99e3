/**
 * A catalog replica without its ports and threads: products, log and leases,
 * put together. Peers, disk and clock are handed in, so that the simulator
 * runs what production runs.
 */
import type { Clock } from "../shared/clock.ts";
import { failpoint } from "../shared/failpoint.ts";
import { CHECKPOINT_EVERY_ROWS, INVALIDATE_TIMEOUT_MS } from "../shared/limits.ts";
import type { Log } from "../shared/logging.ts";
import type { Peer } from "../shared/cluster/peer.ts";
import type { Disk } from "../shared/replication/storage/disk.ts";
import { hasRoom } from "../shared/replication/leadership_transfer.ts";
import { ReplicaHost } from "../shared/replication/replica_host.ts";
import type { ReplicatedService } from "../shared/replication/replicated_service.ts";
import { SteppingAside } from "../shared/replication/unfit_leader.ts";
import { Catalog } from "./catalog.ts";
import type { InitialProduct } from "./state/products.ts";
import type { ListRows } from "./calls/searches.ts";
import { CatalogState } from "./state/catalog_state.ts";

export interface CatalogServiceOptions {
  /** This replica's. */
  id: number;
  /** The other catalog replicas, and all of FRONTENDS. Who made the peers closes them. */
  catalogs: ReadonlyMap<number, Peer>;
  frontends: ReadonlyMap<number, Peer>;
  /** Ids of all order replicas. */
  orders: readonly number[];
  /** What this store was born with; the same on every replica. */
  products: readonly InitialProduct[];
  /** Pause between two restocks; 0 is never. */
  restockMs: number;
  /** Pieces of a product after it. */
  restockTo: number;
  disk: Disk;
  clock: Clock;
  /** Differs at every start of this replica. */
  startId: string;
  /** A checkpoint stands at every multiple of this index; the same on every replica. */
  checkpointEveryRows?: number;
  /** Rows that a leader keeps in memory for its followers. */
  tailRowsMax?: number;
  /** Of lists, how much is looked at in one turn. */
  listRows?: ListRows;
  log: Log;
  /** A disk that failed or a bug: this replica cannot go on. */
  fail: (error: unknown) => void;
  /** Wraps what the log tells of rows, commits and leaderships, for whoever watches. */
  spy?: (service: ReplicatedService) => ReplicatedService;
}

interface Parts {
  catalog: Catalog;
  host: ReplicaHost;
  steppingAside: SteppingAside;
}

export class CatalogService {
  readonly #catalog: Catalog;
  readonly #host: ReplicaHost;
  readonly #steppingAside: SteppingAside;

  /** Reads the log. @throws damaged; conflict when it is of a store with other products */
  static async open(options: CatalogServiceOptions): Promise<CatalogService> {
    const { id, catalogs: others, frontends, products, restockMs, restockTo } = options;
    const { disk, clock, startId, log, fail, spy = (service) => service } = options;
    const catalog = new Catalog({
      state: new CatalogState(products),
      frontends: [...frontends.keys()],
      orders: options.orders,
      listRows: options.listRows,
      log,
      restockMs,
      restockTo,
      clock,
      async invalidate(frontend, request) {
        const peer = frontends.get(frontend)!;
        await peer.post("/invalidate", request, { timeoutMs: INVALIDATE_TIMEOUT_MS });
        failpoint("catalog.invalidated");
      },
    });
    // Of any number of replicas a majority decides: half a catalog must never sell.
    const quorum = Math.floor((others.size + 1) / 2) + 1;
    const { checkpointEveryRows = CHECKPOINT_EVERY_ROWS, tailRowsMax } = options;
    const service = spy(catalog);
    const host = await ReplicaHost.open({
      ...{ id, others, quorum, disk, service, startId, clock },
      ...{ checkpointEveryRows, tailRowsMax, log, fail },
    });
    catalog.attach(host);
    const steppingAside = new SteppingAside({
      host,
      others,
      hindrance: () => (host.isFull ? { why: "its disk is full", isFit: hasRoom } : null),
      // With a full disk nothing new is sold in any case.
      hold: () => {},
      release: () => {},
      clock,
      log,
      fail,
    });
    steppingAside.start();
    return new CatalogService({ catalog, host, steppingAside });
  }

  private constructor(parts: Parts) {
    this.#catalog = parts.catalog;
    this.#host = parts.host;
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

  /** @param kind `POST /sales` @throws AppError as each call says */
  handle(kind: string, body: unknown): Promise<object> {
    return this.#catalog.handle(kind, body);
  }

  /** A planned stop: another replica leads, if there is one that can. */
  async retire(): Promise<void> {
    await this.#steppingAside.close();
    await this.#host.retire();
  }

  /** Whoever still waits is told so; the log's length is noted, its folder let go. */
  async close(): Promise<void> {
    const attempt = this.#steppingAside.close();
    this.#catalog.close();
    await this.#host.close();
    await attempt;
  }
}
