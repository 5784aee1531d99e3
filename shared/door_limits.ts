/**
 * What strangers may cost: the bounds of the HTTP servers on connections,
 * requests and waiting, with the relations that make them one design. They
 * belong to limits.ts, and stand apart for its length.
 *
 *   address ─▶ connections ─▶ in flight ─▶ queues of the owner ─▶ batches
 *   a share     CONNECTIONS    PIPELINE     QUEUE_WAIT_MS
 */
import { assert } from "./assert.ts";
import {
  LISTS_MAX, LOOKUP_DEADLINE_MS, QUEUE_SHED_ITEMS, QUEUE_WAIT_MS, SPARE_DESCRIPTORS,
} from "./limits.ts";

/** Connections to a front-end's public port, unless set otherwise; share of them of one address. */
export const CONNECTIONS_MAX = 2_048;
export const ADDRESS_SHARE = 0.75;
/** Connections to an internal port; and of them those that have not shown the secret. */
export const INTERNAL_CONNECTIONS_MAX = 512;
export const STRANGERS_MAX = 64;
/** Connections that the kernel keeps for a server in a long turn: as many as it grants. */
export const BACKLOG = 65_535;
/** Connections beyond those, on which health is answered, and 503 or 429 to anything else. */
export const SURPLUS_CONNECTIONS_MAX = 64;
/** Of the idle connections that may be let go for newcomers, so many at a time. */
export const LET_GO_SHARE = 1 / 16;
/** Descriptors of a process for everything but connections that others made to it. */
export const DESCRIPTORS_RESERVED = 512;
/** Requests of one connection in flight: what it pipelines beyond waits, its socket paused. */
export const PIPELINE_MAX = 32;
/** With so many in flight on all connections of a thread, none has more than one. */
export const PIPELINE_SHARED_MAX = 256;
/** Of a connection that pipelined more than it may have in flight, so much is parsed at a time. */
export const SLICE_BYTES = 1_024;
/** The same in a busy thread: one request, or the head of one. */
export const SLICE_BUSY_BYTES = 256;
/** Requests of one connection that are served in one turn, and of all that have to wait. */
export const BURST_MAX = 8;
export const TURN_REQUESTS_MAX = 256;
/**
 * The same in a turn in which somebody has connected, as the next one waits for its end: of
 * connections that ask for one thing at a time, and of those that pipeline.
 */
export const TURN_POLITE_MAX = 32;
export const TURN_ARRIVING_MAX = 2;
/** A newcomer in a wave of them is read this late, and so many of them begin to be in a turn. */
export const NEWCOMER_MS = 50;
export const NEWCOMERS_READ_MAX = 32;
/** Requests of a thread that wait; the connection that brings one more is ended. */
export const WAITING_REQUESTS_MAX = 20_000;
/** With so many that wait a thread is busy: they are some 50 ms of its work. */
export const WAITING_BUSY = 2_048;
/** A request that waited for so long is refused, unless others of its connection were served. */
export const WAIT_MS = 1_000;
export const EXPIRE_EVERY_MS = 25;
/** What a queue has no room for is refused within this. */
export const REFUSAL_MS = 100;
/** Searches that go to the catalog together: what is found does not wait long for the rest. */
export const SEARCHES_MAX = 2;
/** With so many of them in a front-end's queue, the oldest for so long, newcomers are refused. */
export const SEARCH_QUEUE_MS = 200;
export const SEARCH_SHED_ITEMS = 4;
/** A connection whose requests were refused again and again is served after a pause. */
export const REFUSED_REST_MS = 50;
/** Requests in flight in one thread; one more is refused. */
export const IN_FLIGHT_MAX = 8_192;
/** Bytes of answers that a client has not taken, with which it is not served further. */
export const UNREAD_BYTES_MAX = 256 * 1024;
/** A client that takes fewer bytes than these in that time of what waits for it is let go. */
export const WRITE_PROGRESS_BYTES = 4_096;
export const WRITE_STALL_MS = 10_000;
export const WRITE_CHECK_MS = 2_500;

assert(REFUSED_REST_MS + EXPIRE_EVERY_MS < REFUSAL_MS, "so is what comes after a refusal");
assert(NEWCOMER_MS < REFUSAL_MS, "who comes in a wave is answered soon after");
assert(BURST_MAX <= PIPELINE_MAX && PIPELINE_MAX < PIPELINE_SHARED_MAX, "one is less than all");
assert(CONNECTIONS_MAX < IN_FLIGHT_MAX, "each connection may have one request in flight");
assert(TURN_REQUESTS_MAX < WAITING_BUSY, "what one turn can serve is no crowd");
assert(WAITING_BUSY < WAITING_REQUESTS_MAX, "a flood is refused before its connections are ended");
assert(WRITE_STALL_MS + WRITE_CHECK_MS <= 15_000, "a client that reads nothing is soon gone");
assert(STRANGERS_MAX < INTERNAL_CONNECTIONS_MAX, "strangers leave room for members");
assert(QUEUE_WAIT_MS < REFUSAL_MS, "what a queue refuses is refused in time");
assert(QUEUE_SHED_ITEMS >= PIPELINE_SHARED_MAX, "what may be pipelined is not refused for that");
assert(SPARE_DESCRIPTORS * 16 <= CONNECTIONS_MAX, "spare ones cost few connections");
assert(SEARCHES_MAX <= LISTS_MAX, "a batch of searches is one of lists");
assert(SEARCH_QUEUE_MS * 4 < LOOKUP_DEADLINE_MS, "who is let into the queue is answered in time");
