/** The catalog's calls: parsed at this door, answered by the owner. */
import type { AdminChange, AdminRequest, ProductPatch } from "../../shared/messages/admin.ts";
import { AppError } from "../../shared/errors.ts";
import {
  BATCH_ITEMS_MAX,
  KEY_LENGTH_MAX,
  LISTS_MAX,
  NAME_LENGTH_MAX,
  PAGE_ITEMS_MAX,
  QUANTITY_MAX,
  STOCK_MAX,
} from "../../shared/limits.ts";
import { parseInternalKey } from "../../shared/messages/names.ts";
import { asArray, asIntegerIn, asPrice, asRecord, asText } from "../../shared/messages/parse.ts";
import { asTerm } from "../../shared/terms.ts";
import { readTraits, TRAITS } from "../../shared/messages/traits.ts";
import type {
  FenceRequest,
  HeldLease,
  LeaseRequest,
  ListQuery,
  ListRequest,
  LookupRequest,
  NamesRequest,
  OrderType,
  Purchase,
  Reader,
  SalesRequest,
} from "../../shared/messages/messages.ts";

export const CATALOG_CALLS = [
  { method: "POST", path: "/fence" },
  { method: "POST", path: "/sales" },
  { method: "POST", path: "/lookups" },
  { method: "POST", path: "/lists" },
  { method: "POST", path: "/names" },
  { method: "POST", path: "/admin" },
  { method: "POST", path: "/lease" },
  { method: "GET", path: "/health" },
] as const;

const ARRIVAL = ["term", "sender", "batch"];
/** Which of them go together, each kind says. */
const CHANGES = ["kind", "name", "versions", "price", "quantity", "added", "traits"];
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** UTF-16 units: a character outside the basic plane takes two. */
const NAME_UNITS_MAX = 2 * NAME_LENGTH_MAX;
/** A leadership or a session, which begins with one. */
const MARK_LENGTH_MAX = 128;

/** @throws bad_request */
export function parseFence(body: unknown): FenceRequest {
  const { term, leader } = asRecord(body, ["term", "leader"]);
  return { term: asTerm(term, "term", 1), leader: asNumber(leader, "leader", 1) };
}

/** @throws bad_request */
export function parseSales(body: unknown): SalesRequest {
  const fields = asRecord(body, ["term", "leader", "session", "batch", "settled", "sales"]);
  return {
    term: asTerm(fields.term, "term", 1),
    leader: asNumber(fields.leader, "leader", 1),
    session: asText(fields.session, "session", MARK_LENGTH_MAX),
    batch: asNumber(fields.batch, "batch", 1),
    settled: asNumber(fields.settled, "settled", 0),
    sales: asArray(fields.sales, "sales", BATCH_ITEMS_MAX, parsePurchase),
  };
}

/** @throws bad_request */
export function parseLookups(body: unknown): LookupRequest {
  const { names, ...asker } = asRecord(body, ["names", "frontend", "lease"], ["reads"]);
  return { names: asArray(names, "names", BATCH_ITEMS_MAX, asName), ...parseReader(asker) };
}

/** @throws bad_request */
export function parseLists(body: unknown): ListRequest {
  const { lists, ...asker } = asRecord(body, ["lists", "frontend", "lease"], ["reads"]);
  return { lists: asArray(lists, "lists", LISTS_MAX, parseList), ...parseReader(asker) };
}

/** @throws bad_request */
export function parseNames(body: unknown): NamesRequest {
  const { ids, frontend, lease } = asRecord(body, ["ids", "frontend", "lease"]);
  return {
    ids: asArray(ids, "ids", BATCH_ITEMS_MAX, (id) => asNumber(id, "an id", 1)),
    frontend: asNumber(frontend, "frontend", 1),
    lease: parseHeld(lease),
  };
}

/** @throws bad_request */
export function parseAdmin(body: unknown): AdminRequest {
  const { term, sender, batch, ...change } = asRecord(body, ARRIVAL, CHANGES);
  const arrival = {
    term: asTerm(term, "term", 1),
    sender: asText(sender, "sender", MARK_LENGTH_MAX),
    batch: asNumber(batch, "batch", 1),
  };
  return { ...arrival, ...parseChange(change) };
}

