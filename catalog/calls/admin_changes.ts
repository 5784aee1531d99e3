/**
 * What the admin changes: rows like any other, decided here against the
 * decided state, and answered when they are visible. Nothing is ever tried
 * twice, nor taken twice when the network has made two of it: pieces would be
 * added twice. Whoever is cut off is told 'unknown'.
 */
import type {
  AdminAnswer, AdminChange, AdminRequest, NewProduct, ProductPatch,
} from "../../shared/messages/admin.ts";
import { SequenceGuard } from "../../shared/cluster/sequence_guard.ts";
import type { Clock } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { ID_MAX, STOCK_MAX } from "../../shared/limits.ts";
import type { Leadership } from "../leader/leadership.ts";
import type { LeaderGuard } from "../leader/leader_guard.ts";
import { decidedProduct } from "./shown_products.ts";
import { NO_TRAITS, type ProductRecord } from "../state/products.ts";
import { adminPayload, type AdminRow } from "../state/rows.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export interface AdministrationOptions {
  state: CatalogState;
  leading: LeaderGuard;
  clock: Clock;
}

export class AdminChanges {
  readonly #state: CatalogState;
  readonly #leading: LeaderGuard;
  readonly #clock: Clock;
  readonly #arrivals = new SequenceGuard();

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
    // From here to the proposal nothing is awaited: what was judged is what is changed.
    const rows = this.#judge(request);
    if (rows instanceof AppError) return this.#refuse(rows, leadership);
    const time = this.#clock.timestamp();
    this.#leading.propose(rows, rows.map((row) => adminPayload(row, time)));
    const record = this.#state.products.find(request.name)!;
    const answer = { product: decidedProduct(record), version: record.version };
    try {
      await leadership.visibility.wait(this.#state.lastIndex);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new AppError("unknown", "This replica leads no more: it may have been changed");
    }
    return answer;
  }

  /** It rests on rows, and leaves when they are visible. */
  async #refuse(refusal: AppError, leadership: Leadership): Promise<never> {
    await leadership.visibility.wait(this.#state.lastIndex);
    throw refusal;
  }

  /** What it comes to, or why not. */
  #judge(change: AdminChange): AdminRow[] | AppError {
    const record = this.#state.products.find(change.name);
    const isHere = record?.life.isHere ?? false;
    if (change.kind === "create") {
      if (isHere) return new AppError("conflict", "There is a product of this name");
      return this.#roomFor(this.#make(change, record));
    }
    if (!record || !isHere) return new AppError("not_found", "There is no such product");
    if (change.versions !== null && !change.versions.includes(record.version)) {
      return new AppError("precondition_failed", "It has been changed since: look again");
    }
    if (change.kind === "patch") return this.#roomFor(patch(change, record));
    const { name, quantity } = record;
    return this.#roomFor([{ kind: "remove", name, quantity: 0 - quantity }]);
  }

  #roomFor(rows: AdminRow[] | AppError): AdminRow[] | AppError {
    if (rows instanceof AppError || !this.#leading.host.isFull) return rows;
    return new AppError("unavailable", "The disk of the catalog is full");
  }

  /** Its id is the one it had, or the one asked for, or the next, where products have ids. */
  #make(product: NewProduct, before: ProductRecord | undefined): AdminRow[] | AppError {
    const { name, price, quantity } = product;
    const { id: wanted, topic, max_volume } = product.traits;
    const { products } = this.#state;
    const own = before?.life.traits.id;
    const id = own ?? wanted ?? (products.lastId > 0 ? products.lastId + 1 : undefined);
    if (wanted !== undefined && wanted !== id) {
      return new AppError("conflict", `A product of this name had id ${id}, and keeps it`);
    }
    if (id !== undefined && id !== own && products.findById(id) !== undefined) {
      return new AppError("conflict", `Id ${id} is, or was, that of another product`);
    }
    if (id !== undefined && id > ID_MAX) return new AppError("conflict", "There is no id left");
    const traits = {
      ...(id === undefined ? {} : { id }),
      ...(topic === undefined ? {} : { topic }),
      ...(max_volume === undefined ? {} : { max_volume }),
    };
    const isPlain = Object.keys(traits).length === 0;
    return [{ kind: "product", name, quantity, price, traits: isPlain ? NO_TRAITS : traits }];
  }
}

function patch(change: ProductPatch, record: ProductRecord): AdminRow[] | AppError {
  const { name, price } = change;
  const added = addedBy(change, record);
  const quantity = record.quantity + (added ?? 0);
  if (quantity < 0 || quantity > STOCK_MAX) {
    return new AppError("conflict", `That would be ${quantity} pieces: 0 to ${STOCK_MAX} can be`);
  }
  const rows: AdminRow[] = [];
  if (price !== undefined) rows.push({ kind: "price", name, price });
  if (added !== null) rows.push({ kind: "stock", name, quantity: added });
  return rows;
}

/** Pieces; null: their number is not to change. */
function addedBy({ quantity, added }: ProductPatch, product: ProductRecord): number | null {
  return quantity === undefined ? (added ?? null) : quantity - product.quantity;
}
