/**
 * What the server knows of one client connection beside what node:http does:
 * how many requests are being answered and whether it is still usable. It
 * decides who speaks when the parser gives up in the middle of something:
 * a request whose body broke is told by its own answer; with an answer on
 * its way nothing may be written between; else the error is written here.
 */
import type { Socket } from "node:net";
import { AppError } from "../errors.ts";
import { errorAnswer } from "./answers.ts";
import type { Exchange } from "./exchange.ts";

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
}

export class Connection {
  readonly socket: Socket;
  readonly server: ServerState;
  /** Requests taken and not yet answered. */
  open = 0;
  /** The request that was taken last. */
  latest: Exchange | null = null;
  /** What follows on this connection cannot be read. */
  #broken = false;

  constructor(socket: Socket, server: ServerState) {
    this.socket = socket;
    this.server = server;
  }

  /** No further request will be read: the answer under way is the last. */
  get ending(): boolean {
    return this.#broken || this.server.closing;
  }

  /** A request has been answered. */
  answered(exchange: Exchange): void {
    this.open--;
    if (this.open > 0) return;
    if (this.#broken) exchange.response.once("finish", () => this.socket.destroySoon());
    if (this.server.closing) this.server.onChange();
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
    this.#broken = true;
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
