/**
 * What travels between an owner and its HTTP threads. Bodies and answers are
 * JSON text: making and reading it costs a third of a structured clone, and a
 * request's body passes through its HTTP thread unread.
 */
import assert from "node:assert/strict";
import { AppError, isReason } from "../errors.ts";
import type { Listen } from "../http/server.ts";

/**
 * Flat, as cloning many small objects costs more: number, kind, text, number, … GONE stands for
 * a number where asks are abandoned.
 */
export type Asks = (number | string)[];
/** Flat: number, outcome, text, … A tell is TELL, its kind, its text. */
export type Answers = (number | string)[];

/** Outcomes. */
export const RESOLVED = 0;
export const REJECTED = 1;

/** In the place of an ask's number; those begin with 1. */
export const TELL = 0;
/** The same among asks: its text lists the numbers of those whose askers are gone. */
export const GONE = 0;

export type ToThread = { answers: Answers } | { close: true };
export type ToOwner = { asks: Asks } | { ready: { port: number; fd: number } } | { closed: true };

export interface ThreadData {
  data: object;
  listen: Listen;
  /** Slot 0: the owner's last completed turn, monotonic milliseconds modulo 2^32. */
  turns: Int32Array;
}

/** JSON text; of nothing, an empty object. */
export function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "{}";
}

/** @throws bad_request */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError("bad_request", "The body is not JSON");
  }
}

/** @throws what is not an AppError: a bug ends the process, it does not become an answer */
export function errorText(error: unknown): string {
  if (!(error instanceof AppError)) throw error;
  return textOf({ reason: error.reason, message: error.message, details: error.details });
}

export function errorOf(text: string): AppError {
  const { reason, message, details } = JSON.parse(text);
  assert(isReason(reason));
  return new AppError(reason, message, details);
}
