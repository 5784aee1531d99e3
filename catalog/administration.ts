/**
 * What the admin changes: rows like any other, decided here against the
 * decided state, and answered when they are visible. Nothing is ever tried
 * twice, nor taken twice when the network has made two of it: pieces would be
 * added twice. Whoever is cut off is told 'unknown'.
 */
import { Arrivals } from "../shared/arrivals.ts";
import type { Clock } from "../shared/clock.ts";
import { AppError } from "../shared/errors.ts";
import { STOCK_MAX } from "../shared/limits.ts";
import type { AdminAnswer, AdminChange, AdminRequest } from "../shared/wire.ts";
import type { Leadership } from "./leadership.ts";
import type { Leading } from "./leading.ts";
import { lookUp } from "./lookups.ts";
import type { ProductRecord } from "./products.ts";
import { pricePayload, stockPayload, type PriceRow, type StockRow } from "./rows.ts";
import type { CatalogState } from "./state.ts";

export interface AdministrationOptions {
  state: CatalogState;
  leading: Leading;
  clock: Clock;
}

export class Administration {
  readonly #state: CatalogState;
  readonly #leading: Leading;
  readonly #clock: Clock;
  readonly #arrivals = new Arrivals();

  constructor({ state, leading, clock }: AdministrationOptions) {
    this.#state = state;
    this.#leading = leading;
    this.#clock = clock;
  }

  /**
   * One append for all that is asked.
   * @throws not_found, precondition_failed, conflict, not_leader, unavailable: nothing changed;
   *   unknown
   */
  async change(request: AdminRequest): Promise<AdminAnswer> {
    this.#arrivals.take(request, this.#leading.host);
    const leadership = await this.#leading.opened();
    const product = this.#state.products.find(request.name);
    if (product === undefined) {
      return this.#refuse(new AppError("not_found", "There is no such product"), leadership);
    }
    // From here to the proposal nothing is awaited: what was judged is what is changed.
    const refusal = this.#refusalOf(request, product);
    if (refusal !== null) return this.#refuse(refusal, leadership);
    const time = this.#clock.timestamp();
    const rows: (PriceRow | StockRow)[] = [];
    const payloads: string[] = [];
    const { name, price } = request;
    if (price !== undefined) {
      const row: PriceRow = { kind: "price", name, price };
      rows.push(row);
      payloads.push(pricePayload(row, time));
    }
    const quantity = addedBy(request, product);
    if (quantity !== null) {
      const row: StockRow = { kind: "stock", name, quantity };
      rows.push(row);
      payloads.push(stockPayload(row, time));
    }
    this.#leading.propose(rows, payloads);
    try {
      await leadership.visibility.wait(this.#state.lastIndex);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new AppError("unknown", "This replica leads no more: it may have been changed");
    }
    const found = lookUp(this.#state, name)!;
    return { product: found.product, version: found.version };
  }

  /** It rests on rows, and leaves when they are visible. */
  async #refuse(refusal: AppError, leadership: Leadership): Promise<never> {
    await leadership.visibility.wait(this.#state.lastIndex);
    throw refusal;
  }

  #refusalOf(request: AdminChange, product: ProductRecord): AppError | null {
    if (request.versions !== null && !request.versions.includes(product.version)) {
      return new AppError("precondition_failed", "It has been changed since: look again");
    }
    const quantity = product.quantity + (addedBy(request, product) ?? 0);
    if (quantity < 0 || quantity > STOCK_MAX) {
      return new AppError("conflict", `That would be ${quantity} pieces: 0 to ${STOCK_MAX} can be`);
    }
    if (!this.#leading.host.isFull) return null;
    return new AppError("unavailable", "The disk of the catalog is full");
  }
}

/** Pieces; null: their number is not to change. */
function addedBy({ quantity, added }: AdminChange, product: ProductRecord): number | null {
  return quantity === undefined ? (added ?? null) : quantity - product.quantity;
}
