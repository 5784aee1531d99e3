/** First lines of requests that are not as they should be, with headers that are. */
import type { Random } from "../simulation/random.ts";
import { writeHeaders } from "./headers.ts";
import type { Draft } from "./requests.ts";

const METHODS = [
  "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "",
  "Post", "FOO", "GET\t", "M-SEARCH", "PROPFIND", "QUERY", "X".repeat(300), "G\0T", "GÉT",
  "SOURCE",
];
const VERSIONS = [
  "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "HTTP/1.2",
  "http/1.1", "HTTP/1", "HTTP/", "", "ICE/1.0", "RTSP/1.0", "HTTP/1.1 ", "HTTP/11", "HTTP/-1.1",
];
const TARGETS = [
  "*", "/", "", "//", "//evil/products", "http://evil/products", "https://store:1/livez", "evil:80",
  "store:0", "/products/../livez", "/./livez", "/livez/", "/livez?", "/livez#part", "/livez?x=%",
  "?", "#", "/%", "/%2", "/%zz", "/products/%00", "/products/%ff", "/products/%c0%af",
  "/products/%ed%a0%80", "/products/%F0%9F%98%80", "/products/%2e%2e%2flivez", "/products/T%75x",
  "/products/%25%32%35", "/products/ü", "/products/a b", "/products/\t", "/products/\x7f",
  "/products?limit=99999999999999999999", "/products?limit=1&limit=2", "/products?q=%ff",
  "/products?after=%00", "/orders/0", "/orders/-1", "/orders/1e3", "/orders/9007199254740993",
  "/orders/00000000000000001", "/orders/1%30", "/constructor", "/__proto__", "/products/__proto__",
  "/products/constructor", "/readyz?verbose=%f0", "/checkpoint", "/log?after=-1", "*/livez",
];

export function drawLine(random: Random, { path, method, headers }: Draft): Buffer {
  const verb = random.chance(0.6) ? random.pick(METHODS) : method;
  const target = random.chance(0.7) ? drawTarget(random) : path;
  const version = random.chance(0.5) ? random.pick(VERSIONS) : "HTTP/1.1";
  const space = random.chance(0.9) ? " " : random.pick(["  ", "\t", "", "\r", "\v", "\0"]);
  const end = random.chance(0.93) ? "\r\n" : random.pick(["\n", "\r", "\r\r\n", "\0\r\n", ""]);
  const before = random.chance(0.95) ? "" : random.pick(["\r\n", "\n\n", " ", "\0"]);
  const line = `${before}${verb}${space}${target}${space}${version}${end}`;
  return Buffer.from(`${line}${writeHeaders(headers)}\r\n`, "latin1");
}

function drawTarget(random: Random): string {
  const drawn = random.below(10);
  if (drawn === 0) return `/products/${"a".repeat(random.below(12_000))}`;
  if (drawn === 1) return `/products?q=${"%41".repeat(random.below(1_000))}`;
  if (drawn === 2) return `/${"a/".repeat(random.below(800))}`;
  if (drawn === 3) return `/products/${drawEncoded(random)}`;
  return random.pick(TARGETS);
}

/** Each of these is a byte, and only some of them are text together. */
export function drawEncoded(random: Random): string {
  const count = 1 + random.below(12);
  return Array.from({ length: count }, () =>
    `%${random.below(256).toString(16).padStart(2, "0")}`).join("");
}
