/**
 * The order leader's side of the catalog. Before it sells anything it fences:
 * the catalog notes its term, refuses lower ones from then on, opens a session
 * and names the sales that have no order yet. Then purchases go as numbered
 * batches; a batch without an answer is asked again, under its number, until
 * it has one or this replica no longer leads, also when its buyer has left:
 * what the catalog sold must get its order.
 *
 *   fence ─▶ session ─▶ batch 1 ─▶ batch 2 …        at most SALES_IN_FLIGHT_MAX
 *     ▲                    │                         under way
 *     └── the catalog restarted: session unknown ◀┘
 *
 * A session that is lost is replaced only when no batch is under way any more:
 * each sale is then either in an answer that came, or in the fence's list.
 */
import { pause, type Clock } from "../shared/clock.ts";
import { AppError, hasReason, NOT_A_MEMBER, type Reason } from "../shared/errors.ts";
import { failpoint } from "../shared/failpoint.ts";
import type { LeaderFinder } from "../shared/cluster/leader_finder.ts";
import {
  BATCH_ITEMS_MAX,
  RETRY_PAUSE_MAX_MS,
  RETRY_PAUSE_MIN_MS,
  SALES_IN_FLIGHT_MAX,
  SALES_TIMEOUT_MS,
} from "../shared/limits.ts";
import type { Log } from "../shared/logging.ts";
import { climb, isTerm } from "../shared/terms.ts";
import type {
  FenceAnswer,
  FenceRequest,
  Sale,
  SaleResult,
  SalesAnswer,
  SalesRequest,
} from "../shared/messages/messages.ts";
import { readFence, readSales } from "./catalog_answers.ts";
import type { Pending } from "./place_batch.ts";

export interface SalesListener {
  /** The catalog's answers to one batch, in its order. */
  onResults(batch: Pending[], results: SaleResult[]): void;
  /** This sale has an order's row already. */
  isKnown(sale: number): boolean;
  /** @throws unknown: beside what is known here the answer cannot be right */
  checkSession(answer: FenceAnswer): void;
  /** A session is open: these sales, oldest first, are to have an order each. */
  onSession(answer: FenceAnswer): void;
  /** The catalog knows a leader of this term: this replica leads no more. */
  onOutranked(term: number): void;
  /** Every sale up to the one returned has a committed order. */
  settled(): number;
  fail(error: unknown): void;
}

export interface SellerOptions {
  id: number;
  catalog: Pick<LeaderFinder, "leader" | "lostAtMs" | "wait" | "suspect">;
  /** No room for further orders: what was not tried yet is refused. */
  isFull: () => boolean;
  clock: Clock;
  log: Log;
  events: SalesListener;
}

/** Asked again, the catalog's leader may answer. */
const PASSING: readonly Reason[] = [
  "unavailable", "unknown", "not_leader", "recovering", ...NOT_A_MEMBER,
];

/** What becomes of a purchase for which there is no room: nothing of it was tried. */
export const NO_ROOM = {
  code: "unavailable",
  message: "The disk of the order leader is full",
} as const;

/** One leadership's dealings with the catalog. What outlives it is left out when it comes back. */
interface Selling {
  readonly term: number;
  /** Null while the catalog is being fenced. */
  session: string | null;
  /** Batches of any session of this leadership that have no answer yet. */
  inFlight: number;
  /** Number of the last batch of this session. */
  lastBatch: number;
  isFencing: boolean;
}

export class SalesClient {
  readonly #options: SellerOptions;
  #queue: Pending[] = [];
  #selling: Selling | null = null;
  /** What queues stays untried. */
  #isHeld = false;
  /** When the catalog's leader last answered anything, or this leadership began. Monotonic. */
  #answeredAtMs = -Infinity;
  readonly counts = { batches: 0, sales: 0, fences: 0 };

  constructor(options: SellerOptions) {
    this.#options = options;
  }

