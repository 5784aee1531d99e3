/**
 * Finds the route of a request. It matches the path as it came, and splits
 * it before anything is decoded, so that `%2f` in a name is no separator and
 * `..` is a name like any other. A path that is known with another method is
 * 405 with the methods it has; HEAD is GET.
 */
import { AppError } from "../errors.ts";
import type { Exchange } from "./exchange.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** Answers by exchange.send, at once or before its promise settles; refuses by an AppError. */
export type Handler = (exchange: Exchange) => void | Promise<void>;

export interface Route {
  method: Method;
  /** `/orders/:number`: a segment that begins with a colon stands for any text but none. */
  path: string;
  handle: Handler;
  /** In no Allow header: whoever asks what this path has is not told of it. */
  hidden?: boolean;
}

export interface Found<R> {
  route: R;
  /** The segments that stand for any text, in order, still percent-encoded. */
  params: string[];
}

/** One path with the routes of its methods. */
interface Place<R> {
  /** Null stands for any text. */
  segments: (string | null)[];
  byMethod: Map<string, R>;
}

const NO_PARAMS: string[] = [];

export class Router<R extends Route = Route> {
  readonly routes: readonly R[];
  /** Paths without parameters; they go before those with. */
  readonly #fixed = new Map<string, Place<R>>();
  readonly #patterns: Place<R>[] = [];

  constructor(routes: readonly R[]) {
    this.routes = routes;
    const places = new Map<string, Place<R>>();
    for (const route of routes) {
      const segments = segmentsOf(route.path);
      const place = places.get(shapeOf(segments)) ?? { segments, byMethod: new Map() };
      places.set(shapeOf(segments), place);
      if (place.byMethod.has(route.method)) {
        throw new Error(`Two routes for ${route.method} ${route.path}`);
      }
      place.byMethod.set(route.method, route);
    }
    for (const [shape, place] of places) {
      if (place.segments.includes(null)) this.#patterns.push(place);
      else this.#fixed.set(shape, place);
    }
  }

  /**
   * @param path as it came, without the query
   * @throws not_found, method_not_allowed (details.allow: "GET, HEAD, POST")
   */
  find(method: string, path: string): Found<R> {
    const fixed = this.#fixed.get(path);
    if (fixed !== undefined) return { route: routeOf(fixed, method), params: NO_PARAMS };
    for (const place of this.#patterns) {
      const params = match(place.segments, path);
      if (params !== null) return { route: routeOf(place, method), params };
    }
    throw nothingThere();
  }
}

/** What hidden routes answer, too. */
export function nothingThere(): AppError {
  return new AppError("not_found", "There is nothing at this path");
}

function segmentsOf(path: string): (string | null)[] {
  const segments = path.slice(1).split("/");
  return segments.map((segment) => (segment.startsWith(":") ? null : segment));
}

function shapeOf(segments: (string | null)[]): string {
  return segments.map((segment) => `/${segment ?? ":"}`).join("");
}

/** The text of the open segments, or null when the path has another shape. */
function match(segments: (string | null)[], path: string): string[] | null {
  const params: string[] = [];
  let at = 0;
  for (const segment of segments) {
    if (path.charCodeAt(at) !== 47 /* slash */) return null;
    const from = at + 1;
    if (segment !== null) {
      if (!path.startsWith(segment, from)) return null;
      at = from + segment.length;
    } else {
      const slash = path.indexOf("/", from);
      at = slash === -1 ? path.length : slash;
      if (at === from) return null;
      params.push(path.slice(from, at));
    }
  }
  return at === path.length ? params : null;
}

function routeOf<R extends Route>(place: Place<R>, method: string): R {
  const route = place.byMethod.get(method === "HEAD" ? "GET" : method);
  if (route !== undefined) return route;
  const shown = [...place.byMethod.values()].filter(({ hidden }) => hidden !== true);
  if (shown.length === 0) throw nothingThere();
  const methods = shown.map(({ method: known }) => known);
  const allow = methods.flatMap((known) => (known === "GET" ? ["GET", "HEAD"] : [known]));
  throw new AppError("method_not_allowed", `This path has ${allow.join(", ")}`, {
    allow: allow.join(", "),
  });
}

/**
 * The text of one segment of a path.
 * @throws bad_request on a broken percent-encoding or bytes that are not UTF-8
 */
export function decodeSegment(raw: string): string {
  let encoded = false;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === 37 /* % */) encoded = true;
    else if (code <= 32 || code >= 127) throw badPath();
  }
  if (!encoded) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    throw badPath();
  }
}

function badPath(): AppError {
  return new AppError("bad_request", "The path is not percent-encoded UTF-8");
}
