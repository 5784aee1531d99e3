/** What bounds the client; how it stands to the store's own limits is asserted below. */
import assert from "node:assert/strict";
import { KEEP_ALIVE_MS, ORDER_DEADLINE_MS } from "../../shared/limits.ts";

/** One attempt at one front-end. The store itself gives up an order before that and says so. */
export const ATTEMPT_TIMEOUT_MS = 7_000;
/** A request is repeated for this long after its first attempt, then it has failed. */
export const PATIENCE_MS = 8_000;
/** Pause before the same front-end is asked again; doubled each round up to the second one. */
export const RETRY_PAUSE_MIN_MS = 25;
export const RETRY_PAUSE_MAX_MS = 400;
/** A Retry-After of more is cut to this. */
export const RETRY_AFTER_MAX_MS = 1_000;
/** An idle connection is dropped by the client before the server does it under its hands. */
export const IDLE_MS = 4_000;
/** Requests of one buyer given up in a row before it leaves: the rest would end the same way. */
export const GIVEN_UP_MAX = 3;
/** The store is there or not: no long patience with the list of products. */
export const LIST_TIMEOUT_MS = 5_000;

export const ANSWER_BYTES_MAX = 1024 * 1024;
export const LIST_PAGES_MAX = 100;
export const URLS_MAX = 20;
export const ITERATIONS_MAX = 1_000_000;
export const CLIENTS_MAX = 1_000;
export const RATE_MAX = 100_000;

assert(ORDER_DEADLINE_MS < ATTEMPT_TIMEOUT_MS, "the store answers before the client gives up");
assert(ATTEMPT_TIMEOUT_MS < PATIENCE_MS, "one silent front-end leaves time for another");
assert(IDLE_MS < KEEP_ALIVE_MS);
