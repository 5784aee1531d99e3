/**
 * POST /orders and GET /orders/:number, and buying by id. Every purchase goes
 * under a key, the buyer's or one made here, and every answer from there on
 * says which: so a buyer who does not know what became of an order repeats it
 * and gets that same order, never a second one.
 */
import { AppError, hasReason } from "../shared/errors.ts";
import { JSON_TYPE } from "../shared/http/answers.ts";
import type { Exchange } from "../shared/http/exchange.ts";
import type { Log } from "../shared/logging.ts";
import type { Order, PlaceResult, Purchase } from "../shared/wire.ts";
import { sendError, timing } from "./answer.ts";
import { parseId } from "./product_names.ts";
import { makeKey, parseBuyersKey } from "./purchase_key.ts";
import { refuseQuery } from "./query.ts";
import { traceOf } from "./trace.ts";
import type { OrderRequest, Vocabulary } from "./vocabulary.ts";

const ORDER_NUMBER = /^[1-9][0-9]{0,15}$/;
/** A committed order never changes. */
const FOR_EVER = "public, max-age=31536000, immutable";

export interface OrderPagesOptions {
  vocabulary: Vocabulary;
  /** @param purchase JSON text of a Purchase */
  place: (purchase: string) => Promise<PlaceResult>;
  /** Null: there is no such order. */
  find: (number: number) => Promise<Order | null>;
  /** Of the product with this id; null: there is none. */
  nameOf: (id: number) => Promise<string | null>;
  nowMs: () => number;
  log: Log;
}

export class OrderPages {
  readonly #options: OrderPagesOptions;

  constructor(options: OrderPagesOptions) {
    this.#options = options;
  }

  place(exchange: Exchange): Promise<void> {
    const { vocabulary } = this.#options;
    return this.#place(exchange, async () => vocabulary.parseOrder(await exchange.json()));
  }

  /** One piece of the product whose id is in the path; the body is empty. */
  buyById(exchange: Exchange): Promise<void> {
    return this.#place(exchange, async () => {
      if (exchange.hasBody) throw new AppError("bad_request", "The body must be empty");
      const name = await this.#options.nameOf(parseId(exchange.params[0]!));
      if (name === null) throw new AppError("not_found", "There is no such product");
      return { name, type: "buy", quantity: 1 };
    });
  }

  async #place(exchange: Exchange, readRequest: () => Promise<OrderRequest>): Promise<void> {
    const { vocabulary, place, nowMs } = this.#options;
    const headers: string[] = [];
    let key: string | null = null;
    try {
      key = keyOf(exchange);
      headers.push("Idempotency-Key", key);
      refuseQuery(exchange.query);
      const request = await readRequest();
      const startedMs = nowMs();
      const result = await place(JSON.stringify({ key, ...request } satisfies Purchase));
      headers.push("Server-Timing", timing("order", nowMs() - startedMs));
      if (result.code !== "ordered") throw refusalOf(result);
      if (result.replayed) headers.push("Idempotency-Replayed", "true");
      headers.push("Location", `/orders/${result.number}`, "Content-Type", JSON_TYPE);
      headers.push("Cache-Control", "no-store");
      exchange.send(200, headers, vocabulary.showOrdered(result.number));
    } catch (error) {
      if (hasReason(error, "unknown")) this.#note(exchange, key, error);
      sendError(exchange, error, headers);
    }
  }

  async order(exchange: Exchange): Promise<void> {
    const { vocabulary, find, nowMs } = this.#options;
    refuseQuery(exchange.query);
    const number = parseOrderNumber(exchange.params[0]!);
    const startedMs = nowMs();
    const headers = (): string[] => ["Server-Timing", timing("order", nowMs() - startedMs)];
    try {
      // Above that an order's number would not be exact, so there is none.
      const order = Number.isSafeInteger(number) ? await find(number) : null;
      if (order === null) throw new AppError("not_found", "There is no such order");
      const kept = ["Content-Type", JSON_TYPE, "Cache-Control", FOR_EVER];
      exchange.send(200, [...kept, ...headers()], vocabulary.showOrder(order));
    } catch (error) {
      sendError(exchange, error, headers());
    }
  }

  /** By its key the order, if there is one, is found in the logs of the order service. */
  #note(exchange: Exchange, key: string | null, { message }: AppError): void {
    const fields = { key, reason: message, ...traceOf(exchange) };
    this.#options.log.warn("the outcome of an order is unknown", fields);
  }
}

/** The buyer's, or one made here. @throws bad_request */
function keyOf(exchange: Exchange): string {
  const value = exchange.header("idempotency-key");
  return value === undefined ? makeKey() : parseBuyersKey(value);
}

/** @throws bad_request */
function parseOrderNumber(text: string): number {
  if (ORDER_NUMBER.test(text)) return Number(text);
  throw new AppError("bad_request", "An order number is a whole number from 1, without leading 0");
}

function refusalOf(result: Exclude<PlaceResult, { code: "ordered" }>): AppError {
  switch (result.code) {
    case "not_found":
      return new AppError("not_found", "There is no such product");
    case "out_of_stock":
      return new AppError("out_of_stock", `Not enough stock: ${result.left} left`);
    case "over_volume":
      return new AppError("conflict", `Over the maximum volume: ${result.left} left to trade`);
    case "key_reused":
      return new AppError("key_reused", "This Idempotency-Key belongs to another order");
    case "unavailable":
      return new AppError("unavailable", `${result.message}: try again with the same body`);
    case "unknown":
      return new AppError(
        "unknown",
        `${result.message}: repeat it with the same body and the Idempotency-Key of this answer`,
      );
  }
}
