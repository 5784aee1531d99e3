/**
 * The front-end's internal port, served by the owner thread itself: an
 * invalidation is confirmed when no thread will serve what it held, and that
 * is a few atomic additions away, not a message to each thread.
 */
import { JSON_TYPE } from "../shared/http/answers.ts";
import type { Route } from "../shared/http/router.ts";
import { INVALIDATE_NAMES_MAX, NAME_LENGTH_MAX } from "../shared/limits.ts";
import { asArray, asRecord, asText } from "../shared/parse.ts";
import type { FrontendHealth, InvalidateRequest } from "../shared/wire.ts";

export interface InternalRoutesOptions {
  epochs: { raise(names: readonly string[]): void };
  health: () => FrontendHealth;
  /** After each request that was confirmed. */
  onInvalidated: (request: InvalidateRequest) => void;
}

const HEADERS = ["Content-Type", JSON_TYPE];
const LEADERSHIP_LENGTH_MAX = 128;

export function internalRoutes(options: InternalRoutesOptions): Route[] {
  const { epochs, health, onInvalidated } = options;
  return [
    {
      method: "POST",
      path: "/invalidate",
      async handle(exchange) {
        const request = parseInvalidate(await exchange.json());
        // From another leadership than the lease's it costs a miss at most.
        epochs.raise(request.names);
        exchange.send(200, HEADERS, "{}");
        onInvalidated(request);
      },
    },
    {
      method: "GET",
      path: "/health",
      handle: (exchange) => exchange.send(200, HEADERS, JSON.stringify(health())),
    },
  ];
}

/** @throws bad_request */
function parseInvalidate(body: unknown): InvalidateRequest {
  const { leadership, names } = asRecord(body, ["leadership", "names"]);
  return {
    leadership: asText(leadership, "leadership", LEADERSHIP_LENGTH_MAX),
    names: asArray(names, "names", INVALIDATE_NAMES_MAX, asName),
  };
}

/** In UTF-16 units: a character outside the basic plane takes two. */
function asName(value: unknown): string {
  return asText(value, "a name", 2 * NAME_LENGTH_MAX);
}
