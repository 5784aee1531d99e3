/**
 * Answers of other members, read at this door down to each field: one that
 * cannot be right, or not to what was asked, counts as no answer, so it is
 * `unknown`, and is asked for again. None of it reaches a client.
 */
import type { AdminAnswer } from "../../shared/messages/admin.ts";
import { AppError, hasReason } from "../../shared/errors.ts";
import { LEASE_MS, NAME_LENGTH_MAX } from "../../shared/limits.ts";
import { asArray, asIntegerIn, asPrice, asRecord, asText } from "../../shared/messages/parse.ts";
import { isTerm } from "../../shared/terms.ts";
import { TRAITS } from "../../shared/messages/traits.ts";
import type {
  Answered, FindAnswer, LeaseAnswer, ListAnswer, ListQuery, ListResult, LookupAnswer,
  LookupResult, NamesAnswer, Order, OrderType, PlaceAnswer, PlaceResult, Product,
} from "../../shared/messages/messages.ts";

const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const MARK_LENGTH_MAX = 128;
const MESSAGE_LENGTH_MAX = 1_000;
const PRODUCT_FIELDS = ["name", "price", "quantity"];
const LEASE_FIELDS = ["leadership", "number", "index", "since", "leaseMs"];
const OTHER_FIELDS = [...TRAITS, "volume"];

/** Who was asked: the leader says that it leads, a follower need not. */
interface Asked {
  isLeader: boolean;
}

/** @throws unknown */
export function readLookups(
  answer: unknown,
  { names, isLeader }: Asked & { names: readonly string[] },
): LookupAnswer {
  return orNone(() => readAnswered(answer, { isLeader, count: names.length }, (result, at) => {
    return result === null ? null : readLookup(result, names[at]!);
  }));
}

/** @throws unknown */
export function readLists(
  answer: unknown,
  { queries, isLeader }: Asked & { queries: readonly ListQuery[] },
): ListAnswer {
  return orNone(() => readAnswered(answer, { isLeader, count: queries.length }, (result, at) => {
    return result === null ? null : readList(result, queries[at]!);
  }));
}

/** @throws unknown */
export function readNames(answer: unknown, count: number): NamesAnswer {
  return orNone(() => {
    const { results } = asRecord(answer, ["results"]);
    return { results: asResults(results, count, (name) => (name === null ? null : asName(name))) };
  });
}

/** @throws unknown */
export function readPlaces(answer: unknown, count: number): PlaceAnswer {
  return orNone(() => {
    const { results } = asRecord(answer, ["results"]);
    return { results: asResults(results, count, readPlace) };
  });
}

/** @throws unknown */
export function readOrders(answer: unknown, numbers: readonly number[]): FindAnswer {
  return orNone(() => {
    const { results } = asRecord(answer, ["results"]);
    const read = (order: unknown, at: number) =>
      order === null ? null : readOrder(order, numbers[at]!);
    return { results: asResults(results, numbers.length, read) };
  });
}

/** @throws unknown */
export function readAdmin(answer: unknown, name: string): AdminAnswer {
  return orNone(() => {
    const { product, version } = asRecord(answer, ["product", "version"]);
    return { product: readProduct(product, name), version: asCount(version) };
  });
}

/** A lease that is longer than any would be kept for ever. @throws unknown */
export function readLease(answer: unknown): LeaseAnswer {
  return orNone(() => {
    const { leadership, number, index, since, leaseMs } = asRecord(answer, LEASE_FIELDS);
    const mark = asText(leadership, "leadership", MARK_LENGTH_MAX);
    if (!isTerm(Number.parseInt(mark, 10))) throw wrong("a leadership begins with its term");
    const isLong = typeof leaseMs === "number" && leaseMs >= 0 && leaseMs <= LEASE_MS;
    if (!isLong) throw wrong("a lease is of some time, and of no more than all are");
    return {
      leadership: mark,
      number: asCount(number),
      index: asCount(index),
      since: asCount(since),
      leaseMs,
    };
  });
}

