/**
 * Calls of other members as routes: the body goes to the owner as it came,
 * under the call's method and path, and the owner's answer is sent as it is.
 * Bodies are parsed and judged by the owner, who knows what they mean.
 */
import { AppError } from "../errors.ts";
import type { TextOwner } from "../threads/owner_threads.ts";
import { JSON_TYPE } from "../http/error_response.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Method, Route } from "../http/router.ts";

export interface InternalCall {
  method: Method;
  /** `/sales`; without parameters. */
  path: string;
}

/** Of the owner, what they need; it may live in another thread. */
export type InternalOwner = Pick<TextOwner, "askText" | "dropGone" | "healthy">;

const JSON_HEADERS = ["Content-Type", JSON_TYPE];

/** They reach the owner as `POST /sales` with the JSON body, or `GET /log` with the query. */
export function internalRoutes(calls: readonly InternalCall[], owner: InternalOwner): Route[] {
  const routes = calls.map(({ method, path }) => callRoute(method, path, owner));
  routes.push({ method: "GET", path: "/livez", handle: (exchange) => live(exchange, owner) });
  return routes;
}

function callRoute(method: Method, path: string, owner: InternalOwner): Route {
  const kind = `${method} ${path}`;
  const isHealth = kind === "GET /health";
  return {
    method,
    path,
    async handle(exchange) {
      if (isHealth) requireTurns(owner);
      const isGet = method === "GET";
      const text = isGet ? JSON.stringify(queryOf(exchange.query)) : await exchange.text();
      exchange.send(200, JSON_HEADERS, await owner.askText(kind, text, exchange));
    },
  };
}

/** @throws bad_request when a parameter comes twice */
function queryOf(query: string): Record<string, string> {
  if (query === "") return {};
  const values: [string, string][] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    if (values.some(([known]) => known === name)) {
      throw new AppError("bad_request", "A query parameter comes twice");
    }
    values.push([name, value]);
  }
  return Object.fromEntries(values);
}

function live(exchange: Exchange, owner: InternalOwner): void {
  requireTurns(owner);
  exchange.send(200, JSON_HEADERS, '{"data":"live"}');
}

function requireTurns(owner: InternalOwner): void {
  if (!owner.healthy()) throw new AppError("unavailable", "The owner thread is stuck");
}
