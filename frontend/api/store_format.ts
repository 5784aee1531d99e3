/**
 * The words of a store at its front door: what an order may say, and how
 * products and orders are shown, byte for byte. Made once from the store's
 * table (shared/stores), so that no handler asks which store it serves.
 */
import type { NewProduct } from "../../shared/messages/admin.ts";
import { AppError } from "../../shared/errors.ts";
import { QUANTITY_MAX } from "../../shared/limits.ts";
import { parseName } from "../../shared/messages/names.ts";
import { asIntegerIn, asPrice, asRecord } from "../../shared/messages/parse.ts";
import type { Store } from "../../shared/stores/store.ts";
import { readTraits } from "../../shared/messages/traits.ts";
import type { Order, OrderType, Product, Purchase } from "../../shared/messages/messages.ts";

export type OrderRequest = Omit<Purchase, "key">;

export class Vocabulary {
  readonly #store: Store;
  /** An order says whether it buys or sells: only where both can be done. */
  readonly #showsType: boolean;
  readonly #productFields: string[];
  readonly #orderFields: string[];

  constructor(store: Store) {
    this.#store = store;
    this.#showsType = store.orderTypes.length > 1;
    this.#productFields = [...store.productFields];
    this.#orderFields = ["number", "name", ...(this.#showsType ? ["type"] : []), "quantity"];
  }

  get store(): Store {
    return this.#store;
  }

  get productFields(): readonly string[] {
    return this.#productFields;
  }

  /** What a new product is made of: all but the id must be said. */
  get newProductFields(): readonly string[] {
    return this.#store.columns;
  }

  get orderFields(): readonly string[] {
    return this.#orderFields;
  }

  /** @throws bad_request */
  parseOrder(body: unknown): OrderRequest {
    const optional = this.#showsType ? ["type"] : [];
    const { name, quantity, type } = asRecord(body, ["name", "quantity"], optional);
    return {
      name: parseName(name),
      type: type === undefined ? this.#store.orderTypes[0]! : this.#parseType(type),
      quantity: asIntegerIn(quantity, "quantity", 1, QUANTITY_MAX),
    };
  }

  /** @throws bad_request */
  parseNewProduct(body: unknown): NewProduct {
    const required = this.newProductFields.filter((field) => field !== "id");
    const optional = this.newProductFields.filter((field) => field === "id");
    const { name, price, quantity, ...traits } = asRecord(body, required, optional);
    return {
      kind: "create",
      name: parseName(name),
      price: asPrice(price),
      quantity: asIntegerIn(quantity, "quantity", 0, QUANTITY_MAX),
      traits: readTraits(traits),
    };
  }

  #parseType(value: unknown): OrderType {
    const { orderTypes } = this.#store;
    const type = orderTypes.find((known) => known === value);
    if (type !== undefined) return type;
    throw new AppError("bad_request", `type must be one of ${orderTypes.join(", ")}`);
  }

  showProduct(product: Product): string {
    return `{"data":${inOrder(product, this.#productFields)}}`;
  }

  showProducts(products: readonly Product[]): string {
    const shown = products.map((product) => inOrder(product, this.#productFields));
    return `{"data":[${shown.join(",")}]}`;
  }

  /** The answer to a purchase. */
  showOrdered(number: number): string {
    return `{"data":{"${this.#store.orderNumberField}":${number}}}`;
  }

  showOrder(order: Order): string {
    return `{"data":${inOrder(order, this.#orderFields)}}`;
  }
}

/** An array as the replacer gives exactly these fields, in this order. */
function inOrder(value: object, fields: string[]): string {
  return JSON.stringify(value, fields);
}
