/** Whether there is room for a request, before anything of it is looked at. */
import { monotonicMs } from "../clock.ts";
import { AppError } from "../errors.ts";
import { IN_FLIGHT_MAX } from "../door_limits.ts";
import type { Exchange } from "./exchange.ts";

export interface RoomOptions {
  /** Requests a second that one address may make; null or missing: as many as there is room for. */
  requestsPerClient?: number | null;
  /** Paths that are always answered: the server's health. */
  vitalPaths?: ReadonlySet<string>;
}

const NO_PATHS: ReadonlySet<string> = new Set();

/** One for all: where there are many of them, a stack of each would be work too. */
export const TOO_MUCH =
  new AppError("overloaded", "More is asked for than this store can do at the moment");

/** @returns a function that throws overloaded, too_many_requests */
export function roomCheck(
  gate: { readonly inFlight: number },
  { requestsPerClient = null, vitalPaths = NO_PATHS }: RoomOptions,
): (exchange: Exchange) => void {
  return (exchange) => {
    if (exchange.surplus === null && gate.inFlight <= IN_FLIGHT_MAX && requestsPerClient === null) {
      return;
    }
    if (vitalPaths.has(exchange.path)) return;
    if (exchange.surplus === "address") {
      throw new AppError("too_many_requests", "Too many connections from this address");
    }
    if (exchange.surplus === "total") throw new AppError("overloaded", "Too many connections");
    if (gate.inFlight > IN_FLIGHT_MAX) throw TOO_MUCH;
    if (requestsPerClient === null) return;
    if (exchange.client.mayAsk(requestsPerClient, monotonicMs())) return;
    const message = `This address may make ${requestsPerClient} requests a second`;
    throw new AppError("too_many_requests", message);
  };
}

