/**
 * Errors as answers: the one place where an error gets its HTTP form.
 * To the public it is {"error":{"code":404,"message":"…"}}; between members
 * the reason and its details go along, so that the other side can rebuild
 * the AppError.
 */
import { AppError, isReason } from "../errors.ts";

export const JSON_TYPE = "application/json";

export interface ErrorAnswer {
  status: number;
  /** Flat: name, value, name, value. */
  headers: string[];
  body: string;
}

export function errorAnswer(error: AppError, internal: boolean): ErrorAnswer {
  const { status, message, reason, details } = error;
  const headers = ["Content-Type", JSON_TYPE, "Cache-Control", "no-store"];
  if (status === 503 || status === 429) headers.push("Retry-After", "1");
  if (status === 401) headers.push("WWW-Authenticate", "Bearer");
  if (reason === "method_not_allowed") headers.push("Allow", String(details["allow"] ?? ""));
  const shown = internal
    ? { code: status, message, reason, details }
    : { code: status, message };
  return { status, headers, body: JSON.stringify({ error: shown }) };
}

/** The AppError that another member answered, or null when it is not one of ours. */
export function errorFromAnswer(body: unknown): AppError | null {
  const error = (body as { error?: unknown } | null)?.error;
  if (typeof error !== "object" || error === null) return null;
  const { reason, message, details } = error as Record<string, unknown>;
  if (!isReason(reason) || typeof message !== "string") return null;
  const known = typeof details === "object" && details !== null;
  return new AppError(reason, message, known ? (details as Record<string, unknown>) : {});
}
