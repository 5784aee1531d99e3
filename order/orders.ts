/**
 * The owner of the order service: purchases in, committed orders out.
 *
 *   POST /orders ─▶ key known? ─▶ SalesClient: the catalog sells ─▶ propose a row
 *                     │ yes                                            │ committed
 *                     └──────────▶ that order ◀────────────────────────┘
 *
 * A key is taken from its arrival: while its purchase is being sold or its
 * row waits for a majority it stands in `pending`, later in the index of the
 * log; a twin waits for that one result. Numbers are given as rows are
 * proposed; what was not committed was not answered, so a successor may give
 * those numbers again.
 */
import { strict as assert } from "node:assert";
import { PATIENT } from "../shared/threads/asker.ts";
import type { Clock } from "../shared/clock.ts";
import { AppError } from "../shared/errors.ts";
import { failpoint } from "../shared/failpoint.ts";
import { FAIL_FAST_MS, PLACE_TIMEOUT_MS, QUEUE_ITEMS_MAX } from "../shared/limits.ts";
import type { ReplicaHost } from "../shared/replication/replica_host.ts";
import type { ReplicatedService } from "../shared/replication/replicated_service.ts";
import type {
  FenceAnswer, Order, PlaceResult, Purchase, SaleResult,
} from "../shared/messages/messages.ts";
import { formatOpening, formatOrder, ORDER_COLUMNS } from "./order_row.ts";
import { wrong } from "./catalog_answers.ts";
import type { OrderIndex } from "./order_index.ts";
import { OrderReader } from "./order_reader.ts";
import { PendingPurchases } from "./pending_purchases.ts";
import {
  PlaceCall,
  queued,
  replay,
  unavailable,
  type Asked,
  type Pending,
} from "./place_batch.ts";
import { NO_ROOM, type SalesClient, type SalesListener } from "./sales_client.ts";
import { Settlement } from "./settlement.ts";

/** A call is answered this much before its front-end stops waiting. */
const CALL_DEADLINE_MS = PLACE_TIMEOUT_MS - 300;
const UNTRIED = unavailable("The catalog does not answer");

export interface OrdersOptions {
  index: OrderIndex;
  /** Since when no catalog leads, monotonic ms; null while one does. */
  catalogLostAtMs: () => number | null;
  clock: Clock;
}

