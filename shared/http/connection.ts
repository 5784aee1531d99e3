/**
 * What the server knows of one client connection beside what node:http does:
 * how many requests are being answered and whether it is still usable. It
 * decides who speaks when the parser gives up in the middle of something:
 * a request whose body broke is told by its own answer; with an answer on
 * its way nothing may be written between; else the error is written here.
 */
import type { Socket } from "node:net";
import { monotonicMs } from "../clock.ts";
import { AppError } from "../errors.ts";
import * as limits from "../door_limits.ts";
import { errorAnswer } from "./error_response.ts";
import type { Client } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import { Pipeline } from "./pipeline.ts";
import type { RequestGate } from "./request_gate.ts";

/** A refused client may go on sending for this long, so that it reads why before the reset. */
const LINGER_MS = 1_000;

/** What all connections of a server share. */
export interface ServerState {
  readonly internal: boolean;
  readonly bodyBytesMax: number;
  /** Every answer says `Connection: close`. */
  closing: boolean;
  /** Called while closing, whenever a connection has answered all it took or has ended. */
  onChange: () => void;
  readonly gate: RequestGate;
  /** A connection has closed with requests that were being answered. */
  readonly onGone: () => void;
  /** A connection has shown the secret. */
  onTrusted: (connection: Connection) => void;
  /** Requests since the start: tells which connection was used last. */
  requests: number;
}

/** Of a socket's handle, what says how much the client has taken. */
interface Handle {
  bytesWritten: number;
  writeQueueSize: number;
}

export class Connection {
  readonly socket: Socket;
  readonly server: ServerState;
  readonly client: Client;
  readonly pipeline = new Pipeline();
  /** Requests taken and not yet answered. */
  open = 0;
  /** It has shown the secret, where one is wanted. */
  isTrusted = false;
  /** Not null: one more than its address, or the server, may have; only health is served. */
  surplus: "address" | "total" | null = null;
  /** Number of its latest request among all of the server; at first of the one before it came. */
  lastUse: number;
  /** The socket has closed: nobody waits for an answer any more. */
  isGone = false;
  /** Answers that are made and wait for one before them. */
  #queued = 0;
  /** Since when the client has taken next to nothing of what waits for it, and how much by then. */
  #stuckSinceMs: number | null = null;
  #takenByThen = 0;
  /** The request that was taken last. */
  latest: Exchange | null = null;
  /** What follows on this connection cannot be read. */
  #broken = false;

  constructor(socket: Socket, server: ServerState, client: Client) {
    this.socket = socket;
    this.server = server;
    this.client = client;
    this.lastUse = server.requests;
    // node:http takes its own listener off for CONNECT, and whatever else it hands over bare: an
    // error without one would end the process.
    socket.on("error", () => {});
    socket.on("drain", () => server.gate.released(this));
    socket.on("resume", () => {
      // node:http resumes a socket whose request's body is read; what waits has no room yet.
      if (this.pipeline.isBehind) socket.pause();
    });
  }

  /** No further request will be read: the answer under way is the last. */
  get ending(): boolean {
    return this.#broken || this.server.closing || this.surplus !== null;
  }

  /** No further request is taken. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** Requests taken whose answer has not left. */
  get unfinished(): number {
    return this.open + this.#queued;
  }

  /** It is not being served, so it may be let go. */
  get isIdle(): boolean {
    return this.unfinished === 0 && !this.pipeline.isBehind;
  }

  /** Part of a request that is being served has not come yet. */
  get isReadingBody(): boolean {
    return this.latest !== null && !this.latest.request.complete;
  }

  /** It has shown the secret. */
  trust(): void {
    if (!this.isTrusted) this.server.onTrusted(this);
  }

  began(exchange: Exchange): void {
    this.open++;
    this.server.gate.inFlight++;
    this.lastUse = ++this.server.requests;
    this.latest = exchange;
  }

