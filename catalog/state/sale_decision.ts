/**
 * Judges a batch of purchases, one after the other, against the decided
 * state, and says which rows make it so. Nothing is changed here: the rows do
 * that when they enter the log, and may be cut again. One pass, no promise
 * and no closure per sale: thousands of these come every second.
 */
import { AppError } from "../../shared/errors.ts";
import type { Purchase, Sale, SaleResult } from "../../shared/messages/messages.ts";
import { tradedOf, type ProductRecord } from "./products.ts";
import { salePayload, type SaleRow } from "./rows.ts";
import type { CatalogState } from "./catalog_state.ts";

export interface Decision {
  /** In the order of the purchases. */
  results: SaleResult[];
  rows: SaleRow[];
  /** The same rows as CSV. */
  payloads: string[];
}

export interface SaleContext {
  /** Every sale up to this one has a committed order. */
  settled: number;
  /** No room for rows: only what was sold before is answered as sold. */
  isFull: boolean;
  /** Wall time of the rows. */
  time: string;
}

const NO_ROOM: SaleResult = { code: "unavailable", message: "The disk of the catalog is full" };

/** @throws conflict when a key stands for a sale of something else */
export function decide(
  state: CatalogState,
  purchases: Purchase[],
  circumstances: SaleContext,
): Decision {
  const settled = Math.max(circumstances.settled, state.ledger.settled);
  return new Judge(state, { ...circumstances, settled }).judge(purchases);
}

class Judge {
  readonly #state: CatalogState;
  readonly #settled: number;
  readonly #isFull: boolean;
  readonly #time: string;
  readonly #rows: SaleRow[] = [];
  readonly #payloads: string[] = [];
  /** What this batch leaves of a product. */
  readonly #left = new Map<ProductRecord, number>();
  /** What has been traded of a product after this batch, where that is bounded. */
  readonly #traded = new Map<ProductRecord, number>();
  /** What this batch sold, by key. */
  readonly #sold = new Map<string, SaleRow>();
  #next: number;

  constructor(state: CatalogState, { settled, isFull, time }: SaleContext) {
    this.#state = state;
    this.#settled = settled;
    this.#isFull = isFull;
    this.#time = time;
    this.#next = state.ledger.next;
  }

  judge(purchases: Purchase[]): Decision {
    const results: SaleResult[] = new Array(purchases.length);
    for (let at = 0; at < purchases.length; at++) results[at] = this.#one(purchases[at]!);
    return { results, rows: this.#rows, payloads: this.#payloads };
  }

  #one(purchase: Purchase): SaleResult {
    const { key, name, type, quantity } = purchase;
    const known = this.#sold.get(key) ?? this.#state.ledger.findByKey(key);
    if (known !== undefined && known.sale > this.#settled) return sameSale(known, purchase);
    if (this.#isFull) return NO_ROOM;
    const product = this.#state.products.find(name);
    if (!product?.life.isHere) return { code: "not_found" };
    const left = this.#left.get(product) ?? product.quantity;
    if (type === "buy" && quantity > left) return { code: "out_of_stock", left };
    const volume = this.#volumeLeft(product);
    if (quantity > volume) return { code: "over_volume", left: volume };
    if (volume !== Infinity) this.#traded.set(product, this.#tradedOf(product) + quantity);
    this.#left.set(product, type === "buy" ? left - quantity : left + quantity);
    const settled = this.#settled;
    const row: SaleRow = { kind: "sale", name, type, quantity, key, sale: this.#next, settled };
    this.#next += 1;
    this.#sold.set(key, row);
    this.#rows.push(row);
    this.#payloads.push(salePayload(row, product.price, this.#time));
    return { code: "sold", sale: row.sale };
  }

  #volumeLeft(product: ProductRecord): number {
    const { max_volume: max } = product.life.traits;
    return max === undefined ? Infinity : max - this.#tradedOf(product);
  }

  #tradedOf(product: ProductRecord): number {
    return this.#traded.get(product) ?? tradedOf(product);
  }
}

/** One key, one sale: whoever asks again with it gets the sale that it has. */
function sameSale(known: Sale | SaleRow, { key, name, type, quantity }: Purchase): SaleResult {
  if (known.name !== name || known.type !== type || known.quantity !== quantity) {
    const message = `Cannot sell under key ${key}: it stands for sale ${known.sale} of other goods`;
    throw new AppError("conflict", message);
  }
  return { code: "sold", sale: known.sale };
}
