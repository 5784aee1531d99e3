/**
 * The front-end's internal port, served by the owner thread itself: an
 * invalidation is done where it is read (owner.ts).
 */
import { JSON_TYPE } from "../shared/http/answers.ts";
import type { Route } from "../shared/http/router.ts";
import type { FrontendHealth, InvalidateAnswer } from "../shared/wire.ts";

export interface InternalRoutesOptions {
  /** @throws bad_request */
  invalidate: (body: unknown) => InvalidateAnswer;
  health: () => FrontendHealth;
}

const HEADERS = ["Content-Type", JSON_TYPE];

export function internalRoutes({ invalidate, health }: InternalRoutesOptions): Route[] {
  return [
    {
      method: "POST",
      path: "/invalidate",
      async handle(exchange) {
        const answer = invalidate(await exchange.json());
        exchange.send(200, HEADERS, JSON.stringify(answer));
      },
    },
    {
      method: "GET",
      path: "/health",
      handle: (exchange) => exchange.send(200, HEADERS, JSON.stringify(health())),
    },
  ];
}