  /** A request has been answered. */
  answered(exchange: Exchange, status: number): void {
    const { pipeline, server } = this;
    const { response } = exchange;
    this.open--;
    server.gate.inFlight--;
    if ((status === 503 || status === 429) && !server.internal) this.#backOff();
    else if (pipeline.window < limits.PIPELINE_MAX) pipeline.window++;
    if (response.socket === null) {
      this.#queued++;
      response.once("finish", () => {
        this.#queued--;
        server.gate.released(this);
      });
    }
    if (pipeline.isBehind) server.gate.released(this);
    if (this.open > 0 || pipeline.waiting.length > 0) return;
    if (this.#broken) response.once("finish", () => this.socket.destroySoon());
    if (server.closing) server.onChange();
  }

  /** There was no room for one of its requests: it is served fewer at once, and after a pause. */
  #backOff(): void {
    const { pipeline } = this;
    if (pipeline.window === 1) {
      pipeline.restsUntilMs = monotonicMs() + limits.REFUSED_REST_MS;
    } else {
      pipeline.window = Math.floor(pipeline.window / 2);
      pipeline.restsUntilMs = 0;
    }
  }

  /** What it asked for waits, and it has taken next to none of that for too long. */
  isStuck(nowMs: number): boolean {
    const { socket } = this;
    if (socket.writableLength === 0) {
      this.#stuckSinceMs = null;
      return false;
    }
    const { _handle: handle } = socket as unknown as { _handle: Handle | null };
    const taken = handle === null ? 0 : handle.bytesWritten - handle.writeQueueSize;
    if (this.#stuckSinceMs === null || taken - this.#takenByThen >= limits.WRITE_PROGRESS_BYTES) {
      this.#stuckSinceMs = nowMs;
      this.#takenByThen = taken;
    }
    return nowMs - this.#stuckSinceMs > limits.WRITE_STALL_MS;
  }

  /** The answer under way is the last, and what came behind its request is not served. */
  hangUp(): void {
    this.#broken = true;
    this.server.gate.forget(this);
  }

  /** Its socket has closed. */
  gone(): void {
    this.isGone = true;
    this.server.gate.forget(this);
    // Handlers that are still at work answer into the void, and are counted as they do.
    if (this.open > 0) this.server.onGone();
  }

  /** The parser's `clientError`: malformed, too slow, or gone. */
  break(error: NodeJS.ErrnoException): void {
    const refusal = refusalOf(error);
    if (refusal === null || !this.socket.writable) {
      this.socket.destroy();
      return;
    }
    if (this.#broken) return;
    this.#broken = true;
    this.pipeline.input.end();
    if (this.pipeline.waiting.length > 0) return;
    const latest = this.latest;
    if (latest !== null && latest.failBody(refusal)) return;
    if (this.open > 0) return;
    if (latest !== null && !latest.request.complete) this.linger();
    else this.#refuse(refusal);
  }

  /** Answers what is not even a request, and ends the connection. */
  #refuse(refusal: AppError): void {
    const { status, headers, body } = errorAnswer(refusal, this.server.internal);
    const lines = [`HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Error"}`];
    for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`, "Connection: close", "", body);
    this.socket.write(lines.join("\r\n"));
    this.linger();
  }

  /** CONNECT is no request of ours: there is no proxy here. */
  refuseConnect(): void {
    this.hangUp();
    this.#refuse(new AppError("method_not_allowed", "This is not a proxy", { allow: "GET, HEAD" }));
  }

  /** Ends our side, and lets the client finish its own for a while. */
  linger(): void {
    this.#broken = true;
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once("close", () => clearTimeout(timer));
    this.socket.resume();
  }
}

const STATUS_TEXT: Record<number, string> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Payload Too Large",
  431: "Request Header Fields Too Large",
};

/** Null when nobody is left to be told. */
function refusalOf(error: NodeJS.ErrnoException): AppError | null {
  switch (error.code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new AppError("timeout", "The request took too long to arrive");
    case "HPE_HEADER_OVERFLOW":
      return new AppError("headers_too_large", "The request's headers are too large");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new AppError("too_large", "The chunk extensions are too large");
    default:
      if (!error.code?.startsWith("HPE_")) return null;
      return new AppError("bad_request", "This is not a well-formed HTTP request");
  }
}
