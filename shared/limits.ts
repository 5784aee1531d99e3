/**
 * Every time and size that bounds something, with its unit, in one place,
 * because they stand in relations to each other that no single file can see.
 * The relations are asserted below, when the process starts.
 */
import { assert } from "./assert.ts";

// --- Replication (shared/replication) -------------------------------------

/** A leader sends at least this often to every follower, rows or none. */
export const HEARTBEAT_MS = 100;
/** A replica that heard from a leader within this time refuses to vote another in. */
export const LEADER_LEASE_MS = 400;
/** A nominee that has not opened its term by then is passed over for the next lower id. */
export const NOMINATION_TIMEOUT_MS = 300;
/**
 * With a quorum below a majority a nominee waits so long for silent members: they may have the
 * latest rows.
 */
export const VOTE_PATIENCE_MS = 100;
/** Pause between rounds of nominations: drawn evenly between these two. */
export const NOMINATION_PAUSE_MIN_MS = 20;
export const NOMINATION_PAUSE_MAX_MS = 120;
/** One POST /replicate, POST /vote or page of GET /log. */
export const REPLICATE_TIMEOUT_MS = 1_000;
/** A replica this many rows behind the longest that answered is not nominated. */
export const NOMINATION_LAG_MAX_ROWS = 10_000;
/** One GET /health; a member that takes longer counts as not answering. */
export const HEALTH_TIMEOUT_MS = 150;
/** How often a front-end looks whether the leader it follows still leads. */
export const HEALTH_INTERVAL_MS = 200;
/**
 * At its start a front-end waits this long for every replica to answer before it nominates
 * among those that do.
 */
export const GATHER_MS = 1_000;
/** Rows a leader keeps in memory for its followers; who needs older ones reads GET /log. */
export const TAIL_ROWS_MAX = 20_000;
/** Rows in one POST /replicate. */
export const REPLICATE_ROWS_MAX = 2_000;
/** Bytes of rows in one page of GET /log: small enough to parse without a pause anyone notices. */
export const LOG_PAGE_BYTES = 256 * 1024;
/** Characters of a checkpoint in one answer to GET /checkpoint, and in all of it. */
export const CHECKPOINT_PIECE_LENGTH = 256 * 1024;
export const CHECKPOINT_LENGTH_MAX = 256 * 1024 * 1024;
/**
 * term.json notes the synced length of the log at least once in so many rows, and so long after
 * the first that is not noted yet: rows within the note are never taken for a torn append.
 */
export const NOTE_EVERY_ROWS = 4_096;
export const NOTE_EVERY_MS = 2_000;
/**
 * A term this far above a replica's own is refused: one rogue message must not use up the
 * terms.
 */
export const TERM_JUMP_MAX = 1_000_000;
/** No term is above. An election takes one: this lasts for ever, also after many such messages. */
export const TERM_MAX = 2 ** 48;
/**
 * A leader that stands in the way and found nobody better off, or was not replaced, tries
 * again after this.
 */
export const STEP_ASIDE_RETRY_MS = 1_000;
/** A checkpoint of the catalog stands at every multiple of this index, on all replicas alike. */
export const CHECKPOINT_EVERY_ROWS = 100_000;
/**
 * The last free bytes of a replica's disk are for what is under way: below, it takes no new work
 * and hands its leadership over; below half of them it takes no rows from others either.
 */
export const DISK_RESERVE_BYTES = 8 * 1024 * 1024;

// --- Leases between catalog and front-ends ---------------------------------

/** What the catalog grants, counted from when it received the request. */
export const LEASE_MS = 1_000;
/**
 * What the front-end uses of it, counted from when it sent the request: clocks' rates differ
 * by 1 %.
 */
export const LEASE_USED_MS = 900;
/** How often a front-end renews. */
export const LEASE_RENEW_MS = 250;
/** One POST /lease. */
export const LEASE_TIMEOUT_MS = 400;
/** An invalidation unconfirmed for this long stops the renewal of that front-end's lease. */
export const INVALIDATE_PATIENCE_MS = 300;
/**
 * One POST /invalidate; it is repeated after a pause for as long as the front-end's lease
 * lasts.
 */