function parseChange(change: Record<string, unknown>): AdminChange {
  switch (change.kind) {
    case "patch":
      return parsePatch(change);
    case "create": {
      const { name, price, quantity, traits } =
        asRecord(change, ["kind", "name", "price", "quantity", "traits"]);
      return {
        kind: "create",
        name: asName(name),
        price: asPrice(price),
        quantity: asIntegerIn(quantity, "quantity", 0, QUANTITY_MAX),
        traits: readTraits(asRecord(traits, [], TRAITS)),
      };
    }
    case "remove": {
      const { name, versions } = asRecord(change, ["kind", "name", "versions"]);
      return { kind: "remove", name: asName(name), versions: parseVersions(versions) };
    }
    default:
      throw new AppError("bad_request", "kind must be patch, create or remove");
  }
}

function parsePatch(change: Record<string, unknown>): ProductPatch {
  const { name, versions, price, quantity, added } =
    asRecord(change, ["kind", "name", "versions"], ["price", "quantity", "added"]);
  if (price === undefined && quantity === undefined && added === undefined) {
    throw new AppError("bad_request", "Nothing is to be changed");
  }
  if (quantity !== undefined && added !== undefined) {
    throw new AppError("bad_request", "A quantity is set or added to, not both");
  }
  const patch: ProductPatch = {
    kind: "patch",
    name: asName(name),
    versions: parseVersions(versions),
  };
  if (price !== undefined) patch.price = asPrice(price);
  if (quantity !== undefined) patch.quantity = asIntegerIn(quantity, "quantity", 0, STOCK_MAX);
  if (added !== undefined) patch.added = asIntegerIn(added, "added", -STOCK_MAX, STOCK_MAX);
  return patch;
}

function parseVersions(value: unknown): number[] | null {
  if (value === null) return null;
  return asArray(value, "versions", BATCH_ITEMS_MAX, (one) => asNumber(one, "a version", 0));
}

/** @throws bad_request */
export function parseLease(body: unknown): Required<LeaseRequest> {
  const { frontend, holds, release = false } = asRecord(body, ["frontend", "holds"], ["release"]);
  if (typeof release !== "boolean") {
    throw new AppError("bad_request", "release must be true or false");
  }
  return { frontend: asNumber(frontend, "frontend", 1), holds: parseHeld(holds), release };
}

/** The index whose checksum is asked for, of GET /health?at=17. @throws bad_request */
export function parseHealth(query: unknown): number | null {
  const { at } = asRecord(query, [], ["at"]);
  return at === undefined ? null : asNumber(Number(at), "at", 0);
}

function parsePurchase(value: unknown): Purchase {
  const { key, name, type, quantity } = asRecord(value, ["key", "name", "type", "quantity"]);
  return {
    key: parseInternalKey(asText(key, "key", KEY_LENGTH_MAX)),
    name: asName(name),
    type: asType(type),
    quantity: asIntegerIn(quantity, "quantity", 1, QUANTITY_MAX),
  };
}

function parseList(value: unknown): ListQuery {
  const { topic, q, limit, after, by } = asRecord(value, ["topic", "q", "limit", "after"], ["by"]);
  if (by !== undefined && by !== "id") throw new AppError("bad_request", "by can only be id");
  return {
    ...(by === "id" ? { by } : {}),
    topic: topic === null ? null : asName(topic),
    q: q === null ? null : asName(q).normalize("NFC"),
    limit: asIntegerIn(limit, "limit", 1, PAGE_ITEMS_MAX),
    after: after === null ? null : asName(after),
  };
}

/** Who looks up, and what it is to be answered from. */
function parseReader(fields: Record<string, unknown>): Reader {
  const frontend = asNumber(fields.frontend, "frontend", 1);
  const asker = { frontend, lease: parseHeld(fields.lease) };
  if (fields.reads === undefined) return asker;
  const { least, visible } = asRecord(fields.reads, ["least", "visible"]);
  const reads = { least: asNumber(least, "least", 0), visible: asNumber(visible, "visible", 0) };
  if (reads.least > reads.visible) {
    throw new AppError("bad_request", "What must be shown is visible");
  }
  return { ...asker, reads };
}

function parseHeld(value: unknown): HeldLease | null {
  if (value === null) return null;
  const { leadership, number } = asRecord(value, ["leadership", "number"]);
  return {
    leadership: asText(leadership, "leadership", MARK_LENGTH_MAX),
    number: asNumber(number, "number", 1),
  };
}

/** Which names there are the products know: nothing else of a name is checked here. */
function asName(value: unknown): string {
  return asText(value, "a name", NAME_UNITS_MAX);
}

function asType(value: unknown): OrderType {
  if (value === "buy" || value === "sell") return value;
  throw new AppError("bad_request", "type must be buy or sell");
}

function asNumber(value: unknown, what: string, min: number): number {
  return asIntegerIn(value, what, min, NUMBER_MAX);
}
