/**
 * What the services say to each other: the one place both sides read.
 * Every message is JSON over HTTP on the internal ports, with the cluster
 * secret and the cluster's birth id in its headers. The messages of the
 * replicated log are in replication/messages.ts.
 */

import type { Arrival } from "../cluster/sequence_guard.ts";

export type OrderType = "buy" | "sell";

/** A purchase on its way: a front-end has checked it and given it its key. */
export interface Purchase {
  /** Idempotency key: the client's own, or one that a front-end made, beginning with `~`. */
  key: string;
  name: string;
  type: OrderType;
  quantity: number;
}

/** A committed order, as `GET /orders/7` shows it. */
export interface Order {
  number: number;
  name: string;
  type: OrderType;
  quantity: number;
}

// POST /orders and POST /orders/find: front-end -> order leader -----------------

export interface PlaceRequest extends Arrival {
  orders: Purchase[];
}
export interface PlaceAnswer {
  /** In the order of the request. */
  results: PlaceResult[];
}
export type PlaceResult =
  | { code: "ordered"; number: number; replayed: boolean }
  | { code: "not_found" }
  | { code: "out_of_stock"; left: number }
  | { code: "over_volume"; left: number }
  /** The key is bound to an order with another name, type or quantity. */
  | { code: "key_reused" }
  /** It did not happen: nothing of it was tried. */
  | { code: "unavailable"; message: string }
  /** It may have happened: ask again with the same key. */
  | { code: "unknown"; message: string };

export interface FindRequest {
  numbers: number[];
}
export interface FindAnswer {
  /** In the order of the request; null: there is no such order, and a majority has confirmed so. */
  results: (Order | null)[];
}

// POST /fence and POST /sales: order leader -> catalog leader -----------------------

export interface FenceRequest {
  /** The order leader's term and id. Lower terms can sell nothing from here on. */
  term: number;
  leader: number;
}
export interface Sale extends Purchase {
  /** Sales are numbered from 1, without gaps, in the order of the catalog's log. */
  sale: number;
}
export interface FenceAnswer {
  /** Goes with every later POST /sales of this leader. */
  session: string;
  /** Every sale up to this one is known to have a committed order. */
  settled: number;
  /** The number the next sale will get. */
  next: number;
  /** The sales after `settled`, in order: each gets an order unless its key has one. */
  sales: Sale[];
}
export interface SalesRequest {
  term: number;
  leader: number;
  session: string;
  /** Batches of a session are numbered from 1; the same number is always the same batch. */
  batch: number;
  /** Every sale up to this one has a committed order: the catalog may forget it. */
  settled: number;
  sales: Purchase[];
}
export interface SalesAnswer {
  /** In the order of the request. */
  results: SaleResult[];
}
export type SaleResult =
  | { code: "sold"; sale: number }
  | { code: "not_found" }
  | { code: "out_of_stock"; left: number }
  /** So many of this product may still be traded. */
  | { code: "over_volume"; left: number }
  /** Nothing was sold: the catalog has no room to write a sale down. Another time it may. */
  | { code: "unavailable"; message: string };

// POST /lookups, /lists, /names and /lease: front-end -> catalog ----------------------------

/** What some stores tell of a product beside name, price and quantity; as long as it is there. */
export interface Traits {
  id?: number;
  topic?: string;
  /** It is not traded beyond so many pieces, bought and sold together. */
  max_volume?: number;
}

/** A product as the catalog shows it; a store's file says which fields it shows, in what order. */
export interface Product extends Traits {
  name: string;
  price: number;
  quantity: number;
  /** Pieces traded so far, where that is bounded. */
  volume?: number;
}

/** What a look-up must be answered with if a follower is to answer it: see catalog/DESIGN.md. */
export interface FollowerRead {
  /** Whatever visible row may have changed what is asked for is not beyond this one. */
  least: number;
  /** Rows up to this one are visible, and may be shown. Invariant: least <= visible. */
  visible: number;
}

/** What a front-end holds: see LeaseAnswer. */
export interface HeldLease {
  leadership: string;
  number: number;
}