export const INVALIDATE_TIMEOUT_MS = 200;
export const INVALIDATE_RETRY_MS = 20;
/** Names in one POST /invalidate. */
export const INVALIDATE_NAMES_MAX = 1_000;

// --- A purchase --------------------------------------------------------------

/** An order whose outcome is still unknown after this is answered 503. */
export const ORDER_DEADLINE_MS = 5_000;
/**
 * With no leader or no catalog for this long, new orders are refused at once instead of
 * waiting.
 */
export const FAIL_FAST_MS = 2_000;
/**
 * One request from a front-end to the order leader: it answers within, with `unknown` for
 * what is still open.
 */
export const PLACE_TIMEOUT_MS = 2_500;
/** One POST /sales or /fence: long enough for a dead front-end's lease to run out. */
export const SALES_TIMEOUT_MS = 1_500;
/** A batch of purchases waits so long for buyers who have just been answered to come again. */
export const PLACES_LINGER_MS = 2;
/** One POST /lookups or /lists. */
export const LOOKUP_TIMEOUT_MS = 1_000;
/**
 * One of those to a catalog's follower, which is a detour: longer than one takes that is only
 * slow, and short, because behind it the look-up has yet to go to the leader.
 */
export const FOLLOWER_TIMEOUT_MS = 400;
/** A follower that did not answer is left out for so long; by then its health was asked for. */
export const FOLLOWER_OUT_MS = 2_000;
/** Rows that a catalog's follower holds back because nobody has told it that they are visible. */
export const UNSHOWN_ROWS_MAX = 10_000;
/** Names of which a front-end knows when the catalog's leader last told of a change. */
export const TOLD_NAMES_MAX = 10_000;
/** One POST /admin, which is asked once: long enough for a dead front-end's lease to run out. */
export const ADMIN_TIMEOUT_MS = 2_500;
/** A change of the admin's, those before it included, is answered by then. */
export const ADMIN_DEADLINE_MS = 5_000;
/** A look-up that no catalog answered by then is 503. */
export const LOOKUP_DEADLINE_MS = 2_500;
/**
 * Pause before a front-end asks again what was not answered, doubled from the first to the
 * second.
 */
export const RETRY_PAUSE_MIN_MS = 20;
export const RETRY_PAUSE_MAX_MS = 160;
/** Items in one batch on any hop. */
export const BATCH_ITEMS_MAX = 1_000;
/** Lists in one batch: each of them is answered with a page, and none before all are found. */
export const LISTS_MAX = 8;
export const LIST_BATCHES_MAX = 2;
/** Products looked at for one list in the turn that it comes in. */
export const LIST_AT_ONCE_ROWS = 1_000;
/** The same for all lists that take longer, in one turn: half a millisecond, or one. */
export const SEARCH_TURN_ROWS = 10_000;
/** So long a turn lasts, what is sold in it included; no search waits longer for those before. */
export const SEARCH_TURN_MS = 3;
export const SEARCH_WAIT_MAX_MS = 500;
export const SEARCH_AHEAD_ROWS_MAX = (SEARCH_WAIT_MAX_MS / SEARCH_TURN_MS) * SEARCH_TURN_ROWS;
/** A purchase, a sale or a product as JSON is shorter: 255 for a key, 4 a character of a name. */
export const ITEM_BYTES_MAX = 768;
/** Items that may wait on any hop before newcomers are refused with 503. */
export const QUEUE_ITEMS_MAX = 20_000;
/** With so many in a front-end's queue, the oldest for so long, newcomers are refused at once. */
export const QUEUE_WAIT_MS = 50;
export const QUEUE_SHED_ITEMS = 512;
/**
 * Batches of one session the catalog remembers: a repeat within gets the same answer, an
 * older one is refused.
 */
