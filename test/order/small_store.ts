/**
 * Order and catalog replicas as they run, on simulated machines, and a test
 * in the place of the front-ends: it nominates, buys and asks.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { CatalogService } from "../../catalog/catalog_service.ts";
import { OrderService } from "../../order/order_service.ts";
import { createLog, type Log } from "../../shared/logging.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import type { PlaceAnswer, PlaceResult, ReplicaHealth } from "../../shared/messages/messages.ts";
import { Random } from "../simulation/random.ts";
import { Machine } from "../simulation/store/machine.ts";
import { Network } from "../simulation/store/network.ts";
import { CALM } from "../simulation/store/network_weather.ts";
import { SimDisk } from "../simulation/store/sim_disk.ts";
import { Timeline } from "../simulation/store/timeline.ts";
import { buy } from "./leader.ts";

const ORDERS = [1, 2, 3];
const PRODUCTS = [{ name: "Tux", price: 15.99, quantity: 1_000 }];
const FOR_EVER = Infinity;

interface Place {
  machine: Machine;
  disk: SimDisk;
  log: Log;
  lines: string[];
}

interface Replica<Service> extends Place {
  id: number;
  service: Service;
}

export class SmallStore {
  readonly orders: Replica<OrderService>[] = [];
  readonly catalogs: Replica<CatalogService>[] = [];
  readonly failures: unknown[] = [];
  readonly #timeline = new Timeline();
  readonly #random = new Random(1);
  readonly #network: Network;
  #batches = 0;

  /** Order replica 3 and catalog replica 1 lead, and the orders' leader sells. */
  static async open(t: TestContext, options: { catalogs?: number } = {}): Promise<SmallStore> {
    const store = new SmallStore();
    const catalogs = Array.from({ length: options.catalogs ?? 1 }, (_, at) => at + 1);
    for (const id of catalogs) await store.#startCatalog(id, catalogs);
    for (const id of ORDERS) await store.#startOrder(id, catalogs);
    await store.nominate(store.catalogs[0]!);
    await store.nominate(store.orders[2]!);
    assert.equal((await store.buy("first")).code, "ordered");
    t.after(() => assert.deepEqual(store.failures, []));
    return store;
  }

  private constructor() {
    this.#network = new Network({ timeline: this.#timeline, random: this.#random, weather: CALM });
  }

  order(id: number): Replica<OrderService> {
    return this.orders[id - 1]!;
  }

  /** The order replica of the highest term that leads. */
  get leader(): Replica<OrderService> {
    const leading = this.orders.filter(({ service }) => service.leading);
    leading.sort((one, other) => other.service.term - one.service.term);
    assert(leading[0] !== undefined, "somebody leads");
    return leading[0];
  }

  get catalogLeader(): Replica<CatalogService> {
    const leader = this.catalogs.find(({ service }) => service.leading);
    assert(leader !== undefined, "somebody leads");
    return leader;
  }

  pass(ms: number): Promise<void> {
    return this.#timeline.runUntil(this.#timeline.nowMs + ms);
  }

  async until(isSo: () => boolean, withinMs = 5_000): Promise<void> {
    await this.#timeline.runWhile(() => !isSo(), this.#timeline.nowMs + withinMs);
    assert(isSo(), `not within ${withinMs} ms: ${isSo}`);
  }

  /** Lets time pass until it is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    promise.then(over, over);
    await this.until(() => isOver);
    return promise;
  }

  async nominate({ service }: Replica<OrderService | CatalogService>): Promise<void> {
    await this.settle(service.handle("POST /lead", {}));
  }

  /** One piece, from whoever leads now; let time pass for the answer. */
  async ask(key: string): Promise<PlaceResult> {
    const { service } = this.leader;
    const batch = ++this.#batches;
    const request = { term: service.term, sender: "test", batch, orders: [buy(key)] };
    const { results } = (await service.handle("POST /orders", request)) as PlaceAnswer;
    return results[0]!;
  }

  buy(key: string): Promise<PlaceResult> {
    return this.settle(this.ask(key));
  }

  async health({ service }: Replica<OrderService>): Promise<ReplicaHealth> {
    return (await service.handle("GET /health", {})) as ReplicaHealth;
  }

  /** Neither hears of the other, until all is mended. */
  cut(one: Place, other: Place): void {
    this.#network.cut(one.machine.name, other.machine.name, FOR_EVER);
    this.#network.cut(other.machine.name, one.machine.name, FOR_EVER);
  }

  mend(): void {
    this.#network.mend();
  }

  async #startOrder(id: number, catalogs: number[]): Promise<void> {
    const place = this.#place(`order ${id}`);
    const { machine, disk, log } = place;
    const service = await this.settle(OrderService.open({
      id,
      quorum: 2,
      orders: this.#peers(machine, "order", ORDERS.filter((other) => other !== id)),
      catalogs: this.#peers(machine, "catalog", catalogs),
      disk,
      clock: machine.clock,
      startId: `order${id}`,
      keySeed: 1,
      random: () => this.#random.next(),
      log,
      fail: (error) => this.failures.push(error),
    }));
    this.#network.serve(machine, (kind, body) => service.handle(kind, body));
    this.orders.push({ ...place, id, service });
  }

  async #startCatalog(id: number, all: number[]): Promise<void> {
    const place = this.#place(`catalog ${id}`);
    const { machine, disk, log } = place;
    const service = await this.settle(CatalogService.open({
      id,
      catalogs: this.#peers(machine, "catalog", all.filter((other) => other !== id)),
      frontends: new Map(),
      orders: [1, 2, 3],
      products: PRODUCTS,
      restockMs: 0,
      restockTo: 0,
      disk,
      clock: machine.clock,
      startId: `catalog${id}`,
      log,
      fail: (error) => this.failures.push(error),
    }));
    this.#network.serve(machine, (kind, body) => service.handle(kind, body));
    this.catalogs.push({ ...place, id, service });
  }

  #place(name: string): Place {
    const timeline = this.#timeline;
    const machine = new Machine({ timeline, name });
    const disk = new SimDisk({ machine, timeline, random: this.#random, flushMs: 1 });
    const lines: string[] = [];
    const log = createLog({ member: name, level: "info", write: (line) => lines.push(line) });
    return { machine, disk, log, lines };
  }

  #peers(from: Machine, kind: string, ids: number[]): Map<number, Peer> {
    return new Map(ids.map((id) => [id, this.#network.connect(from, `${kind} ${id}`)]));
  }
}
