/**
 * One buyer: looks around and buys, then comes back with its receipts. Every
 * failure is counted where it happens and the buyer goes on, unless the store
 * gave no answer to several requests in a row.
 */
import { monotonicMs } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import { GIVEN_UP_MAX } from "./limits.ts";
import type { Pace } from "./pace.ts";
import type { Shop } from "./shop.ts";
import type { RequestType, Tally } from "./tally.ts";

/** An order the store acknowledged. */
export interface Receipt {
  number: number;
  name: string;
  quantity: number;
}
/** What the store said about a receipt when asked again. */
export type Comparison = "same" | "lost" | "different" | "not_compared";

export interface BuyerOptions {
  shop: Shop;
  tally: Tally;
  names: readonly string[];
  probability: number;
  random: () => number;
  /** Makes the key of the buyer's n-th order; never the same key twice, in any run. */
  key: (n: number) => string;
  stopped: () => boolean;
}

export class Buyer {
  readonly receipts: Receipt[] = [];
  /** Iterations done. */
  done = 0;
  /** Receipts looked at again. */
  compared = 0;
  readonly #options: BuyerOptions;
  #keys = 0;
  /** Requests in a row that nobody answered. */
  #givenUp = 0;

  constructor(options: BuyerOptions) {
    this.#options = options;
  }

  /** The store left too many requests in a row without an answer. */
  get hasLeft(): boolean {
    return this.#givenUp >= GIVEN_UP_MAX;
  }

  async buy(iterations: number, pace: Pace): Promise<void> {
    const { names, probability, random, stopped } = this.#options;
    while (this.done < iterations && !this.hasLeft) {
      // Both drawn at once, so that what is in stock does not change later choices.
      const name = names[Math.floor(random() * names.length)] ?? "";
      const wantsIt = random() < probability;
      const lookupAtMs = await pace.next();
      if (stopped()) return;
      const inStock = await this.#lookup(name, lookupAtMs);
      if (inStock && wantsIt && !this.hasLeft) {
        const orderAtMs = await pace.next();
        if (stopped()) return;
        await this.#order(name, orderAtMs);
      }
      this.done += 1;
    }
  }

  async compare(stopped: () => boolean): Promise<Comparison[]> {
    const comparisons: Comparison[] = [];
    // A store that was given up gets one more chance: it may have come back.
    this.#givenUp = this.hasLeft ? GIVEN_UP_MAX - 1 : 0;
    for (const receipt of this.receipts) {
      const skip = stopped() || this.hasLeft;
      comparisons.push(skip ? "not_compared" : await this.#find(receipt));
      if (!skip) this.compared += 1;
    }
    return comparisons;
  }

  async #lookup(name: string, fromMs: number): Promise<boolean> {
    try {
      const { quantity, hit } = await this.#options.shop.lookup(name);
      const split: RequestType[] = hit === null ? [] : hit ? ["hit"] : ["miss"];
      this.#answered(["lookup", ...split], fromMs);
      return quantity > 0;
    } catch (error) {
      this.#failed("lookup", `look-up of ${name}`, error);
      return false;
    }
  }

  async #order(name: string, fromMs: number): Promise<void> {
    this.#keys += 1;
    const key = this.#options.key(this.#keys);
    try {
      const purchase = await this.#options.shop.order(name, key);
      this.#answered([purchase.code === "ordered" ? "order" : "soldOut"], fromMs);
      if (purchase.code !== "ordered") return;
      this.receipts.push({ number: purchase.number, name, quantity: 1 });
    } catch (error) {
      this.#failed("order", `order of ${name}, key ${key}`, error);
    }
  }

  async #find(receipt: Receipt): Promise<Comparison> {
    const { shop, tally } = this.#options;
    const fromMs = monotonicMs();
    try {
      const order = await shop.find(receipt.number);
      this.#answered(["find"], fromMs);
      const made = JSON.stringify(receipt);
      if (order === null) {
        tally.problem(`an order is lost: ${made} was acknowledged, and now there is no such order`);
        return "lost";
      }
      const { number, name, quantity } = order;
      const found = JSON.stringify({ number, name, quantity });
      if (found === made) return "same";
      tally.problem(`an order has changed: ${made} was acknowledged, and now it is ${found}`);
      return "different";
    } catch (error) {
      this.#failed("find", `order ${receipt.number}`, error);
      return "not_compared";
    }
  }

  #answered(types: readonly RequestType[], fromMs: number): void {
    const nowMs = monotonicMs();
    this.#givenUp = 0;
    this.#options.tally.answer(types, nowMs - fromMs, nowMs);
  }

  #failed(type: RequestType, what: string, error: unknown): void {
    if (!(error instanceof AppError)) throw error;
    this.#givenUp = error.reason === "unavailable" ? this.#givenUp + 1 : 0;
    this.#options.tally.failure(type, `${what}: ${error.message}`);
  }
}
