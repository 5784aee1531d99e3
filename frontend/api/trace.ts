/**
 * The ids of a request's trace (W3C Trace Context), for the lines of the log
 * that are about it. Those of the client's `traceparent` if it sent a valid
 * one, else fresh ones; nothing is made for a request that is not logged.
 */
import { randomBytes } from "node:crypto";
import type { Exchange } from "../../shared/http/exchange.ts";

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}/;

export interface Trace {
  traceId: string;
  /** The caller's span, or one made for the line. */
  spanId: string;
}

export function traceOf(exchange: Pick<Exchange, "header">): Trace {
  const given = TRACEPARENT.exec(exchange.header("traceparent") ?? "");
  if (given !== null) return { traceId: given[1]!, spanId: given[2]! };
  return { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") };
}