  /** A session is open: purchases are being sold. */
  get isOpen(): boolean {
    return this.#selling !== null && this.#selling.session !== null;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** For how long this leadership has not reached the catalog, in ms; 0 while it does. */
  get catalogLostMs(): number {
    const { catalog, clock } = this.#options;
    if (catalog.leader !== null) return 0;
    const nowMs = clock.monotonicMs();
    return nowMs - Math.max(this.#answeredAtMs, catalog.lostAtMs ?? nowMs);
  }

  /** Begins no sale until it is released; what is under way goes on. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    if (this.#selling !== null) this.#goOn(this.#selling);
  }

  /** This replica leads: fences, then sells what queues. */
  start(term: number): void {
    this.#answeredAtMs = this.#options.clock.monotonicMs();
    this.#selling = { term, session: null, inFlight: 0, lastBatch: 0, isFencing: false };
    this.#goOn(this.#selling);
  }

  /** It leads no more: nothing more is asked. */
  stop(): void {
    this.#selling = null;
    this.#queue = [];
  }

  add(pending: Pending): void {
    this.#queue.push(pending);
    if (this.#queue.length === 1)
      queueMicrotask(() => this.#selling && this.#goOn(this.#selling));
  }

  /** Takes back purchases of which nothing was tried. */
  remove(untried: ReadonlySet<Pending>): void {
    this.#queue = this.#queue.filter((pending) => !untried.has(pending));
  }

  /** Does what there is room for: fences when there is no session, else sells what queues. */
  #goOn(selling: Selling): void {
    if (this.#selling !== selling) return;
    if (selling.session === null) return this.#fence(selling);
    while (!this.#isHeld && this.#queue.length > 0 && selling.inFlight < SALES_IN_FLIGHT_MAX) {
      const batch = this.#queue.splice(0, BATCH_ITEMS_MAX);
      if (this.#options.isFull()) {
        this.#options.events.onResults(batch, batch.map(() => NO_ROOM));
        continue;
      }
      for (const pending of batch) pending.progress = "selling";
      void this.#sell(selling, selling.session, batch);
    }
  }

  async #sell(selling: Selling, session: string, batch: Pending[]): Promise<void> {
    const { id, events } = this.#options;
    const request: SalesRequest = {
      term: selling.term,
      leader: id,
      session,
      batch: ++selling.lastBatch,
      settled: events.settled(),
      sales: batch.map((pending) => pending.purchase),
    };
    selling.inFlight++;
    try {
      const read = (answer: SalesAnswer) =>
        readSales(answer, batch.length, (sale) => events.isKnown(sale));
      const answer = await this.#askUntilAnswered("/sales", request, selling, read);
      this.counts.batches++;
      this.counts.sales += batch.length;
      if (this.#selling === selling) events.onResults(batch, answer.results);
    } catch (error) {
      if (this.#selling === selling) this.#onRefused(error, selling, session, batch);
    }
    selling.inFlight--;
    this.#goOn(selling);
  }

  #onRefused(error: unknown, selling: Selling, session: string, batch: Pending[]): void {
    if (!hasReason(error, "session")) return this.#onFault(error);
    if (selling.session === session) selling.session = null;
    // Sold or not, the fence's list tells; what it does not name is sold anew.
    this.#queue.unshift(...batch);
  }

  #fence(selling: Selling): void {
    if (selling.inFlight > 0 || selling.isFencing) return;
    selling.isFencing = true;
    this.#openSession(selling)
      .catch((error) => this.#selling === selling && this.#onFault(error))
      .finally(() => {
        selling.isFencing = false;
        this.#goOn(selling);
      });
  }

  async #openSession(selling: Selling): Promise<void> {
    const { id, log, events } = this.#options;
    const answer = await this.#askForFence(selling, selling.term, id);
    if (this.#selling !== selling) return;
    this.counts.fences++;
    selling.session = answer.session;
    selling.lastBatch = 0;
    log.info("sells: the catalog is fenced", {
      term: selling.term,
      unsettled: answer.sales.length,
    });
    const sold = new Set(answer.sales.map((sale: Sale) => sale.key));
    this.#queue = this.#queue.filter((pending) => !sold.has(pending.purchase.key));
    events.onSession(answer);
  }

  /** A fence far below the own term, as wrong messages leave it, is raised in steps. */
  async #askForFence(selling: Selling, term: number, leader: number): Promise<FenceAnswer> {
    const request: FenceRequest = { term, leader };
    try {
      const read = (answer: FenceAnswer) => {
        this.#options.events.checkSession(readFence(answer));
        return answer;
      };
      const answer = await this.#askUntilAnswered("/fence", request, selling, read);
      if (term === selling.term) return answer;
    } catch (error) {
      if (!hasReason(error, "conflict") || !isTerm(error.details.term)) throw error;
      const step = climb(error.details.term, selling.term);
      if (step >= term) throw error;
      return this.#askForFence(selling, step, leader);
    }
    return this.#askForFence(selling, climb(term, selling.term), leader);
  }

  /**
   * The same question again and again, to whoever leads the catalog, while this leadership
   * lasts; with pauses, as a leader that refuses at once may be found again at once.
   */
  async #askUntilAnswered<T>(
    path: string,
    request: object,
    selling: Selling,
    read: (answer: T) => T,
  ): Promise<T> {
    const { catalog, clock } = this.#options;
    const body = JSON.stringify(request);
    for (let pauseMs = RETRY_PAUSE_MIN_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_PAUSE_MAX_MS)) {
      if (this.#selling !== selling)
        throw new AppError("not_leader", "This replica leads no more");
      const deadlineMs = clock.monotonicMs() + SALES_TIMEOUT_MS;
      const leader = await catalog.wait(deadlineMs).catch(() => null);
      if (leader === null) continue;
      try {
        const answer = read(
          await leader.peer.post<T>(path, body, { timeoutMs: SALES_TIMEOUT_MS }),
        );
        this.#answeredAtMs = clock.monotonicMs();
        failpoint(path === "/sales" ? "order.sold" : "leader.fenced");
        return answer;
      } catch (error) {
        if (!hasReason(error, ...PASSING)) throw error;
        catalog.suspect(leader.peer);
        await pause(clock, pauseMs);
      }
    }
  }

  /**
   * Fenced out: a newer leader sells. A catalog that refuses anything else is wrong, and the next
   * leader may have more luck; what is no AppError is a bug of this replica.
   */
  #onFault(error: unknown): void {
    const { events, log } = this.#options;
    if (hasReason(error, "fenced")) {
      log.warn("a newer leader has fenced the catalog", error.details);
      return events.onOutranked(Number(error.details.term));
    }
    if (!(error instanceof AppError)) return events.fail(error);
    if (error.reason === "not_leader") return;
    log.error("the catalog refuses what it must take", { reason: error.reason });
    events.onOutranked(0);
  }
}
