/**
 * The admin's writes. Who has the token is let in before anything else is
 * looked at. A write is asked once: with its outcome unknown the answer says
 * so, and whoever asked looks before asking again.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { AdminAnswer, AdminChange, ProductPatch } from "../../shared/messages/admin.ts";
import { AppError } from "../../shared/errors.ts";
import { JSON_TYPE } from "../../shared/http/error_response.ts";
import type { Exchange } from "../../shared/http/exchange.ts";
import { decodeSegment } from "../../shared/http/router.ts";
import { ADMIN_DEADLINE_MS, QUANTITY_MAX } from "../../shared/limits.ts";
import { parseName } from "../../shared/messages/names.ts";
import { asIntegerIn, asPrice, asRecord, PRICE } from "../../shared/messages/parse.ts";
import type { AdminAsk } from "../owner_messages.ts";
import type { EntityTags } from "./entity_tag.ts";
import { parseId, type NamesById } from "./names_by_id.ts";
import { refuseQuery } from "./query.ts";
import type { Vocabulary } from "./store_format.ts";

export interface AdminPagesOptions {
  token: string;
  vocabulary: Vocabulary;
  tags: EntityTags;
  change: (ask: AdminAsk) => Promise<AdminAnswer>;
  names: Pick<NamesById, "findWithin">;
}

type UndoLog = Pick<ProductPatch, "price" | "quantity" | "added">;

const UNKEPT = ["Content-Type", JSON_TYPE, "Cache-Control", "no-store"];
/** As it stands in a path. */
const AMOUNT = /^[1-9][0-9]{0,6}$/;

export class AdminPages {
  readonly #options: AdminPagesOptions;
  readonly #expected: Buffer;

  constructor(options: AdminPagesOptions) {
    this.#options = options;
    this.#expected = digest(`Bearer ${options.token}`);
  }

  async create(exchange: Exchange): Promise<void> {
    this.#admit(exchange);
    const { vocabulary } = this.#options;
    const answer = await this.#change(vocabulary.parseNewProduct(await exchange.json()));
    const path = `/products/${encodeURIComponent(answer.product.name)}`;
    return this.#show(exchange, 201, answer, ["Location", path]);
  }

  async remove(exchange: Exchange): Promise<void> {
    this.#admit(exchange);
    if (exchange.hasBody) throw withBody();
    const name = parseName(decodeSegment(exchange.params[0]!));
    const versions = this.#versionsOf(exchange);
    await this.#change({ kind: "remove", name, versions });
    exchange.send(200, UNKEPT, JSON.stringify({ data: { name } }));
  }

  /** Price, quantity or both. */
  async patch(exchange: Exchange): Promise<void> {
    this.#admit(exchange);
    const name = parseName(decodeSegment(exchange.params[0]!));
    const changes = readChanges(await exchange.json());
    return this.#patch(exchange, { name, ...changes });
  }

  async setPriceById(exchange: Exchange): Promise<void> {
    this.#admit(exchange);
    const cost = exchange.params[1]!;
    if (!PRICE.test(cost)) {
      throw new AppError("bad_request", "A cost is a number from 0 with at most 2 decimals");
    }
    return this.#changeById(exchange, { price: Number(cost) });
  }

  async addById(exchange: Exchange): Promise<void> {
    this.#admit(exchange);
    const amount = exchange.params[1]!;
    if (!AMOUNT.test(amount) || Number(amount) > QUANTITY_MAX) {
      throw new AppError("bad_request", `An amount is an integer from 1 to ${QUANTITY_MAX}`);
    }
    return this.#changeById(exchange, { added: Number(amount) });
  }

  /** @throws unauthorized */
  #admit(exchange: Exchange): void {
    const given = digest(exchange.header("authorization") ?? "");
    if (timingSafeEqual(given, this.#expected)) return refuseQuery(exchange.query);
    throw new AppError("unauthorized", "The admin's token is wanted here");
  }

  async #changeById(exchange: Exchange, changes: UndoLog): Promise<void> {
    if (exchange.hasBody) throw withBody();
    const { names } = this.#options;
    const id = parseId(exchange.params[0]!);
    const { name, leftMs: withinMs } = await names.findWithin(id, ADMIN_DEADLINE_MS);
    if (name === null) throw new AppError("not_found", "There is no such product");
    return this.#patch(exchange, { name, ...changes }, withinMs);
  }

  async #patch(
    exchange: Exchange,
    changes: UndoLog & { name: string },
    withinMs?: number,
  ): Promise<void> {
    const versions = this.#versionsOf(exchange);
    const answer = await this.#change({ kind: "patch", ...changes, versions }, withinMs);
    this.#show(exchange, 200, answer);
  }

  #change(change: AdminChange, withinMs = ADMIN_DEADLINE_MS): Promise<AdminAnswer> {
    return this.#options.change({ change, withinMs });
  }

  /** Of If-Match; null: it was not sent. @throws bad_request */
  #versionsOf(exchange: Exchange): number[] | null {
    const condition = exchange.header("if-match");
    return condition === undefined ? null : this.#options.tags.versionsIn(condition);
  }

  #show(exchange: Exchange, status: number, answer: AdminAnswer, headers: string[] = []): void {
    const { tags, vocabulary } = this.#options;
    const tag = ["ETag", tags.of(answer.version)];
    exchange.send(status, [...UNKEPT, ...tag, ...headers], vocabulary.showProduct(answer.product));
  }
}

function withBody(): AppError {
  return new AppError("bad_request", "The body must be empty");
}

/** @throws bad_request */
function readChanges(body: unknown): UndoLog {
  const { price, quantity } = asRecord(body, [], ["price", "quantity"]);
  if (price === undefined && quantity === undefined) {
    throw new AppError("bad_request", "Price or quantity is to be changed");
  }
  const changes: UndoLog = {};
  if (price !== undefined) changes.price = asPrice(price);
  if (quantity !== undefined) changes.quantity = asIntegerIn(quantity, "quantity", 0, QUANTITY_MAX);
  return changes;
}

/** Of one length, whatever was sent: comparing takes as long for each. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
