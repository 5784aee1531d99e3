/**
 * Calls that an HTTP thread passes on to its owner: the body goes as it came,
 * under the call's method and path, and the owner's answer is sent as it is.
 * Bodies are parsed and judged by the owner, who knows what they mean.
 */
import { AppError } from "../errors.ts";
import type { Owner, TextOwner } from "../threads.ts";
import { JSON_TYPE } from "./answers.ts";
import type { Exchange } from "./exchange.ts";
import type { Method, Route } from "./router.ts";

/** The module for startHttpThreads of a member without an HTTP thread of its own making. */
export const INTERNAL_THREAD = new URL("./internal_thread.ts", import.meta.url).href;

export interface InternalCall {
  method: Method;
  /** `/sales`; without parameters. */
  path: string;
}

export interface InternalThreadData {
  secret: string;
  birth: string;
  /** They reach the owner as `POST /sales` with the JSON body, or `GET /log` with the query. */
  calls: readonly InternalCall[];
}

export const JSON_HEADERS = ["Content-Type", JSON_TYPE];

/** The routes of those calls, for a thread that serves them beside others. */
export function internalRoutes(calls: readonly InternalCall[], owner: TextOwner): Route[] {
  const routes = calls.map(({ method, path }) => callRoute(method, path, owner));
  routes.push({ method: "GET", path: "/livez", handle: (exchange) => live(exchange, owner) });
  return routes;
}

function callRoute(method: Method, path: string, owner: TextOwner): Route {
  const kind = `${method} ${path}`;
  const isHealth = kind === "GET /health";
  return {
    method,
    path,
    async handle(exchange) {
      if (isHealth) requireTurns(owner);
      const isGet = method === "GET";
      const text = isGet ? JSON.stringify(queryOf(exchange.query)) : await exchange.text();
      exchange.send(200, JSON_HEADERS, await owner.askText(kind, text));
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

function live(exchange: Exchange, owner: Owner): void {
  requireTurns(owner);
  exchange.send(200, JSON_HEADERS, '{"data":"live"}');
}

function requireTurns(owner: Owner): void {
  if (!owner.healthy()) throw new AppError("unavailable", "The owner thread is stuck");
}
