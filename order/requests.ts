/**
 * The order service's calls: parsed at this door, answered by the owner.
 */
import { BATCH_ITEMS_MAX, NAME_LENGTH_MAX, QUANTITY_MAX } from "../shared/limits.ts";
import { AppError } from "../shared/errors.ts";
import { parseInternalKey } from "../shared/messages/names.ts";
import { asArray, asIntegerIn, asRecord, asText } from "../shared/messages/parse.ts";
import { asTerm } from "../shared/terms.ts";
import type { OrderType, PlaceRequest, Purchase } from "../shared/messages/messages.ts";

export const ORDER_CALLS = [
  { method: "POST", path: "/orders" },
  { method: "POST", path: "/orders/find" },
  { method: "GET", path: "/health" },
] as const;

/**
 * Order numbers as the public API takes them have up to 16 digits; these are the exact
 * integers.
 */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** A start id. */
const SENDER_LENGTH_MAX = 64;

/** @throws bad_request */
export function parsePlace(body: unknown): PlaceRequest {
  const { term, sender, batch, orders } = asRecord(body, ["term", "sender", "batch", "orders"]);
  return {
    term: asTerm(term, "term", 1),
    sender: asText(sender, "sender", SENDER_LENGTH_MAX),
    batch: asIntegerIn(batch, "batch", 1, NUMBER_MAX),
    orders: asArray(orders, "orders", BATCH_ITEMS_MAX, parsePurchase),
  };
}

function parsePurchase(value: unknown): Purchase {
  const { key, name, type, quantity } = asRecord(value, ["key", "name", "type", "quantity"]);
  return {
    key: parseInternalKey(asText(key, "key", 256)),
    // A front-end has checked the name; the catalog knows which there are.
    name: asText(name, "name", 2 * NAME_LENGTH_MAX),
    type: parseType(type),
    quantity: asIntegerIn(quantity, "quantity", 1, QUANTITY_MAX),
  };
}

function parseType(value: unknown): OrderType {
  if (value === "buy" || value === "sell") return value;
  throw new AppError("bad_request", "type must be buy or sell");
}

/** @throws bad_request */
export function parseFind(body: unknown): number[] {
  const { numbers } = asRecord(body, ["numbers"]);
  return asArray(numbers, "numbers", BATCH_ITEMS_MAX, (value) =>
    asIntegerIn(value, "number", 1, NUMBER_MAX),
  );
}

/** The index whose checksum is asked for, of GET /health?at=17. @throws bad_request */
export function parseHealth(query: unknown): number | null {
  const { at } = asRecord(query, [], ["at"]);
  return at === undefined ? null : asIntegerIn(Number(at), "at", 0, NUMBER_MAX);
}