function orNone<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!hasReason(error, "bad_request")) throw error;
    throw new AppError("unknown", `An answer cannot be right: ${error.message}`);
  }
}

/** One for each that was asked. */
function asResults<T>(
  value: unknown,
  count: number,
  read: (result: unknown, at: number) => T,
): T[] {
  const results = asArray(value, "results", count, (result) => result);
  if (results.length !== count) throw wrong("there is not a result for each");
  return results.map(read);
}

function readAnswered<T>(
  answer: unknown,
  { isLeader, count }: Asked & { count: number },
  read: (result: unknown, at: number) => T,
): Answered & { results: T[] } {
  const { leadership, index, results } = asRecord(answer, ["leadership", "index", "results"]);
  if (leadership === null && isLeader) throw wrong("who leads says so");
  return {
    leadership: leadership === null ? null : asText(leadership, "leadership", MARK_LENGTH_MAX),
    index: asCount(index),
    results: asResults(results, count, read),
  };
}

function readLookup(value: unknown, name: string): LookupResult {
  const { product, version, store } = asRecord(value, ["product", "version", "store"]);
  return {
    product: readProduct(product, name),
    version: asCount(version),
    store: asBoolean(store),
  };
}

function readList(value: unknown, { limit }: ListQuery): ListResult {
  const fields = asRecord(value, ["products", "more", "version", "store"]);
  return {
    products: asArray(fields.products, "products", limit, (product) => readProduct(product)),
    more: asBoolean(fields.more),
    version: asCount(fields.version),
    store: asBoolean(fields.store),
  };
}

/** Its fields stay in the order in which they came. */
function readProduct(value: unknown, name?: string): Product {
  const product = asRecord(value, PRODUCT_FIELDS, OTHER_FIELDS) as unknown as Product;
  const { id, topic, max_volume, volume } = product;
  asName(product.name);
  if (name !== undefined && product.name !== name) throw wrong("it is of another product");
  asPrice(product.price);
  asCount(product.quantity);
  if (id !== undefined) asCount(id, 1);
  if (topic !== undefined) asName(topic);
  if (max_volume !== undefined) asCount(max_volume);
  if (volume !== undefined) asCount(volume);
  return product;
}

function readPlace(value: unknown): PlaceResult {
  const code = typeof value === "object" && value !== null && "code" in value ? value.code : null;
  switch (code) {
    case "ordered": {
      const { number, replayed } = asRecord(value, ["code", "number", "replayed"]);
      return { code, number: asCount(number, 1), replayed: asBoolean(replayed) };
    }
    case "not_found":
    case "key_reused":
      asRecord(value, ["code"]);
      return { code };
    case "out_of_stock":
    case "over_volume":
      return { code, left: asCount(asRecord(value, ["code", "left"]).left) };
    case "unavailable":
    case "unknown": {
      const { message } = asRecord(value, ["code", "message"]);
      return { code, message: asText(message, "message", MESSAGE_LENGTH_MAX) };
    }
    default:
      throw wrong("a purchase does not come to that");
  }
}

function readOrder(value: unknown, asked: number): Order {
  const { number, name, type, quantity } = asRecord(value, ["number", "name", "type", "quantity"]);
  if (number !== asked) throw wrong("it is another order");
  return { number: asked, name: asName(name), type: asType(type), quantity: asCount(quantity, 1) };
}

function asType(value: unknown): OrderType {
  if (value === "buy" || value === "sell") return value;
  throw wrong("an order buys or sells");
}

function asName(value: unknown): string {
  const name = asText(value, "name", 2 * NAME_LENGTH_MAX);
  if (name === "") throw wrong("a name is not empty");
  return name;
}

function asBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrong("a field is to be true or false");
}

function asCount(value: unknown, min = 0): number {
  return asIntegerIn(value, "a count", min, COUNT_MAX);
}

function wrong(why: string): AppError {
  return new AppError("bad_request", why);
}
