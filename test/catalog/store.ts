/**
 * A catalog between a log, front-ends and order leaders that the test plays:
 * rows are committed when it says so, invalidations confirmed when it says
 * so, and the clock stands still in between.
 */
import assert from "node:assert/strict";
import { Catalog } from "../../catalog/catalog.ts";
import type { CatalogHost } from "../../catalog/leader/leader_guard.ts";
import type { InitialProduct } from "../../catalog/state/products.ts";
import type { ListRows } from "../../catalog/calls/searches.ts";
import { CatalogState } from "../../catalog/state/catalog_state.ts";
import { AppError } from "../../shared/errors.ts";
import { createLog } from "../../shared/logging.ts";
import type {
  FenceAnswer,
  HeldLease,
  InvalidateRequest,
  LeaseAnswer,
  LookupAnswer,
  LookupResult,
  Purchase,
  SalesAnswer,
} from "../../shared/messages/messages.ts";
import { HandClock, turn } from "../support/hand_clock.ts";

export const TOYS: InitialProduct[] = [
  { name: "Lego", price: 49.99, quantity: 5 },
  { name: "Tux", price: 15.99, quantity: 100 },
  { name: "Whale", price: 34.99, quantity: 1 },
];

/** The catalog's replica, as far as the catalog sees it. */
export class HandLog implements CatalogHost {
  readonly startId = "start";
  term = 0;
  leader: number | null = null;
  leading = false;
  bornNow = false;
  mayHaveLed = false;
  isFull = false;
  isRecovering = false;
  readonly payloads: string[] = [];
  commitIndex = 0;
  /** True: a majority answers at once. */
  isConfirming = true;
  #confirming: (() => void)[] = [];
  readonly #clock: HandClock;
  #catalog: Catalog | null = null;

  constructor(clock: HandClock) {
    this.#clock = clock;
  }

  attach(catalog: Catalog): void {
    this.#catalog = catalog;
    catalog.attach(this);
  }

  propose(payloads: readonly string[]): number {
    if (!this.leading) throw new AppError("not_leader", "This replica does not lead");
    for (const payload of payloads) this.#append(payload);
    return this.payloads.length;
  }

  confirm(): Promise<void> {
    if (this.isConfirming) return Promise.resolve();
    return new Promise((resolve) => this.#confirming.push(resolve));
  }

  confirmAll(): void {
    for (const resolve of this.#confirming.splice(0)) resolve();
  }

  confirmedAtMs(): number {
    return this.#clock.monotonicMs();
  }

  health(): ReturnType<CatalogHost["health"]> {
    const { isRecovering, term, commitIndex } = this;
    return {
      id: 1, term, leader: this.leader, role: this.leading ? "leader" : "follower", commitIndex,
      state: isRecovering ? "recovering" : "normal", lastIndex: this.payloads.length, leaseMs: 0,
      serving: this.leading, majority: this.leading, full: false, checksum: null, uptimeMs: 1,
    };
  }

  handle(): Promise<object> {
    throw new Error("no test asks");
  }

  commit(index = this.payloads.length): void {
    this.commitIndex = index;
    this.#catalog!.onCommit(index);
  }

  lead(term: number, options: { bornNow: boolean }): void {
    this.term = term;
    this.leader = 1;
    this.bornNow = options.bornNow;
    this.mayHaveLed = true;
    this.#append(this.#catalog!.openingPayload());
    this.leading = true;
    this.commit();
    this.#catalog!.onLead(term);
  }

  stepDown(): void {
    this.leading = false;
    this.leader = null;
    this.#catalog!.onStepDown();
  }

  #append(payload: string): void {
    this.payloads.push(payload);
    this.#catalog!.onRow(this.payloads.length, this.term, payload);
  }
}

interface Invalidation extends InvalidateRequest {
  frontend: number;
  confirm: () => void;
  fail: () => void;
}

export interface StoreOptions {
  frontends?: number[];
  restockMs?: number;
  toys?: InitialProduct[];
  listRows?: ListRows;
}

export class Store {
  readonly clock = new HandClock();
  readonly state: CatalogState;
  readonly log: HandLog;
  readonly catalog: Catalog;
  /** Sent, neither confirmed nor failed. */
  readonly invalidations: Invalidation[] = [];
  session = "";

  constructor(options: StoreOptions = {}) {
    this.state = new CatalogState(options.toys ?? TOYS);
    this.log = new HandLog(this.clock);
    this.catalog = new Catalog({
      state: this.state,
      frontends: options.frontends ?? [1],
      orders: [1, 2, 3],
      log: createLog({ member: "catalog-1", level: "error" }),
      restockMs: options.restockMs ?? 0,
      restockTo: 100,
      listRows: options.listRows,
      clock: this.clock,
      invalidate: (frontend, request) => this.#invalidate(frontend, request),
    });
    this.log.attach(this.catalog);
  }

  /** A store that was born just now, led, and fenced by order leader 3 in term 1. */
  static async open(options: StoreOptions = {}): Promise<Store> {
    const store = new Store(options);
    store.log.lead(1, { bornNow: true });
    await store.fence(1, 3);
    return store;
  }

  ask<T>(kind: string, body: object): Promise<T> {
    return this.catalog.handle(kind, body) as Promise<T>;
  }

  /** Fences, commits, and keeps the session. */
  async fence(term: number, leader: number): Promise<FenceAnswer> {
    const asked = this.ask<FenceAnswer>("POST /fence", { term, leader });
    await turn();
    this.log.commit();
    const answer = await asked;
    this.session = answer.session;
    return answer;
  }

  sell(batch: number, sales: Purchase[], options: { settled?: number } = {}): Promise<SalesAnswer> {
    const { settled = 0 } = options;
    const { session } = this;
    return this.ask("POST /sales", { term: 1, leader: 3, session, batch, settled, sales });
  }

  /** Asks for a lease; the answer is what it then holds. */
  async lease(frontend: number, holds: HeldLease | null): Promise<LeaseAnswer> {
    return this.ask("POST /lease", { frontend, holds: holds && held(holds) });
  }

  async look(name: string, frontend = 1, lease: HeldLease | null = null): Promise<LookupResult> {
    const body = { names: [name], frontend, lease: lease && held(lease) };
    const { results } = await this.ask<LookupAnswer>("POST /lookups", body);
    assert(results[0] != null, `${name} is a product`);
    return results[0];
  }

  /** The one invalidation that is under way. */
  invalidation(): Invalidation {
    assert.equal(this.invalidations.length, 1, "one invalidation is under way");
    return this.invalidations[0]!;
  }

  #invalidate(frontend: number, request: InvalidateRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        this.invalidations.splice(this.invalidations.indexOf(sent), 1);
        settle();
      };
      const fail = end(() => reject(new AppError("unknown", "no answer")));
      const sent: Invalidation = { frontend, ...request, confirm: end(resolve), fail };
      this.invalidations.push(sent);
    });
  }
}

function held({ leadership, number }: HeldLease): HeldLease {
  return { leadership, number };
}

export function buy(key: string, name: string, quantity = 1): Purchase {
  return { key, name, type: "buy", quantity };
}

/** Whether a promise has settled, by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => (settled = true), () => (settled = true));
  await turn();
  return settled;
}