export const SESSION_WINDOW_BATCHES = 16;
/** An order leader that has not reached the catalog for this long gives way to one that does. */
export const CATALOG_LOST_MS = 1_000;
/** Batches of sales an order leader has under way at once. */
export const SALES_IN_FLIGHT_MAX = 2;
/** Orders, the latest, whose keys are remembered. */
export const KEYS_MAX = 1_000_000;
export const KEY_LENGTH_MAX = 255;
export const NAME_LENGTH_MAX = 64;
export const QUANTITY_MAX = 1_000_000;
/** Pieces of one product that an admin can bring it to. */
export const STOCK_MAX = 1_000_000_000;
/** Ids of products, and what may be traded of one. */
export const ID_MAX = 999_999_999;
export const VOLUME_MAX = 999_999_999;
export const PAGE_ITEMS_MAX = 100;

// --- A member's process ------------------------------------------------------

/** Characters of the cluster's secret; of the admin's token the most only. */
export const SECRET_LENGTH_MIN = 16;
export const SECRET_LENGTH_MAX = 256;
/**
 * Descriptors that a replica keeps for its files when connections have all others: two for a
 * copy, and one each for the log, its side file, a promise's and the folder.
 */
export const SPARE_DESCRIPTORS = 8;

// --- HTTP ------------------------------------------------------------------

export const PUBLIC_BODY_BYTES_MAX = 64 * 1024;
/** What is longer is no answer, so the longest that there can be is shorter: see below. */
export const INTERNAL_BODY_BYTES_MAX = 32 * 1024 * 1024;
/** A request is parsed at once, on the thread that owns everything: 30 MB would stop it for 2 s. */
export const INTERNAL_REQUEST_BYTES_MAX = 2 * 1024 * 1024;
/** Characters of rows in one POST /replicate, each of three bytes at most, as JSON too. */
export const REPLICATE_LENGTH_MAX = 512 * 1024;
export const URL_LENGTH_MAX = 2_048;
export const HEADER_BYTES_MAX = 8 * 1024;
export const HEADERS_MAX = 100;
export const HEADERS_TIMEOUT_MS = 10_000;
export const REQUEST_TIMEOUT_MS = 15_000;
/** node:http really closes an idle connection 1 s after this; a client must reuse it for less. */
export const KEEP_ALIVE_MS = 5_000;
/** Requests in flight get this long to finish when a member stops. */
export const CLOSE_GRACE_MS = 6_000;
/** An owner thread that completed no turn for this long makes its process unhealthy. */
export const TURN_MAX_MS = 300;

