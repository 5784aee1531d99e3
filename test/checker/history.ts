/**
 * What a run leaves behind to be judged: every request with its answer, timed
 * by the one monotonic clock of the process that sent them all, every fault,
 * and what the members' files say at the end.
 */
import type { OrderType } from "../../shared/messages/messages.ts";

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
  type: OrderType;
  quantity: number;
  /** What a 200 said. */
  number: number | null;
  replayed: boolean;
  /** What a 409 said there was too little of: pieces, or volume that is left to trade. */
  lacked?: "stock" | "volume" | null;
  /** A 503 said that nothing of it was tried, and nothing will be. */
  isUntried?: boolean;
}

/** What an answer shows of a product. */
export interface Shown {
  name: string;
  price: number;
  quantity: number;
  /** Pieces traded; null where that is not bounded. */
  volume: number | null;
}

/** GET /products/:name, or by id. Without a 200 only the name is what it says. */
export interface ProductOperation extends Asked, Shown {
  kind: "product";
  /** Null: it was asked for by its name. */
  id: number | null;
  /** The version is in the entity tag of a 200. */
  version: number;
}

/** What of a list is asked for. */
export interface ListedPart {
  /** Part of the names, in lower case; null: whatever their names. */
  q: string | null;
  limit: number;
  /** A name or an id, which it begins behind; null: it begins with the first. */
  after: string | null;
}

/** GET /products and their like. */
export interface ListOperation extends Asked {
  kind: "list";
  /** Of one topic only; null: of all. */
  topic: string | null;
  /** In the order of ids, not of names. */
  byId: boolean;
  /** Missing: all of it. */
  part?: ListedPart;
  /** What a 200 said of whether more follow, where that was looked at. */
  more?: boolean | undefined;
  /** What a 200 said; the version is that of the latest change of any product. */
  products: readonly Shown[];
  version: number;
}

/**
 * The admin changes a product: adds pieces, or takes them away, and sets a price, or both; makes
 * one, with so many pieces at a price; or removes one. In one history he never sets the same price
 * twice, nor one that a product had at first, and adds never as many.
 */
export interface AdminOperation extends Asked {
  kind: "admin";
  does: "change" | "make" | "remove";
  name: string;
  added: number | null;
  price: number | null;
  /** What a 200 said: the version that the product has by then; NaN: nothing. */
  version: number;
  /** A 503 said that nothing was changed, and nothing will be. */
  isUntried?: boolean;
}

/** GET /orders/:number. */
export interface FindOperation extends Asked {
  kind: "find";
  number: number;
  /** What a 200 said. */
  found: { number: number; name: string; type: OrderType; quantity: number } | null;
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
  /** Ids of the order replica and of the catalog that led when it struck. */
  leader: number;
  catalogLeader: number;
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
  type: OrderType;
  quantity: number;
  key: string;
  sale: number;
}

/** A row of the catalog's log that changed a product; the index is the product's version. */
export type JournalRow = { index: number; name: string } & (
  | { kind: "sale"; type: OrderType; quantity: number; key: string }
  /** Pieces that came; of the admin's stock below 0 when taken away. */
  | { kind: "restock" | "stock"; quantity: number }
  | { kind: "price"; price: number }
  /** It is there from then on, with so many pieces; a topic that is missing is as before. */
  | { kind: "product"; quantity: number; price: number; topic?: string | null }
  /** It is gone, with so many pieces: below 0, all that were left. */
  | { kind: "remove"; quantity: number }
);

/** A product as the store began with it; null: there is nothing of that kind in this store. */
export interface Initial {
  /** False: the admin may make it, always with this id. */
  isHere: boolean;
  quantity: number;
  price: number;
  maxVolume: number | null;
  id: number | null;
  topic: string | null;
}

export interface History {
  operations: readonly Operation[];
  faults: readonly Fault[];
  orders: readonly LoggedOrder[];
  journal: readonly JournalRow[];
  initial: ReadonlyMap<string, Initial>;
  /** What a restock sets a product to; 0: nothing is restocked. */
  restockTo: number;
  /** Each replica's log when all was quiet; those of a group must be equal. */
  logs: readonly { member: string; group: string; digest: string }[];
  /** What each front-end showed when all was quiet; what is missing it said was not there. */
  finals: readonly (Shown & { frontend: number })[];
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
