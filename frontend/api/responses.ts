/** Answers as all public handlers send them. */
import { AppError } from "../../shared/errors.ts";
import { errorAnswer, JSON_TYPE } from "../../shared/http/error_response.ts";
import type { Exchange } from "../../shared/http/exchange.ts";

/** What changes by the moment and is not to be kept by anyone. */
export const NO_STORE_JSON = ["Content-Type", JSON_TYPE, "Cache-Control", "no-store"];

/**
 * An error with headers that go with it.
 * @param error what was thrown; anything but an AppError is thrown again
 * @param headers flat: name, value, name, value
 */
export function sendError(exchange: Exchange, error: unknown, headers: readonly string[]): void {
  if (!(error instanceof AppError)) throw error;
  const answer = errorAnswer(error, false);
  exchange.send(answer.status, [...answer.headers, ...headers], answer.body);
}

/** Server-Timing (a W3C draft) of one step, from milliseconds. */
export function timing(step: string, durationMs: number): string {
  return `${step};dur=${durationMs.toFixed(2)}`;
}
