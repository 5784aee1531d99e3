/** A request for any route of the three stores' tables, the admin's among them. */
import { STORES } from "../../shared/stores/stores.ts";
import type { Random } from "../simulation/random.ts";
import type { Scene } from "./input.ts";
import { drawBody } from "./json_bodies.ts";
import { drawEncoded } from "./request_lines.ts";
import type { Draft } from "./requests.ts";

/** The admin changes these alone: what good requests look for stays as it is. */
const ADMIN_NAMES = ["Fuzz-1", "Fuzz-2", "Fuzz-3", "Fuzz ü", "Fuzz/4"];
/** Ids of the admin's products; those that are on sale have smaller ones. */
const ADMIN_ID_LEAST = 9_000;
const COMMON: [string, string][] = [
  ["GET", "/products/:name"], ["GET", "/products"], ["POST", "/orders"], ["POST", "/orders"],
  ["GET", "/orders/:number"], ["GET", "/leader"], ["GET", "/status"], ["GET", "/livez"],
  ["GET", "/readyz"], ["GET", "/openapi.json"], ["POST", "/products"],
  ["PATCH", "/products/:name"], ["DELETE", "/products/:name"],
];
/** One store's words are strange to the others, and asked of all. */
const ROUTES = [
  ...COMMON, ...COMMON,
  ...[...STORES.values()].flatMap(({ routes, adminRoutes }) =>
    [...routes, ...adminRoutes].map(({ method, path }) => [method, path] as [string, string])),
];
const QUERIES = [
  "limit=1", "limit=100", "limit=101", "limit=", "q=t", "q=%00", "after=Tux", "after=%f0%9f", "x=1",
  "limit=1&limit=1", "verbose", "verbose=1", "topic=a&q=b", "&&&", "=", "%6cimit=1", "q=a+b",
];
const KEYS = [
  "", " ", "a", "a b", "~a", `~${"A".repeat(22)}`, "x".repeat(255), "x".repeat(256), "ü", "a,b",
  "=1",
];
const OTHER_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

export function drawPublic(random: Random, scene: Scene): Draft {
  const [known, pattern] = random.pick(ROUTES);
  const isAdmin = known === "PATCH" || known === "DELETE" || pattern.startsWith("/update") ||
    (known === "POST" && pattern === "/products");
  const method = drawMethod(random, known, isAdmin);
  const path = `${fill(random, scene, pattern, isAdmin)}${drawQuery(random)}`;
  const takesBody = known === "POST" || known === "PATCH";
  const hasBody = random.chance(takesBody ? 0.93 : 0.08);
  const body = hasBody ? drawPublicBody(random, scene, pattern) : null;
  return { method, path, headers: drawOwnHeaders(random, scene, isAdmin), body };
}

/** An admin's path is not asked with a method that would remove something. */
function drawMethod(random: Random, known: string, isAdmin: boolean): string {
  if (known === "GET" && random.chance(0.15)) return "HEAD";
  if (isAdmin || random.chance(0.9)) return known;
  return random.pick(OTHER_METHODS);
}

function fill(random: Random, scene: Scene, pattern: string, isAdmin: boolean): string {
  const name = () => encodeURIComponent(
    isAdmin ? random.pick(ADMIN_NAMES) : random.pick([...scene.names, ...ADMIN_NAMES]));
  const number = () => random.pick([
    "0", "1", "2", "7", "007", "-1", "1.5", "999999999", "9007199254740993", "x", "1e3", "%31",
  ]);
  const values: Record<string, () => string> = {
    ":name": () => (random.chance(0.85) || isAdmin ? name() : drawEncoded(random)),
    ":topic": () => random.pick(["distributed%20systems", "x", "%00", "%ff", "a%2fb"]),
    ":id": () => (isAdmin ? String(ADMIN_ID_LEAST + random.below(5)) : number()),
    ":cost": () => random.pick(["1", "0", "-1", "1.999", "1e3", "9999999999", "%2e5"]),
  };
  return pattern.replace(/:\w+/g, (part) => (values[part] ?? number)());
}

function drawQuery(random: Random): string {
  if (random.chance(0.8)) return "";
  const count = 1 + random.below(2);
  return `?${Array.from({ length: count }, () => random.pick(QUERIES)).join("&")}`;
}

function drawPublicBody(random: Random, scene: Scene, pattern: string): Buffer {
  if (pattern.startsWith("/products")) {
    const name = random.pick(ADMIN_NAMES);
    const patch = { price: random.below(1_000) / 100, quantity: random.below(100) };
    if (pattern !== "/products") return drawBody(random, patch);
    const traits = scene.store === "books" ? { topic: "fuzz", id: ADMIN_ID_LEAST + random.below(5) }
      : scene.store === "stocks" ? { max_volume: 1_000 } : {};
    return drawBody(random, { name, ...patch, ...traits });
  }
  const type = random.pick(["buy", "buy", "sell"]);
  const quantity = random.chance(0.9) ? 1 + random.below(3) : random.below(2_000_000);
  const name = random.pick([...scene.names, ...ADMIN_NAMES]);
  const withType = random.chance(scene.store === "stocks" ? 0.9 : 0.1);
  return drawBody(random, withType ? { name, quantity, type } : { name, quantity });
}

function drawOwnHeaders(random: Random, scene: Scene, isAdmin: boolean): [string, string][] {
  const headers: [string, string][] = [];
  if (random.chance(0.8)) headers.push(["Content-Type", "application/json"]);
  if (random.chance(isAdmin ? 0.8 : 0.1)) {
    const token = random.chance(0.8) ? scene.adminToken : scene.adminToken.slice(0, -1);
    headers.push(["Authorization", `Bearer ${token}`]);
  }
  if (random.chance(0.3)) {
    const key = random.chance(0.6) ? `key-${random.below(300)}` : random.pick(KEYS);
    headers.push(["Idempotency-Key", key]);
  }
  if (random.chance(0.1)) {
    const name = random.chance(0.5) ? "If-Match" : "If-None-Match";
    headers.push([name, random.pick(['"1"', "*", "x", '"1", "2"', "", 'W/"1"', '"0-1"'])]);
  }
  return headers;
}
