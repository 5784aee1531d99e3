/**
 * Three kinds of no. An expected outcome is a value of the function that
 * found it. An operating fault is an AppError: it has a reason, which callers
 * match, and a message for people, which they do not. A bug is an assert and
 * ends the process. This table is the only place where a reason becomes an
 * HTTP status.
 */
export const STATUS_BY_REASON = {
  bad_request: 400,
  unauthorized: 401,
  /** A page of another site asks for a change in its visitor's name. */
  foreign_origin: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 408,
  conflict: 409,
  out_of_stock: 409,
  /** A newer leader has fenced the catalog; `term` names its term. */
  fenced: 409,
  /** The catalog does not know this session, or the batch is below its window. */
  session: 409,
  /** A nomination refused because a leader is alive; `leader` and `leaseMs` name it. */
  leader_alive: 409,
  /** A nomination that found no majority of votes. */
  no_votes: 409,
  /** Another cluster's message. */
  other_cluster: 409,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  expectation_failed: 417,
  key_reused: 422,
  /** The host that is asked for is not this store. */
  misdirected: 421,
  /** This client asks for more than its share. */
  too_many_requests: 429,
  headers_too_large: 431,
  uri_too_long: 414,
  internal: 500,
  /** A file on disk is not what was written there: no crash leaves it so. */
  damaged: 500,
  not_implemented: 501,
  /** This replica does not lead; `leader` (an id or null) and `term` say who does. */
  not_leader: 503,
  recovering: 503,
  /** Nothing was done, try again later. */
  unavailable: 503,
  /** Nothing was done: more is asked for than can be done. To ask again at once makes it worse. */
  overloaded: 503,
  /** Nothing was done: who asked for it is gone. */
  abandoned: 503,
  /** It may have been done: repeat with the same key. */
  unknown: 503,
} as const;

export type Reason = keyof typeof STATUS_BY_REASON;

/** So refuses who is no member of this cluster, and got the port of one: nothing was done. */
export const NOT_A_MEMBER = ["unauthorized", "other_cluster"] as const satisfies Reason[];

export class AppError extends Error {
  override readonly name = "AppError";
  readonly reason: Reason;
  /** Fields that go with the reason over the wire, as `leader` with `not_leader`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(reason: Reason, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.reason = reason;
    this.details = details;
  }

  get status(): number {
    return STATUS_BY_REASON[this.reason];
  }
}

export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(STATUS_BY_REASON, value);
}

/** True for an AppError with one of these reasons. */
export function hasReason(error: unknown, ...reasons: Reason[]): error is AppError {
  return error instanceof AppError && reasons.includes(error.reason);
}
