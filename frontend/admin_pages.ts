/**
 * The admin's writes. Who has the token is let in before anything else is
 * looked at. A write is asked once: with its outcome unknown the answer says
 * so, and whoever asked looks before asking again.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "../shared/errors.ts";
import { JSON_TYPE } from "../shared/http/answers.ts";
import type { Exchange } from "../shared/http/exchange.ts";
import { decodeSegment } from "../shared/http/router.ts";
import { QUANTITY_MAX } from "../shared/limits.ts";
import { parseName } from "../shared/names.ts";
import { asIntegerIn, asPrice, asRecord, PRICE } from "../shared/parse.ts";
import type { AdminAnswer, AdminChange } from "../shared/wire.ts";
import type { EntityTags } from "./entity_tag.ts";
import { parseId } from "./product_names.ts";
import { refuseQuery } from "./query.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface AdminPagesOptions {
  token: string;
  vocabulary: Vocabulary;
  tags: EntityTags;
  change: (request: AdminChange) => Promise<AdminAnswer>;
  /** Of the product with this id; null: there is none. */
  nameOf: (id: number) => Promise<string | null>;
}

type Changes = Pick<AdminChange, "price" | "quantity" | "added">;

/** As it stands in a path. */
const AMOUNT = /^[1-9][0-9]{0,6}$/;

export class AdminPages {
  readonly #options: AdminPagesOptions;
  readonly #expected: Buffer;

  constructor(options: AdminPagesOptions) {
    this.#options = options;
    this.#expected = digest(`Bearer ${options.token}`);
  }

  /** Price, quantity or both. */
  async patch(exchange: Exchange): Promise<void> {
    this.#admit(exchange);
    const name = parseName(decodeSegment(exchange.params[0]!));
    return this.#change(exchange, name, readChanges(await exchange.json()));
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

  async #changeById(exchange: Exchange, changes: Changes): Promise<void> {
    if (exchange.hasBody) throw new AppError("bad_request", "The body must be empty");
    const name = await this.#options.nameOf(parseId(exchange.params[0]!));
    if (name === null) throw new AppError("not_found", "There is no such product");
    return this.#change(exchange, name, changes);
  }

  async #change(exchange: Exchange, name: string, changes: Changes): Promise<void> {
    const { change, tags, vocabulary } = this.#options;
    const condition = exchange.header("if-match");
    const versions = condition === undefined ? null : tags.versionsIn(condition);
    const { product, version } = await change({ name, ...changes, versions });
    const headers = ["Content-Type", JSON_TYPE, "Cache-Control", "no-store"];
    exchange.send(200, [...headers, "ETag", tags.of(version)], vocabulary.showProduct(product));
  }
}

/** @throws bad_request */
function readChanges(body: unknown): Changes {
  const { price, quantity } = asRecord(body, [], ["price", "quantity"]);
  if (price === undefined && quantity === undefined) {
    throw new AppError("bad_request", "Price or quantity is to be changed");
  }
  const changes: Changes = {};
  if (price !== undefined) changes.price = asPrice(price);
  if (quantity !== undefined) changes.quantity = asIntegerIn(quantity, "quantity", 0, QUANTITY_MAX);
  return changes;
}

/** Of one length, whatever was sent: comparing takes as long for each. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
