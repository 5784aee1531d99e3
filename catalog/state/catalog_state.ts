/**
 * The catalog as a state machine: rows of its log in, products and ledger
 * out. Same rows, same state, on every replica.
 *
 *      1 … visible        |  visible+1 … last
 *      committed, and     |  decided: judged by, shown to nobody yet,
 *      no cache is older  |  each with what undoes it (undo_log.ts)
 *
 * A row is applied as it enters the log, long before it is committed,
 * because the next sale must be judged by it. What never gets committed is
 * cut again, at once: it was shown to nobody.
 */
import assert from "node:assert/strict";
import { isTerm } from "../../shared/terms.ts";
import type { Sale } from "../../shared/messages/messages.ts";
import { UndoLog, type Change } from "./undo_log.ts";
import { writeCheckpoint, type Checkpoint } from "./state_checkpoint.ts";
import { Ledger, NO_FENCE } from "./sales_ledger.ts";
import {
  NEVER_LISTED, Products, assertBalance, initialChecksum, initialRecord, tradedOf, newListing,
} from "./products.ts";
import type { InitialProduct, ProductRecord } from "./products.ts";
import type { FenceRow, NewProductRow, RemoveRow, Row, SaleRow } from "./rows.ts";

export class CatalogState {
  #products: Products;
  #ledger = new Ledger();
  #initial: string;
  readonly #changes = new UndoLog();
  /** Index of the last visible row that changed a product. */
  #lastVisibleChange = 0;

  constructor(initial: readonly InitialProduct[]) {
    this.#products = new Products(initial.map(initialRecord));
    this.#initial = initialChecksum(initial);
  }

  get products(): Products {
    return this.#products;
  }

  /** To look at; rows alone change it. */
  get ledger(): Readonly<Ledger> {
    return this.#ledger;
  }

  /** Checksum of the products that this store was born with. */
  get initial(): string {
    return this.#initial;
  }

  /** Index of the last row of the own log. */
  get lastIndex(): number {
    return this.#changes.lastIndex;
  }

  /** Every row up to this one is visible. Invariant: visibleIndex <= commit index <= lastIndex. */
  get visibleIndex(): number {
    return this.#changes.firstIndex - 1;
  }

  /** Index of the last visible row that changed any product. */
  get lastVisibleChange(): number {
    return this.#lastVisibleChange;
  }

  /** No change of any product is on its way. */
  get isQuiet(): boolean {
    return this.#changes.products === 0;
  }

  apply(index: number, row: Row): void {
    assert.equal(index, this.lastIndex + 1, "a log has no gaps");
    this.#changes.push(this.#change(index, row));
  }

  /** Rows after this index have left the log: they were never committed. */
  cut(after: number): void {
    assert(after >= this.visibleIndex, "what was visible is never cut");
    while (this.lastIndex > after) this.#undo(this.#changes.pop());
  }

  /** Rows up to this index are committed, and no cache holds anything older. */
  reveal(index: number): void {
    assert(index <= this.lastIndex, "only what is decided becomes visible");
    while (this.visibleIndex < index) {
      const { product, quantity, traded, price, life, row } = this.#changes.shift();
      if (product !== null) {
        product.visiblePrice = price;
        this.#products.showLife(product, life);
        product.visibleQuantity = quantity;
        product.visibleTraded = traded;
        product.visibleVersion = this.visibleIndex;
        this.#lastVisibleChange = this.visibleIndex;
      }
      if (row.kind === "sale") this.#ledger.show(row);
    }
  }

  /** The name of the product that the row at this index changes, null for none. */
  nameChangedAt(index: number): string | null {
    return this.#changes.at(index).product?.name ?? null;
  }

  /** One that is not visible yet. */
  rowAt(index: number): Row {
    return this.#changes.at(index).row;
  }

  /** The decided state as it stands at lastIndex: the same text on every replica. */
  snapshot(): string {
    return writeCheckpoint({
      index: this.lastIndex,
      initial: this.#initial,
      fence: this.#ledger.fence,
      settled: this.#ledger.settled,
      products: this.#products.ordered(),
      sales: this.#ledger.unsettledSales(),
    });
  }