/** Who looks something up. */
export interface Reader {
  /** The front-end's id, and the fresh lease it held when the first of these look-ups began. */
  frontend: number;
  lease: HeldLease | null;
  /** Missing: only the leader may answer. */
  reads?: FollowerRead;
}
/** Who answered. */
export interface Answered {
  /** As in LeaseAnswer; null: a follower. */
  leadership: string | null;
  /** Rows up to this one are visible. */
  index: number;
}

export interface LookupRequest extends Reader {
  names: string[];
}
export interface LookupAnswer extends Answered {
  /** In the order of the request; null: no such product. */
  results: (LookupResult | null)[];
}
export interface LookupResult {
  product: Product;
  /** Index of the catalog row that last changed it, 0 for as it was loaded. */
  version: number;
  /** False: a change is on its way; it is for the asker alone, not to be kept or shared. */
  store: boolean;
}

export interface ListQuery {
  topic: string | null;
  /** Case-blind part of the name. */
  q: string | null;
  limit: number;
  /** The last name of the page before, or its id; null for the first page. */
  after: string | null;
  /** In the order of their ids; missing: of their names. Who has no id is not in it. */
  by?: "id";
}
export interface ListRequest extends Reader {
  lists: ListQuery[];
}
export interface ListAnswer extends Answered {
  /** Null: too many others search; it may be asked for again. */
  results: (ListResult | null)[];
}
export interface ListResult {
  /** In the order that was asked for; names in code unit order. */
  products: Product[];
  /** True when more follow the last one. */
  more: boolean;
  /** Index of the last visible change of anything. */
  version: number;
  store: boolean;
}

export interface NamesRequest {
  ids: number[];
  frontend: number;
  lease: HeldLease | null;
}
export interface NamesAnswer {
  /** In the order of the request; null: no product has that id. A name once found is for ever. */
  results: (string | null)[];
}

export interface LeaseRequest {
  frontend: number;
  /** The lease to renew, or null to ask for a new one. */
  holds: HeldLease | null;
  /** True: the front-end stops and gives its lease back. */
  release?: boolean;
}
export interface LeaseAnswer {
  /** `<term>.<start id>`: differs after every change of leader and every restart of the catalog. */
  leadership: string;
  /** Differs whenever the front-end's lease had lapsed at the catalog. */
  number: number;
  /** Rows up to this one are visible; 0 from a leader that cannot tell yet. */
  index: number;
  /** The leader's last row when this number began: of every later one the holder is told. */
  since: number;
  /** Milliseconds granted, from when the request was received; 0 when released. */
  leaseMs: number;
}

// POST /invalidate: catalog leader -> every leased front-end -----------------------

export interface InvalidateRequest {
  leadership: string;
  /** Each of these is about to change, or was just made or removed. */
  names: string[];
  /** Not before the last row that changed any of them. */
  index: number;
  /** As in LeaseAnswer: `index`. */
  visible: number;
}
/** Answered when no thread of that front-end will serve what it held of them. */
export type InvalidateAnswer = Record<string, never>;

// GET /health: anyone -> any member ------------------------------------------------------

export type ReplicaRole = "follower" | "candidate" | "leader";

export interface ReplicaHealth {
  id: number;
  state: "normal" | "recovering";
  role: ReplicaRole;
  term: number;
  /** The leader this replica follows or is, null while it knows none. */
  leader: number | null;
  lastIndex: number;
  commitIndex: number;
  /** The leader's term is open and it answers its clients. */
  serving: boolean;
  /** A leader: a majority answered within its lease. */
  majority: boolean;
  /** Milliseconds before this replica would vote for another; 0 when it would now. */
  leaseMs: number;
  /** Its disk has no room for new work: not to be nominated while another has. */
  full: boolean;
  /** Checksum of the row at ?at=index, null when there is no such row here. */
  checksum: string | null;
  uptimeMs: number;
  /** What only this service has to say: orders, sales, unsettled, products, leases. */
  details: Record<string, number | string | boolean>;
}

export interface FrontendHealth {
  id: number;
  uptimeMs: number;
  stopping: boolean;
  leased: boolean;
  cache: {
    enabled: boolean;
    capacity: number;
    entries: number;
    hits: number;
    misses: number;
    invalidations: number;
  };
  requests: number;
  /** Asked for and not done, as nobody waited for it any more. */
  abandoned: number;
}
