/** What HTTP threads ask their owner, and what it answers (types of shared/messages). */
import type { AdminChange } from "../shared/messages/admin.ts";
import type { ListQuery } from "../shared/messages/messages.ts";

/**
 * What the FrontendOwner is asked for. By kind:
 * place (JSON text of a Purchase) and place_within → PlaceResult; find (a number) → Order | null;
 * lookup → FoundProduct | null; list → FoundList; name (NameAsk) → string | null;
 * admin (AdminAsk) → AdminAnswer; leader → OrderLeader | null; ready → Readiness.
 */
export type OwnerCall =
  | "place" | "place_within" | "find" | "lookup" | "list" | "name" | "admin" | "leader" | "ready";

/** status → Status, which takes asking every member. */
export type Ask = OwnerCall | "status";

/** The lease is the identity of the fresh one held when the look-up began, or NO_LEASE. */
export interface LookupAsk {
  name: string;
  lease: number;
}

export interface ListAsk {
  query: ListQuery;
  lease: number;
}

/** For a purchase that has waited already, for the name of an id: what is left of its time. */
export interface PlaceWithinAsk {
  /** JSON text of a Purchase. */
  purchase: string;
  withinMs: number;
}

export interface AdminAsk {
  change: AdminChange;
  withinMs: number;
}

/** Of the product that has this id. */
export interface NameAsk {
  id: number;
  lease: number;
}

export interface OrderLeader {
  id: number;
  term: number;
}

export interface Readiness {
  orderLeader: boolean;
  catalog: boolean;
}
