/**
 * The order leader's side of the catalog: POST /fence and POST /sales.
 *
 *   fenced out? ─▶ session ─▶ seen before? ─▶ decision ─▶ rows ─▶ visible ─▶ answer
 *
 * Whatever leaves here (a sale, a refusal, a repeat, the list of unsettled
 * sales, the word that a higher term has fenced) rests on rows, and leaves
 * when those are visible: no crash can take back what it says.
 *
 * With a full disk nothing new is sold. A fence still gets its row: without it
 * no order leader would learn which sales have no order yet.
 */
import type { Clock } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { failpoint } from "../../shared/failpoint.ts";
import { climb } from "../../shared/terms.ts";
import type {
  FenceAnswer, FenceRequest, SalesAnswer, SalesRequest,
} from "../../shared/messages/messages.ts";
import { decide } from "../state/sale_decision.ts";
import type { Leadership } from "../leader/leadership.ts";
import type { LeaderGuard } from "../leader/leader_guard.ts";
import type { Fence } from "../state/sales_ledger.ts";
import { fencePayload, type FenceRow } from "../state/rows.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export interface SellingOptions {
  state: CatalogState;
  leading: LeaderGuard;
  /** Ids of all order replicas. */
  orders: readonly number[];
  clock: Clock;
}

export class Selling {
  readonly #state: CatalogState;
  readonly #leading: LeaderGuard;
  readonly #orders: readonly number[];
  readonly #clock: Clock;

  constructor({ state, leading, orders, clock }: SellingOptions) {
    this.#state = state;
    this.#leading = leading;
    this.#orders = orders;
    this.#clock = clock;
  }

  /**
   * From here on lower terms, and this term from another leader, sell nothing.
   * @throws fenced, not_leader, unavailable; bad_request; conflict when its term is too far above
   *   the fence, which is to be climbed to in steps
   */
  async fence(request: FenceRequest): Promise<FenceAnswer> {
    if (!this.#orders.includes(request.leader)) {
      throw new AppError("bad_request", "leader must be one of ORDERS");
    }
    const leadership = await this.#leading.opened();
    const { fence } = this.#state.ledger;
    if (request.term > climb(fence.term, request.term)) {
      throw new AppError("conflict", "Its term is too far above the fence", { term: fence.term });
    }
    if (isOutranked(request, fence)) return this.#refuse(leadership);
    const isSame = request.term === fence.term;
    if (!isSame) {
      const row: FenceRow = { kind: "fence", ...request };
      this.#leading.propose([row], [fencePayload(row, this.#clock.timestamp())]);
    }
    const { settled, next } = this.#state.ledger;
    const sales = this.#state.ledger.unsettledSales();
    // Whatever an older session decided is in this list, and it decides no more.
    const session = leadership.sessions.open(isSame);
    await leadership.visibility.wait(this.#state.lastIndex);
    return { session, settled, next, sales };
  }

  /** @throws fenced, session, bad_request, conflict, not_leader, unavailable */
  async sell(request: SalesRequest): Promise<SalesAnswer> {
    const leadership = await this.#leading.opened();
    const { fence, shown } = this.#state.ledger;
    if (isOutranked(request, fence)) return this.#refuse(leadership);
    if (request.term > fence.term) {
      throw new AppError("session", `Cannot sell: term ${request.term} has not fenced yet`);
    }
    const known = leadership.sessions.find(request.session, request.batch);
    if (known !== null) return known;
    if (request.settled > shown) {
      const message = `Cannot settle sale ${request.settled}: nobody was told beyond ${shown}`;
      throw new AppError("bad_request", message);
    }
    const answer = this.#decide(leadership, request);
    leadership.sessions.remember(request.batch, answer);
    return answer;
  }

  #decide(leadership: Leadership, { sales, settled }: SalesRequest): Promise<SalesAnswer> {
    const { isFull } = this.#leading.host;
    const circumstances = { settled, isFull, time: this.#clock.timestamp() };
    const { results, rows, payloads } = decide(this.#state, sales, circumstances);
    failpoint("catalog.decided");
    if (rows.length > 0) this.#leading.propose(rows, payloads);
    return leadership.visibility.wait(this.#state.lastIndex).then(() => ({ results }));
  }

  /** @throws fenced */
  async #refuse(leadership: Leadership): Promise<never> {
    const { term, leader } = this.#state.ledger.fence;
    await leadership.visibility.wait(this.#state.lastIndex);
    const message = `Cannot sell: order replica ${leader} has fenced the catalog in term ${term}`;
    throw new AppError("fenced", message, { term, leader });
  }
}

/** The catalog is fenced by a higher term, or in this one by another leader. */
function isOutranked(request: Fence, fence: Fence): boolean {
  if (request.term !== fence.term) return request.term < fence.term;
  return request.leader !== fence.leader;
}
