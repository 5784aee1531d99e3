/**
 * The store as a buyer sees it: four requests, each answer checked before it
 * is believed. What the contract expects is a value; everything else, a 404
 * for a product that was listed as much as an answer that is not JSON, is an
 * AppError whose message says what was asked and what came back.
 */
import { AppError } from "../../shared/errors.ts";
import type { Answer, Connection, Request } from "./connection.ts";
import { LIST_PAGES_MAX } from "./limits.ts";

export interface Lookup {
  quantity: number;
  /** From Cache-Status: null when the store does not say. */
  hit: boolean | null;
}
export type Purchase = { code: "ordered"; number: number } | { code: "sold_out" };
export interface FoundOrder {
  number: number;
  name: string;
  quantity: number;
}

export class Shop {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Names of all products, page by page. @throws unavailable, bad_request */
  async names(): Promise<string[]> {
    const names: string[] = [];
    let path: string | null = "/products?limit=100";
    for (let page = 1; path !== null && page <= LIST_PAGES_MAX; page += 1) {
      const request: Request = { method: "GET", path };
      const answer = await this.#connection.send(request);
      expectStatus(request, answer, 200);
      const listed = readData(request, answer);
      if (!Array.isArray(listed)) throw strange(request, answer);
      for (const product of listed) names.push(asName(product, request, answer));
      path = nextPage(answer.headers.link);
    }
    return names;
  }

  /** @throws unavailable, bad_request, conflict (the store showed another product) */
  async lookup(name: string): Promise<Lookup> {
    const request: Request = { method: "GET", path: `/products/${encodeURIComponent(name)}` };
    const answer = await this.#connection.send(request);
    expectStatus(request, answer, 200);
    const product = readRecord(request, answer);
    if (!isCount(product.quantity, 0)) throw strange(request, answer);
    if (product.name !== name) throw new AppError("conflict", mismatch(request, answer));
    return { quantity: product.quantity, hit: isHit(answer.headers["cache-status"]) };
  }

  /** Buys one. @throws unavailable, bad_request */
  async order(name: string, key: string): Promise<Purchase> {
    const request: Request = {
      method: "POST",
      path: "/orders",
      body: JSON.stringify({ name, quantity: 1 }),
      headers: { "idempotency-key": key },
    };
    const answer = await this.#connection.send(request);
    if (answer.status === 409) return { code: "sold_out" };
    expectStatus(request, answer, 200);
    const { order_number, transaction_number } = readRecord(request, answer);
    const number = order_number ?? transaction_number;
    if (!isCount(number, 1)) throw strange(request, answer);
    return { code: "ordered", number };
  }

  /** Null: the store has no such order. @throws unavailable, bad_request */
  async find(number: number): Promise<FoundOrder | null> {
    const request: Request = { method: "GET", path: `/orders/${number}` };
    const answer = await this.#connection.send(request);
    if (answer.status === 404) return null;
    expectStatus(request, answer, 200);
    const order = readRecord(request, answer);
    const { number: found, name, quantity } = order;
    if (typeof name !== "string" || !isCount(found, 0) || !isCount(quantity, 0)) {
      throw strange(request, answer);
    }
    return { number: found, name, quantity };
  }
}

/** RFC 9211: the last cache listed is the nearest one. */
export function isHit(header: string | string[] | undefined): boolean | null {
  if (header === undefined) return null;
  const nearest = String(header).split(",").at(-1) ?? "";
  return nearest
    .split(";")
    .slice(1)
    .some((parameter) => parameter.trim() === "hit");
}

/** Path and query of rel="next" in a Link header (RFC 8288), null on the last page. */
export function nextPage(header: string | string[] | undefined): string | null {
  const links = String(header ?? "").matchAll(/<([^>]*)>([^<]*)/g);
  for (const [, target, parameters] of links) {
    if (!/;\s*rel="?next"?/.test(parameters ?? "")) continue;
    const url = new URL(target ?? "", "http://store/");
    return url.pathname + url.search;
  }
  return null;
}

function expectStatus(request: Request, answer: Answer, status: number): void {
  if (answer.status === status) return;
  const reason = answer.status === 503 ? "unavailable" : "bad_request";
  throw new AppError(reason, describe(request, answer), { status: answer.status });
}

function readData(request: Request, answer: Answer): unknown {
  try {
    return (JSON.parse(answer.text) as { data?: unknown } | null)?.data;
  } catch {
    throw strange(request, answer);
  }
}

function readRecord(request: Request, answer: Answer): Record<string, unknown> {
  const data = readData(request, answer);
  if (typeof data !== "object" || data === null) throw strange(request, answer);
  return data as Record<string, unknown>;
}

function asName(product: unknown, request: Request, answer: Answer): string {
  const name = (product as { name?: unknown } | null)?.name;
  if (typeof name !== "string" || name === "") throw strange(request, answer);
  return name;
}

function isCount(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

function strange(request: Request, answer: Answer): AppError {
  return new AppError(
    "bad_request",
    `${describe(request, answer)}, which is not what was expected`,
  );
}

function mismatch(request: Request, answer: Answer): string {
  return `${describe(request, answer)}, which is another product`;
}

function describe(request: Request, answer: Answer): string {
  const asked = `${request.method} ${request.path}${request.body ? ` ${request.body}` : ""}`;
  const text = answer.text.length > 120 ? `${answer.text.slice(0, 120)}…` : answer.text;
  return `${asked} was answered ${answer.status} ${text}`.trimEnd();
}
