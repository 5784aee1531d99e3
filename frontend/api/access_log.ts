/**
 * At the level `debug` every request has a line in the log once it is over:
 * what was asked, how it was answered and after how long, and the ids of its
 * trace. At other levels nothing is made of it: a hit costs less than a line.
 */
import type { Exchange } from "../../shared/http/exchange.ts";
import type { Log } from "../../shared/logging.ts";
import { traceOf } from "./trace.ts";

/** What is called with every request as it comes in. */
export function requestLog(log: Log, nowMs: () => number): (exchange: Exchange) => void {
  return (exchange) => {
    const { method, path, response } = exchange;
    const startedMs = nowMs();
    response.once("close", () => {
      const status = exchange.answered ? response.statusCode : null;
      const ms = Number((nowMs() - startedMs).toFixed(2));
      const fields = { method, path, status, ms, ...traceOf(exchange) };
      log.debug(status === null ? "the client left" : "answered", fields);
    });
  };
}
