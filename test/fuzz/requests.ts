/**
 * What is sent: sound requests of every route and call, and everything that is none. Each has
 * the name of its kind, and says how many answers it is due at the least.
 */
import type { Random } from "../simulation/random.ts";
import { drawFraming } from "./framing.ts";
import { drawHeaders, writeHeaders } from "./headers.ts";
import type { Scene, Target } from "./input.ts";
import { drawMessage } from "./internal_messages.ts";
import { drawPublic } from "./public_requests.ts";
import { drawLine } from "./request_lines.ts";

/** A request before it is written down. */
export interface Draft {
  method: string;
  path: string;
  /** Without those of the framing. */
  headers: [string, string][];
  body: Buffer | null;
}

export interface Drawn {
  what: string;
  bytes: Buffer;
  /** Answers that must come when the client stays. */
  due: number;
  /** With which statuses; 503 may stand for any of them. */
  statuses: number[];
  /** An answer may be without the body that its length tells of. */
  hasHead: boolean;
}

const PIPELINE_MAX = 300;
/** What is known of every store, whatever else goes on; the path and its status. */
const SURE: [string, number][] = [
  ["/livez", 200], ["/nothing", 404], ["/orders/x", 400], ["/orders/999999999", 404],
  ["/products?limit=0", 400],
];
const PROTOCOLS = ["h2c", "websocket", "TLS/1.0", ""];
const AFTER_CONNECT = [
  "", "", "GET /livez HTTP/1.1\r\n\r\n", "\x16\x03\x01", "x".repeat(9_000),
];

export function drawBytes(random: Random, scene: Scene, target: Target): Drawn {
  const draft = drawDraft(random, scene, target);
  // What only members may say comes to nothing unless HTTP carries it.
  if (target.door === "secret" && random.chance(0.6)) return sound(random, draft);
  const drawn = random.below(100);
  if (drawn < 40) return sound(random, draft);
  if (drawn < 52) return odd("line", drawLine(random, draft));
  if (drawn < 64) return odd("headers", drawHeaders(random, draft));
  if (drawn < 78) return odd("framing", drawFraming(random, draft));
  if (drawn < 86) return drawPipeline(random, scene, target);
  if (drawn < 95) return odd("mutated", mutate(random, writeRequest(draft)));
  if (drawn < 98) return odd("tunnel", drawTunnel(random, draft));
  return odd("noise", drawNoise(random));
}

function drawDraft(random: Random, scene: Scene, target: Target): Draft {
  const { door } = target;
  const draft = door === "public"
    ? drawPublic(random, scene)
    : drawMessage(random, scene, target);
  const host: [string, string][] = [["Host", "store"]];
  const close: [string, string][] = random.chance(0.5) ? [["Connection", "close"]] : [];
  return { ...draft, headers: [...host, ...close, ...draft.headers] };
}

/** As it should be written, whatever it says: it is answered. */
function sound(random: Random, draft: Draft): Drawn {
  const { method } = draft;
  const hasBody = draft.body !== null;
  const isChunked = hasBody && random.chance(0.2);
  const bytes = isChunked ? writeChunked(random, draft) : writeRequest(draft);
  const [, called = ""] = /^\/(\w*)/.exec(draft.path) ?? [];
  const what = `sound-${method.toLowerCase()}${hasBody ? "-body" : ""}-${called}`;
  return { what, bytes, due: 1, statuses: [], hasHead: method === "HEAD" };
}

function odd(name: string, bytes: Buffer): Drawn {
  const what = bytes.includes("CONNECT ") ? `${name}-connect` : name;
  return { what, bytes, due: 0, statuses: [], hasHead: bytes.includes("HEAD") };
}

export function writeRequest({ method, path, headers, body }: Draft): Buffer {
  const length: [string, string][] = body === null ? [] : [["Content-Length", `${body.length}`]];
  const head = `${method} ${path} HTTP/1.1\r\n${writeHeaders([...headers, ...length])}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body ?? Buffer.alloc(0)]);
}

function writeChunked(random: Random, { method, path, headers, body }: Draft): Buffer {
  const all: [string, string][] = [...headers, ["Transfer-Encoding", "chunked"]];
  const head = `${method} ${path} HTTP/1.1\r\n${writeHeaders(all)}\r\n`;
  const parts: Buffer[] = [Buffer.from(head, "latin1")];
  for (let at = 0; at < body!.length; ) {
    const piece = body!.subarray(at, at + 1 + random.below(body!.length));
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
    at += piece.length;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

/** Many at once; all of them good, or one of them what breaks the rest. */
function drawPipeline(random: Random, scene: Scene, target: Target): Drawn {
  const count = random.chance(0.2) ? 1 + random.below(PIPELINE_MAX) : 1 + random.below(12);
  if (target.door === "public" && random.chance(0.5)) return drawSurePipeline(random, count);
  const drafts = Array.from({ length: Math.min(count, 40) }, () => {
    const draft = drawDraft(random, scene, target);
    if (random.chance(0.9)) return writeRequest(draft);
    return random.chance(0.5) ? drawFraming(random, draft) : drawLine(random, draft);
  });
  return odd("pipeline", Buffer.concat(drafts));
}

function drawSurePipeline(random: Random, count: number): Drawn {
  const picked = Array.from({ length: count }, () => random.pick(SURE));
  const text = picked.map(([path]) => `GET ${path} HTTP/1.1\r\nHost: store\r\n\r\n`).join("");
  const statuses = picked.map(([, status]) => status);
  return { what: "pipeline-good", bytes: Buffer.from(text), due: 1, statuses, hasHead: false };
}

/** A few bytes of it are others, or missing, or doubled. */
function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(mutated.length + 1);
    const end = at + random.below(8);
    const [before, after] = [mutated.subarray(0, at), mutated.subarray(end)];
    switch (random.below(3)) {
      case 0: mutated = Buffer.concat([before, after]); break;
      case 1: mutated = Buffer.concat([mutated.subarray(0, end), mutated.subarray(at)]); break;
      default: mutated = Buffer.concat([before, Buffer.from([random.below(256)]),
        mutated.subarray(at + 1)]);
    }
  }
  return mutated;
}

/** What would make another protocol of the connection. */
function drawTunnel(random: Random, { path, headers }: Draft): Buffer {
  const to = random.pick(["store:80", "127.0.0.1:1", "[::1]:443", "*", "/", path, "x", ""]);
  const upgrade: [string, string][] = random.chance(0.3)
    ? [["Connection", "Upgrade"], ["Upgrade", random.pick(PROTOCOLS)]] : [];
  const method = random.chance(0.8) ? "CONNECT" : "GET";
  const line = `${method} ${to} HTTP/${random.pick(["1.1", "1.1", "1.0", "2.0"])}\r\n`;
  const after = random.pick(AFTER_CONNECT);
  return Buffer.from(`${line}${writeHeaders([...headers, ...upgrade])}\r\n${after}`, "latin1");
}

function drawNoise(random: Random): Buffer {
  switch (random.below(4)) {
    case 0: return Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3, 13, 10, 13, 10]);
    case 1: return Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    case 2: return Buffer.from("\r\n".repeat(random.below(50)));
    default: return Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256)));
  }
}
