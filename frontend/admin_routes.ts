/**
 * The writes of the admin. Without an admin token there are none: they answer
 * as a path does at which there is nothing, to everyone and whatever is sent,
 * and neither Allow nor /openapi.json tells that there could be any.
 */
import { nothingThere, type Method, type Route } from "../shared/http/router.ts";

const WRITES: readonly [Method, string][] = [
  ["POST", "/products"],
  ["PATCH", "/products/:name"],
  ["DELETE", "/products/:name"],
];

export function withheldRoutes(): Route[] {
  return WRITES.map(([method, path]) => ({ method, path, handle: refuse, hidden: true }));
}

function refuse(): never {
  throw nothingThere();
}