assert(HEARTBEAT_MS * 3 < LEADER_LEASE_MS, "two lost heartbeats do not end a leader's lease");
assert(
  VOTE_PATIENCE_MS + HEARTBEAT_MS < NOMINATION_TIMEOUT_MS,
  "a nominee that waited has time to open its term",
);
assert(
  LOG_PAGE_BYTES * 4 <= DISK_RESERVE_BYTES / 2,
  "what is under way when a disk fills up has room in its reserve",
);
assert(HEALTH_TIMEOUT_MS < NOMINATION_TIMEOUT_MS, "a nominee is healthy before it is nominated");
assert(
  LEASE_USED_MS <= LEASE_MS * 0.9,
  "a front-end stops using a lease before the catalog forgets it",
);
assert(LEASE_RENEW_MS * 3 < LEASE_USED_MS, "two lost renewals do not end a front-end's lease");
assert(
  INVALIDATE_PATIENCE_MS < LEASE_MS,
  "a deaf front-end loses its lease, not the catalog its patience",
);
assert(
  LEASE_RENEW_MS * 2 + LEASE_TIMEOUT_MS <= LEASE_USED_MS,
  "one renewal that hangs does not end a front-end's lease",
);
assert(INVALIDATE_TIMEOUT_MS < INVALIDATE_PATIENCE_MS, "one lost invalidation costs no lease");
assert(
  2 * HEALTH_INTERVAL_MS + HEALTH_TIMEOUT_MS < CATALOG_LOST_MS && CATALOG_LOST_MS < FAIL_FAST_MS,
  "one lost look loses no catalog, and who lost it gives way before purchases are refused",
);
assert(LEASE_MS < SALES_TIMEOUT_MS, "a sale outlives the lease of a dead front-end");
assert(LEASE_MS < ADMIN_TIMEOUT_MS, "so does what the admin changes");
assert(ADMIN_TIMEOUT_MS < ADMIN_DEADLINE_MS && ADMIN_DEADLINE_MS < CLOSE_GRACE_MS, "as it does");
assert(SALES_TIMEOUT_MS < PLACE_TIMEOUT_MS, "an order outlives the asking for its sale");
assert(
  PLACE_TIMEOUT_MS * 2 <= ORDER_DEADLINE_MS,
  "an order that met a dead leader has time for a second one",
);
assert(
  FOLLOWER_TIMEOUT_MS + LOOKUP_TIMEOUT_MS * 2 < LOOKUP_DEADLINE_MS,
  "a look-up has time for a second try, also after a detour",
);
assert(
  LISTS_MAX * LIST_BATCHES_MAX * LIST_AT_ONCE_ROWS <= 2 * SEARCH_TURN_ROWS,
  "what a front-end has under way at once is short",
);
assert(
  1_000_000 / SEARCH_TURN_ROWS * SEARCH_TURN_MS + SEARCH_WAIT_MAX_MS < LOOKUP_TIMEOUT_MS &&
    LOOKUP_TIMEOUT_MS * 2 < LOOKUP_DEADLINE_MS,
  "a search through a million names is found in time, and so when its follower is dead",
);
assert(
  LOOKUP_DEADLINE_MS * 2 <= Math.min(ORDER_DEADLINE_MS, ADMIN_DEADLINE_MS),
  "a name that was long looked for leaves time for what is to be done with it",
);
assert(
  SALES_IN_FLIGHT_MAX * 2 <= SESSION_WINDOW_BATCHES,
  "what is under way stays in the window",
);
assert(
  2 * QUEUE_ITEMS_MAX * ITEM_BYTES_MAX <= INTERNAL_BODY_BYTES_MAX,
  "a new leader can be told of all sales that those before it left without orders",
);
assert(
  LISTS_MAX * PAGE_ITEMS_MAX * ITEM_BYTES_MAX <= INTERNAL_BODY_BYTES_MAX &&
    BATCH_ITEMS_MAX * ITEM_BYTES_MAX <= INTERNAL_BODY_BYTES_MAX,
  "a batch has room for its answers",
);
assert(
  CHECKPOINT_PIECE_LENGTH * "\\u0000".length < INTERNAL_BODY_BYTES_MAX,
  "a piece of a checkpoint has room in an answer, whatever its characters",
);
assert(
  BATCH_ITEMS_MAX * ITEM_BYTES_MAX + HEADER_BYTES_MAX <= INTERNAL_REQUEST_BYTES_MAX &&
    INVALIDATE_NAMES_MAX * ITEM_BYTES_MAX <= INTERNAL_REQUEST_BYTES_MAX,
  "the largest batch is a request that is taken",
);
assert(
  3 * REPLICATE_LENGTH_MAX + 3 * ITEM_BYTES_MAX + HEADER_BYTES_MAX <= INTERNAL_REQUEST_BYTES_MAX,
  "so are a leader's rows, one beyond the bound",
);
assert(INTERNAL_REQUEST_BYTES_MAX < INTERNAL_BODY_BYTES_MAX, "answers may be longer than requests");
assert(
  TERM_MAX + 2 * TERM_JUMP_MAX < Number.MAX_SAFE_INTEGER && TERM_JUMP_MAX * 1_000_000 < TERM_MAX,
  "terms are exact numbers, and a million wrong messages do not use them up",
);
assert(ORDER_DEADLINE_MS < CLOSE_GRACE_MS, "a stopping member answers what it took");
assert(SECRET_LENGTH_MIN < SECRET_LENGTH_MAX, "a secret may be longer than it must");
assert(SECRET_LENGTH_MAX * 4 < HEADER_BYTES_MAX, "a secret has room among a request's headers");
assert(HEADERS_TIMEOUT_MS < REQUEST_TIMEOUT_MS, "headers come before bodies");
