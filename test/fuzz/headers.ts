/** Headers that are doubled, folded, huge, many, broken, or mean something to node:http. */
import type { Random } from "../simulation/random.ts";
import { type Draft, writeRequest } from "./requests.ts";

const LINES = [
  "Host: other", "Host:", "Host: a b", "Host: [::1]:80", "host : store", "A: 1\r\n 2",
  "A: 1\r\n\t2", "no colon", ": no name", "A\0: 1", "A: \0", "A: 1\n", "A: 1\rB: 2", "A: \x7f",
  "A: ü", "Ä: 1",
  "A:", "A:1", "A : 1", " A: 1", "\tA: 1", "__proto__: 1", "constructor: 1", "toString: x",
  "Expect: 100-continue", "Expect: 200-ok", "Expect:", "Expect: 100-CONTINUE, x",
  "Upgrade: h2c", "Upgrade: websocket\r\nConnection: Upgrade",
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Connection: keep-alive", "Connection: close, keep-alive", "Connection: x", "Connection:",
  "Keep-Alive: timeout=999999", "Proxy-Connection: close", "TE: trailers", "TE: gzip;q=1",
  "Trailer: Content-Length", "Content-Type: text/plain", "Content-Type: application/json;charset=x",
  "Content-Type:", "Content-Type: application/json\r\nContent-Type: application/json",
  "Content-Encoding: gzip", "Content-Encoding: identity",
  "Idempotency-Key: a\r\nIdempotency-Key: b",
  "If-None-Match: *", "If-None-Match: W/\"1\"", "If-None-Match: \"", "If-Match: \"x\", *, \"\"",
  "Authorization: Bearer", "Authorization: Basic eDp5", "Authorization: Bearer a, Bearer b",
  "Store-Birth: x", "traceparent: 00-0-0-00", "traceparent: ÿ", "Range: bytes=0-1", "Via: 1.1 x",
  "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Cookie: a=b; a=c",
  "Accept: */*;q=x", "Accept-Encoding: br", "X-HTTP-Method-Override: DELETE", "Max-Forwards: 0",
];

export function writeHeaders(headers: readonly (readonly [string, string])[]): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

export function drawHeaders(random: Random, draft: Draft): Buffer {
  const bytes = writeRequest(draft);
  const lineEnd = bytes.indexOf("\r\n") + 2;
  const added = Buffer.from(drawLines(random), "latin1");
  const rest = random.chance(0.15) ? withoutHost(bytes.subarray(lineEnd)) : bytes.subarray(lineEnd);
  const parts = [bytes.subarray(0, lineEnd), added, rest];
  return Buffer.concat(random.chance(0.05) ? parts.slice(0, 2) : parts);
}

function drawLines(random: Random): string {
  switch (random.below(12)) {
    case 0: return `A: ${"x".repeat(random.below(20_000))}\r\n`;
    case 1: return `${"A".repeat(random.below(9_000))}: 1\r\n`;
    case 2: return Array.from({ length: random.below(160) }, (_, nth) => `h${nth}: 1\r\n`).join("");
    case 3: return "A: 1\r\n".repeat(random.below(1_500));
    default: {
      const count = 1 + random.below(4);
      return Array.from({ length: count }, () => `${random.pick(LINES)}\r\n`).join("");
    }
  }
}

function withoutHost(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(/Host: store\r\n/, ""), "latin1");
}