export class Orders implements ReplicatedService, SalesListener {
  readonly columns = ORDER_COLUMNS;
  readonly #options: OrdersOptions;
  readonly #index: OrderIndex;
  readonly #clock: Clock;
  #host!: ReplicaHost;
  #reader!: OrderReader;
  #seller!: SalesClient;
  #fail: (error: unknown) => void = () => {};
  readonly #pending = new PendingPurchases((asked) => this.#placeOne(asked));
  /**
   * Rows proposed and not committed: the purchases of one proposal, and the index of its
   * last row.
   */
  #proposed: { lastIndex: number; purchases: Pending[] }[] = [];
  #settlement = new Settlement();
  /** It stops: what is under way is finished, nothing new begun. */
  #isRetiring = false;
  /** It may be handing over: nothing new is begun before that is decided. */
  #isHeld = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
    this.#index = options.index;
    this.#clock = options.clock;
  }

  start(parts: { host: ReplicaHost; seller: SalesClient; fail: (error: unknown) => void }): void {
    this.#host = parts.host;
    this.#reader = new OrderReader(this.#index, parts.host);
    this.#seller = parts.seller;
    this.#fail = parts.fail;
  }

  /** Orders in the log, committed or not. */
  get count(): number { return this.#index.count; }

  get isLeading(): boolean { return this.#host.leading; }

  get pendingCount(): number { return this.#pending.size; }

  /** One result for each purchase, in order. @throws not_leader */
  async place(purchases: Purchase[], asker = PATIENT): Promise<PlaceResult[]> {
    this.#checkLeads();
    if (this.isHandingOver) throw this.#notLeader("This replica is handing over");
    if (purchases.length === 0) return [];
    const call = new PlaceCall(purchases.length, asker);
    purchases.forEach((purchase, slot) => this.#placeOne({ call, slot, purchase }));
    const callOff = this.#clock.after(CALL_DEADLINE_MS, () => {
      this.#takeBack(this.#pending.expire(call, purchases));
    });
    const results = await call.done;
    callOff();
    return results;
  }

  /** Somebody is gone who called: what only they waited for, and was not tried, is not begun. */
  dropGone(): void {
    this.#takeBack(this.#pending.abandoned());
  }

  /** Null: no such order, confirmed by a majority asked after this call. @throws not_leader */
  async find(numbers: number[]): Promise<(Order | null)[]> {
    this.#checkLeads();
    return this.#reader.find(numbers);
  }

  // --- What the log tells ------------------------------------------------------

  openingPayload(): string {
    return formatOpening(this.#clock.timestamp());
  }

  checkRows(after: number, payloads: readonly string[]): void {
    this.#index.check(after, payloads);
  }

  onRow(index: number, _term: number, payload: string): void {
    this.#index.add(index, payload);
  }

  onCut(after: number): void {
    this.#index.cut(after);
  }

  onCommit(index: number): void {
    while (this.#proposed.length > 0 && this.#proposed[0]!.lastIndex <= index) {
      for (const pending of this.#proposed.shift()!.purchases) this.#onOrdered(pending);
    }
  }

  onLead(term: number): void {
    assert.equal(this.#pending.size, 0, "a new leader has promised nothing yet");
    this.#seller.start(term);
  }

  onStepDown(): void {
    this.#seller.stop();
    this.#pending.loseAll();
    this.#proposed = [];
    this.#settlement = new Settlement();
  }

  /** Takes no more purchases; resolves when none is under way, or when waiting has been enough. */
  async retire(): Promise<void> {
    this.#isRetiring = true;
    await this.#pending.drained(this.#clock, PLACE_TIMEOUT_MS);
  }

  /** Takes no purchases until it is released, and tries none that wait. */
  hold(): void {
    this.#isHeld = true;
    this.#seller.hold();
  }

  release(): void {
    this.#isHeld = false;
    this.#seller.release();
  }

  get isHandingOver(): boolean { return this.#isRetiring || this.#isHeld; }

  /** Whoever waits is told that it will not hear from this process. */
  close(): void {
    this.onStepDown();
  }

  // --- What the catalog tells ----------------------------------------------------

  isKnown(sale: number): boolean { return this.#settlement.isKnown(sale); }

  checkSession({ settled, sales }: FenceAnswer): void {
    const hasRow = ({ sale, key }: { sale: number; key: string }): boolean =>
      !this.isKnown(sale) && this.#pending.find(key)?.progress === "logged";
    if (this.#settlement.waitsFor(settled) || sales.some(hasRow)) throw wrong();
  }

  settled(): number {
    return this.#settlement.settled;
  }

  onResults(batch: Pending[], results: SaleResult[]): void {
    assert.equal(results.length, batch.length, "one result for each purchase");
    const sold: Pending[] = [];
    for (let i = 0; i < batch.length; i++) {
      const pending = batch[i]!;
      const result = results[i]!;
      if (result.code === "sold") {
        pending.sale = result.sale;
        sold.push(pending);
      } else {
        this.#pending.end(pending, result);
      }
    }
    if (sold.length > 0) this.#propose(sold);
  }

  /**
   * Completes what was sold and has no order: by an earlier leader, or in a session that was
   * lost.
   */
  onSession({ settled, next, sales }: FenceAnswer): void {
    this.#settlement.start(settled, next);
    const missing: Pending[] = [];
    for (const { sale, ...purchase } of sales) {
      if (this.#settlement.isKnown(sale)) continue;
      const pending = this.#pending.find(purchase.key);
      assert(pending?.progress !== "logged", `sale ${sale} has a row and no number`);
      if (this.#reader.findByKey(purchase.key) !== null) {
        this.#settlement.propose(sale);
        this.#settlement.commit(sale);
        continue;
      }
      const buyer = this.#pending.inherit(purchase);
      buyer.sale = sale;
      missing.push(buyer);
    }
    if (missing.length > 0) this.#propose(missing);
  }

  onOutranked(term: number): void {
    this.#host.resign(term);
  }

  fail(error: unknown): void {
    this.#fail(error);
  }

  // --- Steps of a purchase ---------------------------------------------------------

  #checkLeads(): void {
    if (!this.#host.leading) throw this.#notLeader("This replica does not lead");
  }

  #notLeader(message: string): AppError {
    const { term, leader, leading } = this.#host;
    return new AppError("not_leader", message, { term, leader: leading ? null : leader });
  }

  #placeOne(asked: Asked): void {
    const { call, slot, purchase } = asked;
    if (call.isAbandoned) return call.settle(slot, UNTRIED);
    if (this.#pending.join(asked)) return;
    const order = this.#reader.findByKey(purchase.key);
    if (order !== null) return call.settle(slot, replay(order, purchase));
    const no = this.#refusal();
    if (no !== null) return call.settle(slot, no);
    const pending = queued(asked);
    this.#pending.add(pending);
    this.#seller.add(pending);
    failpoint("order.taken");
  }

  /** Null: a new purchase is taken. */
  #refusal(): PlaceResult | null {
    if (this.isHandingOver) return unavailable("This replica is handing over");
    if (this.#host.isFull) return NO_ROOM;
    if (this.#pending.size >= QUEUE_ITEMS_MAX) return unavailable("Too many orders are under way");
    const lostAtMs = this.#options.catalogLostAtMs();
    const isLost = lostAtMs !== null && this.#clock.monotonicMs() - lostAtMs > FAIL_FAST_MS;
    return isLost && !this.#seller.isOpen ? unavailable("The catalog does not answer") : null;
  }

  #propose(sold: Pending[]): void {
    const time = this.#clock.timestamp();
    const payloads: string[] = [];
    let number = this.#index.count;
    for (const pending of sold) {
      pending.progress = "logged";
      pending.number = ++number;
      this.#settlement.propose(pending.sale);
      payloads.push(formatOrder(number, time, pending.purchase, pending.sale));
    }
    const lastIndex = this.#host.propose(payloads);
    this.#proposed.push({ lastIndex, purchases: sold });
  }

  #onOrdered(pending: Pending): void {
    this.#settlement.commit(pending.sale);
    this.#pending.end(pending, { code: "ordered", number: pending.number, replayed: false });
  }

  /** Nothing more is done of them. */
  #takeBack(untried: ReadonlySet<Pending>): void {
    if (untried.size === 0) return;
    this.#seller.remove(untried);
    for (const pending of untried) this.#pending.end(pending, UNTRIED);
  }
}
