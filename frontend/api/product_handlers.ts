/**
 * GET /products/:name and GET /products, and the same by id: look-ups and
 * lists through the cache. A hit costs no promise: its handler has answered
 * when it returns.
 */
import { AppError } from "../../shared/errors.ts";
import type { Exchange } from "../../shared/http/exchange.ts";
import { decodeSegment } from "../../shared/http/router.ts";
import { NAME_LENGTH_MAX, PAGE_ITEMS_MAX } from "../../shared/limits.ts";
import { parseName } from "../../shared/messages/names.ts";
import { asText } from "../../shared/messages/parse.ts";
import type { ListQuery, Product } from "../../shared/messages/messages.ts";
import { sendError, timing } from "./responses.ts";
import type { ReadThrough } from "../cache/read_through.ts";
import type { KeptAnswer, KeptAnswers } from "./cached_response.ts";
import { parseId, type NamesById } from "./names_by_id.ts";
import { parseQuery, refuseQuery } from "./query.ts";
import type { CachedReads } from "../cache/cached_reads.ts";

export const LIST_PARAMETERS = ["topic", "q", "limit", "after"] as const;

/** Of a list by id. */
const ID_LIST_PARAMETERS = ["limit", "after"] as const;

export interface ProductPagesOptions extends CachedReads<KeptAnswer> {
  answers: KeptAnswers;
  names: NamesById;
  nowMs: () => number;
}

/** What is shown of a product's answer. */
type Show = (answer: KeptAnswer) => KeptAnswer;

export class ProductPages {
  readonly #options: ProductPagesOptions;

  constructor(options: ProductPagesOptions) {
    this.#options = options;
  }

  product(exchange: Exchange): void | Promise<void> {
    const { products, answers } = this.#options;
    refuseQuery(exchange.query);
    const segment = exchange.params[0]!;
    const text = decodeSegment(segment);
    // Plain text can only be in the cache if it is a name; what was encoded may be in another form.
    const name = text === segment ? text : parseName(text);
    const kept = products.cached(name);
    if (kept !== undefined) return answers.sendHit(exchange, kept);
    parseName(name);
    return this.#fetch(exchange, products, name);
  }

  productById(exchange: Exchange): void | Promise<void> {
    return this.#byId(exchange, (answer) => answer);
  }

  /** Of one product, by its id: nothing but the two. */
  quantity(exchange: Exchange): void | Promise<void> {
    const { answers } = this.#options;
    return this.#byId(exchange, ({ body, tag }) => {
      const { id, quantity } = JSON.parse(body).data;
      return answers.make(JSON.stringify({ data: { id, quantity } }), tag);
    });
  }

  #byId(exchange: Exchange, show: Show): void | Promise<void> {
    const { names, products, answers } = this.#options;
    refuseQuery(exchange.query);
    const id = parseId(exchange.params[0]!);
    const name = names.known(id);
    const kept = name === undefined ? undefined : products.cached(name);
    if (kept !== undefined) return answers.sendHit(exchange, show(kept));
    return this.#fetchById(exchange, id, show);
  }

  async #fetchById(exchange: Exchange, id: number, show: Show): Promise<void> {
    const name = await this.#options.names.find(id, exchange);
    if (name === null) throw new AppError("not_found", "There is no such product");
    return this.#fetch(exchange, this.#options.products, name, show);
  }

  /** All, or those of the topic that the path names, in the order of their ids. */
  listById(exchange: Exchange): void | Promise<void> {
    const segment = exchange.params[0];
    const topic = segment === undefined ? null : parseName(decodeSegment(segment));
    return this.#list(exchange, parseIdListQuery(exchange.query, topic));
  }

  list(exchange: Exchange): void | Promise<void> {
    return this.#list(exchange, parseListQuery(exchange.query));
  }

  #list(exchange: Exchange, query: ListQuery): void | Promise<void> {
    const { lists, answers } = this.#options;
    const key = JSON.stringify(query);
    const kept = lists.cached(key);
    if (kept !== undefined) return answers.sendHit(exchange, kept);
    return this.#fetch(exchange, lists, key);
  }

  async #fetch(
    exchange: Exchange,
    reader: ReadThrough<KeptAnswer>,
    key: string,
    show: Show = (answer) => answer,
  ): Promise<void> {
    const { answers, nowMs } = this.#options;
    const startedMs = nowMs();
    try {
      const { value, outcome } = await reader.fetch(key, exchange);
      const durationMs = nowMs() - startedMs;
      if (value !== null) return answers.sendFetched(exchange, show(value), outcome, durationMs);
      const missing = new AppError("not_found", "There is no such product");
      sendError(exchange, missing, answers.fetchedHeaders(outcome, durationMs));
    } catch (error) {
      sendError(exchange, error, ["Server-Timing", timing("catalog", nowMs() - startedMs)]);
    }
  }
}

/** An empty parameter, as a form sends it, is one not given. @throws bad_request */
export function parseListQuery(raw: string): ListQuery {
  const values = parseQuery(raw, LIST_PARAMETERS);
  const topic = values.get("topic") || null;
  const after = values.get("after") || null;
  const q = values.get("q")?.normalize("NFC") || null;
  return {
    topic: topic === null ? null : parseName(topic),
    q: q === null ? null : asText(q, "q", NAME_LENGTH_MAX),
    limit: parseLimit(values.get("limit") ?? String(PAGE_ITEMS_MAX)),
    after: after === null ? null : parseName(after),
  };
}

function parseIdListQuery(raw: string, topic: string | null): ListQuery {
  const values = parseQuery(raw, ID_LIST_PARAMETERS);
  const after = values.get("after") || null;
  if (after !== null) parseId(after);
  const limit = parseLimit(values.get("limit") ?? String(PAGE_ITEMS_MAX));
  return { topic, q: null, limit, after, by: "id" };
}

function parseLimit(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= PAGE_ITEMS_MAX) return Number(text);
  throw new AppError("bad_request", `limit must be an integer from 1 to ${PAGE_ITEMS_MAX}`);
}

/** The Link header (RFC 8288) to the page after the one that ends with this product. Flat. */
export function nextPageLink(query: ListQuery, { name, id }: Product): string[] {
  // Relative to the path that was asked for, which names the topic.
  if (query.by === "id") return ["Link", `<?limit=${query.limit}&after=${id}>; rel="next"`];
  const parameters = { ...query, after: name };
  const parts: string[] = [];
  for (const name of LIST_PARAMETERS) {
    const value = parameters[name];
    if (value !== null) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return ["Link", `</products?${parts.join("&")}>; rel="next"`];
}
