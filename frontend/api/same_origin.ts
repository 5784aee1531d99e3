/**
 * Whose page asks. A browser sends what a page of another site tells it to,
 * from inside the network that its user is in, so whatever changes anything is
 * refused when a browser says that the page is not this store's own
 * (Sec-Fetch-Site; Origin, RFC 6454), and when the host that it asks for is a
 * name that is not the store's: a foreign name that leads here is the trick of
 * DNS rebinding. Programs that are no browsers say nothing of this, and need
 * not.
 *
 * The store's names are those in PUBLIC_HOSTS. Without it, a front-end that
 * listens on the loopback interface alone knows that only names of this
 * machine lead to it: an address, or a name without a dot, or localhost. One
 * that listens elsewhere cannot know its names; there the page has to be of
 * the host that is asked for.
 */
import { isIP } from "node:net";
import { AppError } from "../../shared/errors.ts";
import type { Exchange } from "../../shared/http/exchange.ts";

export interface OriginOptions {
  publicHosts: readonly string[];
  /** The address that the front-end listens on. */
  host: string;
}

/** @returns a check of requests that change anything: it throws foreign_origin, misdirected */
export function originCheck({ publicHosts, host }: OriginOptions): (exchange: Exchange) => void {
  const isLocal = isLoopback(host);
  const isOurs = (name: string): boolean => {
    if (publicHosts.includes(name) || isLoopback(name)) return true;
    if (publicHosts.length > 0) return name === host;
    return !isLocal || isIP(name) !== 0 || !name.includes(".");
  };
  return (exchange) => {
    if (exchange.method === "GET" || exchange.method === "HEAD") return;
    const asked = (exchange.header("host") ?? "").toLowerCase();
    if (asked !== "" && !isOurs(nameOf(asked))) {
      throw new AppError("misdirected", "The Host header names no host of this store");
    }
    const site = exchange.header("sec-fetch-site")?.toLowerCase();
    const origin = exchange.header("origin")?.toLowerCase();
    const isForeignSite = site !== undefined && site !== "same-origin" && site !== "none";
    const isForeignOrigin = origin !== undefined && authorityOf(origin) !== withoutPort80(asked);
    if (isForeignSite || isForeignOrigin) {
      throw new AppError("foreign_origin", "A page of another site cannot change anything here");
    }
  };
}

function isLoopback(name: string): boolean {
  const plain = name.endsWith(".") ? name.slice(0, -1) : name;
  if (plain === "localhost" || plain.endsWith(".localhost") || plain === "::1") return true;
  return isIP(plain) === 4 && plain.startsWith("127.");
}

/** Without the port, and an IPv6 address without its brackets. */
function nameOf(authority: string): string {
  const bracket = authority.indexOf("]");
  if (authority.startsWith("[") && bracket > 0) return authority.slice(1, bracket);
  const colon = authority.indexOf(":");
  return colon === -1 ? authority : authority.slice(0, colon);
}

/** Host and port of an Origin, as a Host header has them; "" of one that has none (`null`). */
function authorityOf(origin: string): string {
  const [, authority = ""] = /^https?:\/\/([^/?#@]+)$/.exec(origin) ?? [];
  return withoutPort80(authority);
}

/** The default ports may be said or left out. */
function withoutPort80(authority: string): string {
  return authority.replace(/:(80|443)$/, "");
}
