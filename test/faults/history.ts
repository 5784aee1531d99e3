/**
 * What a run leaves behind to be judged: every request with its answer, timed
 * by the one monotonic clock of the process that sent them all, every fault,
 * and what the members' files say at the end.
 */

/** What all requests have. Times are monotonic milliseconds since the run began. */
interface Asked {
  client: number;
  frontend: number;
  invokedMs: number;
  /** When the answer was there, or it was certain that none would come. */
  returnedMs: number;
  /** 0 when no whole answer came. */
  status: number;
  /** Of anything but a 200: the body was `{"error":{"code":<status>,"message":…}}`. */
  isOwnError: boolean;
  /** A 503 said when to come back. */
  hasRetryAfter: boolean;
}

/** POST /orders. Attempts of one purchase share its key. */
export interface OrderOperation extends Asked {
  kind: "order";
  key: string;
  name: string;
  quantity: number;
  /** What a 200 said. */
  number: number | null;
  replayed: boolean;
  /** A 503 said that nothing of it was tried, and nothing will be. */
  isUntried?: boolean;
}

/** GET /products/:name. */
export interface ProductOperation extends Asked {
  kind: "product";
  name: string;
  /** What a 200 said; the version is in its entity tag. */
  quantity: number;
  version: number;
}

/** GET /products: the first page of all. */
export interface ListOperation extends Asked {
  kind: "list";
  /** What a 200 said; the version is that of the latest change of any product. */
  products: readonly { name: string; quantity: number }[];
  version: number;
}

/** The admin adds pieces, or takes them away; in one history never twice as many. */
export interface AdminOperation extends Asked {
  kind: "admin";
  name: string;
  added: number;
  /** What a 200 said: the version that the product has by then. */
  version: number;
  /** A 503 said that nothing was changed, and nothing will be. */
  isUntried?: boolean;
}

/** GET /orders/:number. */
export interface FindOperation extends Asked {
  kind: "find";
  number: number;
  /** What a 200 said. */
  found: { number: number; name: string; quantity: number } | null;
}

/** GET /leader. */
export interface LeaderOperation extends Asked {
  kind: "leader";
  id: number;
  term: number;
}

export type Operation =
  | OrderOperation | ProductOperation | ListOperation | FindOperation | LeaderOperation
  | AdminOperation;

/** A fault, from its beginning to the moment when all of it was undone. */
export interface Fault {
  /** `kill of the order leader` */
  kind: string;
  /** Who was killed, paused or stopped, `order 3`; nobody in a cut. */
  members: string[];
  /** What `from` sent did not reach `to`, at least for a part of the time. Names, `order 3`. */
  links: { from: string; to: string }[];
  /** Id of the order replica that led when it struck. */
  leader: number;
  /** Every member was well and in its place when it struck. */
  wasWhole: boolean;
  /** How long it was waited for that. */
  waitedMs: number;
  fromMs: number;
  toMs: number;
}

/** A row of the order log. */
export interface LoggedOrder {
  number: number;
  name: string;
  quantity: number;
  key: string;
  sale: number;
}

/** A row of the catalog's log that changed a product; the index is the product's version. */
export interface JournalRow {
  index: number;
  kind: "sale" | "restock" | "stock";
  name: string;
  /** Of the admin's stock below 0 when taken away. */
  quantity: number;
  key: string;
}

export interface History {
  operations: readonly Operation[];
  faults: readonly Fault[];
  orders: readonly LoggedOrder[];
  journal: readonly JournalRow[];
  initial: ReadonlyMap<string, number>;
  /** What a restock sets a product to. */
  restockTo: number;
  /** Each replica's log when all was quiet; those of a group must be equal. */
  logs: readonly { member: string; group: string; digest: string }[];
  /** What each front-end showed when all was quiet. */
  finals: readonly { frontend: number; name: string; quantity: number }[];
}

/**
 * An own 4xx did not happen, nor did what a 503 calls untried; a 200 did;
 * everything else may have: another 503, a bare 400 of some parser, a reset, silence.
 */
export function outcomeOf(operation: Operation): "ok" | "failed" | "unknown" {
  const { kind, status, isOwnError } = operation;
  if (status === 200) return "ok";
  if ((kind === "order" || kind === "admin") && operation.isUntried) return "failed";
  return status >= 400 && status < 500 && isOwnError ? "failed" : "unknown";
}
