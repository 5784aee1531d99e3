/**
 * POST /orders and GET /orders/:number, and buying by id. Every purchase goes
 * under a key, the buyer's or one made here, and every answer from there on
 * says which: so a buyer who does not know what became of an order repeats it
 * and gets that same order, never a second one.
 */
import type { Asker } from "../../shared/threads/asker.ts";
import { AppError, hasReason } from "../../shared/errors.ts";
import { JSON_TYPE } from "../../shared/http/error_response.ts";
import type { Exchange } from "../../shared/http/exchange.ts";
import { ORDER_DEADLINE_MS } from "../../shared/limits.ts";
import type { Log } from "../../shared/logging.ts";
import type { Order, PlaceResult, Purchase } from "../../shared/messages/messages.ts";
import { sendError, timing } from "./responses.ts";
import type { PlaceWithinAsk } from "../owner_messages.ts";
import { parseId, type NamesById } from "./names_by_id.ts";
import { makeKey, parseBuyersKey } from "./idempotency_key.ts";
import { refuseQuery } from "./query.ts";
import { traceOf } from "./trace.ts";
import type { OrderRequest, Vocabulary } from "./store_format.ts";

const ORDER_NUMBER = /^[1-9][0-9]{0,15}$/;
/** A committed order never changes. */
const FOR_EVER = "public, max-age=31536000, immutable";

export interface OrderPagesOptions {
  vocabulary: Vocabulary;
  /** @param purchase JSON text of a Purchase */
  place: (purchase: string, asker: Asker) => Promise<PlaceResult>;
  /** The same with what is left of its time. */
  placeWithin: (ask: PlaceWithinAsk, asker: Asker) => Promise<PlaceResult>;
  /** Null: there is no such order. */
  find: (number: number, asker: Asker) => Promise<Order | null>;
  names: Pick<NamesById, "findWithin">;
  nowMs: () => number;
  log: Log;
}

export class OrderPages {
  readonly #options: OrderPagesOptions;

  constructor(options: OrderPagesOptions) {
    this.#options = options;
  }

  place(exchange: Exchange): Promise<void> {
    const { vocabulary, place } = this.#options;
    return this.#place(exchange, async (key) => {
      const request = vocabulary.parseOrder(await exchange.json());
      return () => place(textOf(key, request), exchange);
    });
  }

  /** One piece of the product whose id is in the path; the body is empty. */
  buyById(exchange: Exchange): Promise<void> {
    const { names, placeWithin } = this.#options;
    return this.#place(exchange, async (key) => {
      if (exchange.hasBody) throw new AppError("bad_request", "The body must be empty");
      const id = parseId(exchange.params[0]!);
      const found = await names.findWithin(id, ORDER_DEADLINE_MS, exchange);
      const { name, leftMs: withinMs } = found;
      if (name === null) throw new AppError("not_found", "There is no such product");
      const purchase = textOf(key, { name, type: "buy", quantity: 1 });
      return () => placeWithin({ purchase, withinMs }, exchange);
    });
  }

  /** @param read what is asked for, as far as to ask the owner for it */
  async #place(
    exchange: Exchange,
    read: (key: string) => Promise<() => Promise<PlaceResult>>,
  ): Promise<void> {
    const { vocabulary, nowMs } = this.#options;
    const headers: string[] = [];
    let key: string | null = null;
    try {
      key = keyOf(exchange);
      headers.push("Idempotency-Key", key);
      refuseQuery(exchange.query);
      const ask = await read(key);
      const startedMs = nowMs();
      const result = await ask();
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
      const order = Number.isSafeInteger(number) ? await find(number, exchange) : null;
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

function textOf(key: string, request: OrderRequest): string {
  return JSON.stringify({ key, ...request } satisfies Purchase);
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