  /** Takes the place of the initial products and of all rows, visible or not. */
  restore({ index, initial, products, ...ledger }: Checkpoint): void {
    this.#changes.startAt(index + 1);
    this.#initial = initial;
    this.#products = new Products(products);
    this.#ledger = new Ledger();
    this.#ledger.restore(ledger);
    for (const { version } of products) {
      if (version > this.#lastVisibleChange) this.#lastVisibleChange = version;
    }
  }

  #change(index: number, row: Row): Change {
    const change: Change = {
      row,
      product: null,
      moved: 0,
      quantity: 0,
      traded: 0,
      price: 0,
      life: NEVER_LISTED,
      priceBefore: 0,
      lifeBefore: NEVER_LISTED,
      versionBefore: 0,
      settledBefore: this.#ledger.settled,
      fenceBefore: this.#ledger.fence,
      keyBefore: undefined,
    };
    switch (row.kind) {
      case "sale":
        this.#sell(index, row, change);
        break;
      case "restock":
        this.#move(index, row, change, row.quantity).restocked += row.quantity;
        break;
      case "stock":
        this.#move(index, row, change, row.quantity).added += row.quantity;
        break;
      case "price":
        this.#touch(index, row, change).price = row.price;
        break;
      case "product":
        this.#make(index, row, change);
        break;
      case "remove":
        this.#remove(index, row, change);
        break;
      case "fence":
        this.#fence(row);
    }
    const { product } = change;
    if (product !== null) {
      change.quantity = product.quantity;
      change.traded = tradedOf(product);
      change.price = product.price;
      change.life = product.life;
      assertBalance(product);
    }
    return change;
  }

  #sell(index: number, row: SaleRow, change: Change): void {
    const ledger = this.#ledger;
    assert(row.settled >= ledger.settled, "settled never goes back");
    assert(row.settled < ledger.next, "only what was sold is settled");
    ledger.settled = row.settled;
    change.keyBefore = ledger.add(asSale(row));
    const isBuy = row.type === "buy";
    const product = this.#move(index, row, change, isBuy ? -row.quantity : row.quantity);
    if (isBuy) product.bought += row.quantity;
    else product.soldBack += row.quantity;
  }

  /** A new product, or one that was removed comes again. */
  #make(index: number, row: NewProductRow, change: Change): void {
    const { name, price, quantity, traits } = row;
    const before = this.#products.find(name);
    const product = before ?? newListing(name);
    assert(!product.life.isHere, "who is here is not made");
    change.product = product;
    change.versionBefore = product.version;
    change.priceBefore = product.price;
    change.lifeBefore = product.life;
    change.moved = quantity;
    const life = { isHere: true, traits, tradedBefore: product.bought + product.soldBack };
    if (before !== undefined) this.#products.setLife(product, life);
    else {
      product.life = life;
      this.#products.add(product);
    }
    product.price = price;
    product.added += quantity;
    this.#products.setQuantity(product, quantity, index);
  }

  #remove(index: number, row: RemoveRow, change: Change): void {
    const product = this.#move(index, row, change, row.quantity);
    product.added += row.quantity;
    assert.equal(product.quantity, 0, "what is removed is removed whole");
    this.#products.setLife(product, { ...product.life, isHere: false });
  }

  /**
   * Before terms had a bound a wrong one could stand above every other for ever. It counts as
   * none, on every replica alike, and so does the one before, which a checkpoint does not keep.
   */
  #fence(row: FenceRow): void {
    if (!isTerm(row.term)) {
      this.#ledger.fence = NO_FENCE;
      return;
    }
    assert(row.term > this.#ledger.fence.term, "a fence only rises");
    this.#ledger.fence = { term: row.term, leader: row.leader };
  }

  #move(index: number, row: ProductRow, change: Change, pieces: number): ProductRecord {
    const product = this.#touch(index, row, change);
    change.moved = pieces;
    this.#products.setQuantity(product, product.quantity + pieces, index);
    return product;
  }

  /** The product that the row changes; from here on it is the work of that row. */
  #touch(index: number, row: ProductRow, change: Change): ProductRecord {
    const product = this.#products.find(row.name);
    if (!product?.life.isHere) assert.fail(`row ${index} is of no product: ${row.name}`);
    change.product = product;
    change.versionBefore = product.version;
    change.priceBefore = product.price;
    change.lifeBefore = product.life;
    product.version = index;
    return product;
  }

  #undo(change: Change): void {
    const { row, product, moved } = change;
    if (row.kind === "sale") this.#ledger.takeBack(row.sale, change.keyBefore);
    this.#ledger.settled = change.settledBefore;
    this.#ledger.fence = change.fenceBefore;
    if (product === null) return;
    product.price = change.priceBefore;
    this.#products.setQuantity(product, product.quantity - moved, change.versionBefore);
    if (row.kind === "restock") product.restocked -= moved;
    else if (row.kind === "sale" && row.type === "sell") product.soldBack -= moved;
    else if (row.kind === "sale") product.bought += moved;
    else product.added -= moved;
    assertBalance(product);
    if (change.lifeBefore === NEVER_LISTED) this.#products.drop(product);
    else if (product.life !== change.lifeBefore) this.#products.setLife(product, change.lifeBefore);
  }
}

/** A row that changes one product. */
type ProductRow = Extract<Row, { name: string }>;

function asSale(row: SaleRow): Sale {
  const { sale, key, name, type, quantity } = row;
  return { sale, key, name, type, quantity };
}
