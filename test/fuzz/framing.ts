/** Where a body ends: lengths and chunks that are wrong, doubled, or say two things. */
import type { Random } from "../simulation/random.ts";
import { writeHeaders } from "./headers.ts";
import type { Draft } from "./requests.ts";

const LENGTHS = [
  "-1", "+2", "0x2", "2, 2", "2,3", " 2 ", "", "2.0", "1e1", "18446744073709551616",
  "999999999999", "00002", "9007199254740993", "٢", "2\r\nContent-Length: 2",
  "2\r\nContent-Length: 3", "65537",
];
const ENCODINGS = [
  "chunked", "Chunked", "chunked, chunked", "gzip, chunked", "chunked, gzip", "identity",
  "xchunked",
  "chunked\r\nTransfer-Encoding: chunked", " chunked ", "\vchunked", "", "chunked;q=1", "deflate",
];
const SIZES = [
  "0", "00000", "-1", "+1", "0x2", "xyz", "", " 2", "2 ", "ffffffffffffffffff", "7fffffff", "g",
  "2;a=b", "2;a=\"b\r\n\"", `2;${"x".repeat(20_000)}`, "2;\0", "2\n", "1\r", "ffffffff",
];
const TRAILERS = [
  "", "A: 1\r\n", "Content-Length: 5\r\n", "no colon\r\n", "\0: 1\r\n", "A: 1\r\n".repeat(2_000),
  `A: ${"x".repeat(20_000)}\r\n`, "Transfer-Encoding: chunked\r\n",
];

export function drawFraming(random: Random, draft: Draft): Buffer {
  const { method, path, headers } = draft;
  const body = draft.body ?? Buffer.from(random.pick(["", "{}", "GET /livez HTTP/1.1\r\n\r\n"]));
  const framing = drawHeader(random, body.length);
  const line = `${method} ${path} HTTP/${random.chance(0.9) ? "1.1" : "1.0"}\r\n`;
  const head = `${line}${writeHeaders(headers)}${framing}\r\n`;
  const sent = /Transfer-Encoding/.test(framing) && random.chance(0.85)
    ? drawChunks(random, body)
    : drawBody(random, body);
  return Buffer.concat([Buffer.from(head, "latin1"), sent]);
}

function drawHeader(random: Random, length: number): string {
  const encoding = () => `Transfer-Encoding: ${random.pick(ENCODINGS)}\r\n`;
  const given = () => `Content-Length: ${length + random.below(20) - 10}\r\n`;
  switch (random.below(7)) {
    case 0: return `Content-Length: ${random.pick(LENGTHS)}\r\n`;
    case 1: return given();
    case 2: return `${encoding()}${given()}`;
    case 3: return `${given()}${encoding()}`;
    case 4: return encoding();
    case 5: return `Expect: 100-continue\r\nContent-Length: ${length}\r\n`;
    default: return "Transfer-Encoding: chunked\r\n";
  }
}

function drawBody(random: Random, body: Buffer): Buffer {
  if (random.chance(0.1)) return Buffer.alloc(random.below(200_000), 32);
  if (random.chance(0.3)) return body.subarray(0, random.below(body.length + 1));
  return body;
}

function drawChunks(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = [];
  const put = (text: string) => parts.push(Buffer.from(text, "latin1"));
  for (let times = random.below(4); times >= 0; times--) {
    const isGood = random.chance(0.7);
    put(isGood ? body.length.toString(16) : random.pick(SIZES));
    put(random.chance(0.95) ? "\r\n" : random.pick(["\n", "\r", ""]));
    parts.push(body);
    put(random.chance(0.95) ? "\r\n" : random.pick(["", "\n", "xx"]));
  }
  if (random.chance(0.85)) put(`0\r\n${random.pick(TRAILERS)}\r\n`);
  return Buffer.concat(parts);
}
