/**
 * The members of a simulated store: the very services that run in production,
 * each on a machine, a disk and a network that are simulated. A member is
 * started, dies, is stopped and started again; what its machine's disk holds
 * is all that stays.
 */
import { CatalogService } from "../../../catalog/catalog_service.ts";
import { FrontendOwner } from "../../../frontend/owner/owner.ts";
import { makeSharedMemory } from "../../../frontend/cache/shared_memory.ts";
import { OrderService } from "../../../order/order_service.ts";
import type { Log } from "../../../shared/logging.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import { Random } from "../random.ts";
import { ListTurns } from "./list_turns.ts";
import type { Machine } from "./machine.ts";
import type { Handle, Network } from "./network.ts";
import type { Plan } from "./plan.ts";
import { Shop, THREADS } from "./shop.ts";
import type { SimDisk } from "./sim_disk.ts";
import { STORES } from "./wares.ts";
import type { Witness } from "./witness.ts";

export type Kind = "order" | "catalog" | "frontend";

/** What a member is made of, the same for all of its lives. */
export interface Place {
  kind: Kind;
  id: number;
  machine: Machine;
  /** Front-ends have none. */
  disk: SimDisk | null;
}

export interface MembersOptions {
  plan: Plan;
  network: Network;
  witness: Witness;
  /** In [0, 1), for what members draw themselves. */
  random: () => number;
  logOf: (place: Place) => Log;
  count: (name: string) => void;
  /** A member cannot go on: its disk failed, or it has a bug. */
  fail: (place: Place, error: unknown) => void;
}

/** A member that runs, until it is stopped or its machine dies. */
export interface Running {
  /** A planned stop. */
  stop(): Promise<void>;
  /** Of a replica that leads: its term. */
  leads(): number | null;
}

/** So few that two names share one now and then. */
const NAME_SLOTS = 8;

export class Members {
  readonly #options: MembersOptions;
  /** Between turns of lists: what they draw moves nothing else. */
  readonly #pauses: Random;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.#pauses = new Random(options.plan.seed * 8 + 6);
  }

  /** One life of the member at this place. */
  start(place: Place): Promise<Running> {
    if (place.kind === "order") return this.#startOrder(place);
    if (place.kind === "catalog") return this.#startCatalog(place);
    return Promise.resolve(this.#startFrontend(place));
  }

  async #startOrder(place: Place): Promise<Running> {
    const { plan, witness, random } = this.#options;
    const { id, machine } = place;
    const { orders, catalogs, orderQuorum } = plan.sizes;
    const service = await OrderService.open({
      id,
      quorum: orderQuorum,
      orders: this.#peers(machine, "order", orders, id),
      catalogs: this.#peers(machine, "catalog", catalogs, 0),
      keySeed: machine.life,
      random,
      ...this.#surroundings(place),
      spy: (own) => witness.between("order", machine.name, own),
    });
    this.#serve(place, (kind, body) => service.handle(kind, body));
    return {
      stop: async () => {
        await service.retire();
        await service.close();
      },
      leads: () => (service.leading ? service.term : null),
    };
  }

  async #startCatalog(place: Place): Promise<Running> {
    const { plan, witness } = this.#options;
    const { id, machine } = place;
    const { catalogs, frontends } = plan.sizes;
    const turns = this.#turnsOf(machine);
    const service = await CatalogService.open({
      id,
      catalogs: this.#peers(machine, "catalog", catalogs, id),
      frontends: this.#peers(machine, "frontend", frontends, 0),
      orders: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      products: plan.products,
      restockMs: plan.restockMs,
      restockTo: plan.restockTo,
      checkpointEveryRows: plan.checkpointEveryRows,
      tailRowsMax: plan.tailRowsMax,
      listRows: plan.listRows,
      ...this.#surroundings(place),
      clock: turns.clock,
      spy: (own) => turns.watch(witness.between("catalog", machine.name, own)),
    });
    turns.attach(service);
    this.#serve(place, (kind, body) => {
      const answer = service.handle(kind, body);
      return kind === "POST /lists" ? turns.list(answer) : answer;
    });
    return {
      stop: async () => {
        await service.retire();
        await service.close();
      },
      leads: () => (service.leading ? service.term : null),
    };
  }

  #startFrontend(place: Place): Running {
    const { plan, network, random, logOf, count } = this.#options;
    const { id, machine } = place;
    const { orders, catalogs, orderQuorum } = plan.sizes;
    const memory = makeSharedMemory(THREADS, NAME_SLOTS);
    const owner = new FrontendOwner({
      id,
      startId: startIdOf(machine),
      catalogs: this.#peers(machine, "catalog", catalogs, 0),
      orders: this.#peers(machine, "order", orders, 0),
      orderQuorum,
      balance: plan.balance,
      memory,
      clock: machine.clock,
      random,
      log: logOf(place),
    });
    const { cacheSize, store } = plan;
    const { clock } = machine;
    const shop = new Shop({ store: STORES[store], owner, memory, clock, cacheSize, random, count });
    network.serve(machine, (kind, body) => shop.handle(kind, body));
    owner.start();
    return { stop: () => owner.close(), leads: () => null };
  }

  /** A replica serves; the witness hears what it answers as long as this life lasts. */
  #serve({ kind: group, machine }: Place, handle: Handle): void {
    const { network, witness, count } = this.#options;
    const { process } = machine;
    network.serve(machine, async (kind, body) => {
      const answer = await handle(kind, body);
      const exchange = { kind, body, answer };
      if ("leadership" in answer && answer.leadership === null) count(`by a follower: ${kind}`);
      if (process.isAlive && group !== "frontend") witness.hear(group, machine.name, exchange);
      return answer;
    });
  }

  #turnsOf(machine: Machine): ListTurns {
    const { plan, witness, count } = this.#options;
    const rows = () => witness.payloads("catalog");
    return new ListTurns({ plan, machine, random: this.#pauses, rows, count });
  }

  #surroundings(place: Place) {
    const { logOf, fail } = this.#options;
    const { machine, disk } = place;
    return {
      disk: disk!,
      clock: machine.clock,
      startId: startIdOf(machine),
      log: logOf(place),
      fail: (error: unknown) => fail(place, error),
    };
  }

  /** By id, of all members of this kind but one. */
  #peers(from: Machine, kind: Kind, count: number, but: number): Map<number, Peer> {
    const peers = new Map<number, Peer>();
    for (let id = 1; id <= count; id++) {
      if (id !== but) peers.set(id, this.#options.network.connect(from, `${kind} ${id}`));
    }
    return peers;
  }
}

/** Differs in every life. */
function startIdOf({ name, life }: Machine): string {
  return `${name.replace(" ", "")}x${life}`;
}
