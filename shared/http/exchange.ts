/**
 * One request and its answer. Everything is lazy, because an answer from the
 * cache must cost hardly more than node:http itself: no URL object, no header
 * object (one pass over the raw headers refuses what would be ambiguous), no
 * promise unless the body is asked for, and one write for head and body.
 */
import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../errors.ts";
import { HEADERS_MAX, URL_LENGTH_MAX } from "../limits.ts";
import type { Connection } from "./connection.ts";
import type { Client } from "./client.ts";
import { checkMediaType } from "./media_type.ts";

const NO_PARAMS: string[] = [];
const NO_HEADERS: readonly string[] = [];
const NO_BODY = 0;
const UNKNOWN_LENGTH = -1;

/** Two of one of these would mean two things: such a request is refused. */
const ONCE = new Set([
  "host",
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "idempotency-key",
  "if-match",
  "store-birth",
  "transfer-encoding",
]);
/** Lengths of those names, so that most other headers cost one look. */
const ONCE_LENGTHS = Array.from({ length: 32 }, (_, length) =>
  [...ONCE].some((name) => name.length === length),
);

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** As it came, percent-encoded, without the query. */
  readonly path: string;
  /** Raw, without the question mark. */
  readonly query: string;
  /** Of the route's path, in order, still percent-encoded. */
  params: string[] = NO_PARAMS;
  /** Of its answer, whatever that is; flat. */
  commonHeaders = NO_HEADERS;

  readonly #connection: Connection;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly #continues: boolean;
  #bodyBytes = NO_BODY;
  #bodyRead = false;
  #answered = false;
  /** Fails the body that is being read. */
  #failBody: ((error: AppError) => void) | null = null;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    continues: boolean,
  ) {
    this.request = request;
    this.response = response;
    this.method = request.method!;
    this.#connection = connection;
    this.#continues = continues;
    const url = request.url!;
    const mark = url.indexOf("?");
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? "" : url.slice(mark + 1);
    connection.began(this);
  }

  /** There is one to read; known once the headers are checked. */
  get hasBody(): boolean {
    return this.#bodyBytes !== NO_BODY;
  }

  /** True once it was answered. */
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * One pass over the headers, before anything else is done.
   * @throws bad_request, headers_too_large, uri_too_long, not_implemented
   */
  check(): void {
    const raw = this.request.rawHeaders;
    if (raw.length > HEADERS_MAX * 2) {
      throw new AppError("headers_too_large", `More than ${HEADERS_MAX} headers`);
    }
    let host = false;
    let seen: string[] | null = null;
    for (let at = 0; at < raw.length; at += 2) {
      const length = raw[at]!.length;
      if (length >= ONCE_LENGTHS.length || !ONCE_LENGTHS[length]) continue;
      const name = raw[at]!.toLowerCase();
      if (name === "host" && !host) {
        host = true;
        continue;
      }
      if (!ONCE.has(name)) continue;
      if (name === "host" || seen?.includes(name)) {
        throw new AppError("bad_request", `More than one ${name} header`);
      }
      (seen ??= []).push(name);
      if (name === "content-length") this.#bodyBytes = Number(raw[at + 1]);
      else if (name === "transfer-encoding") this.#checkTransferEncoding(raw[at + 1]!);
    }
    if (!host && this.request.httpVersion === "1.1") {
      throw new AppError("bad_request", "The host header is missing");
    }
    this.#checkTarget();
  }

  /** Without `chunked` at its end nobody can tell where the body ends (RFC 9112, 6.3). */
  #checkTransferEncoding(value: string): void {
    this.#bodyBytes = UNKNOWN_LENGTH;
    const encodings = value.toLowerCase().split(",");
    if (encodings.at(-1)!.trim() !== "chunked") {
      throw new AppError("bad_request", "The last transfer encoding must be chunked");
    }
    if (encodings.length > 1) {
      throw new AppError("not_implemented", "The only transfer encoding known here is chunked");
    }
  }

  #checkTarget(): void {
    if (this.path.length + this.query.length > URL_LENGTH_MAX) {
      throw new AppError("uri_too_long", `The URL is longer than ${URL_LENGTH_MAX} characters`);
    }
    if (this.path.charCodeAt(0) === 47 /* slash */) return;
    if (this.path === "*" && this.method === "OPTIONS") {
      const allow = "GET, HEAD, POST";
      throw new AppError("method_not_allowed", "This store has GET, HEAD, POST", { allow });
    }
    throw new AppError("bad_request", "The request target must be a path");
  }

  /** The client has hung up: nobody waits for an answer. */
  get isGone(): boolean {
    return this.#connection.isGone;
  }

  get client(): Client {
    return this.#connection.client;
  }

  get surplus(): Connection["surplus"] {
    return this.#connection.surplus;
  }

  trust(): void {
    this.#connection.trust();
  }

  /** Its answer is the last of this connection. */
  hangUp(): void {
    this.#connection.hangUp();
  }

  /** The value of a header that came once, or of the first one. */
  header(lowercaseName: string): string | undefined {
    const raw = this.request.rawHeaders;
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at]!;
      if (name.length === lowercaseName.length && name.toLowerCase() === lowercaseName) {
        return raw[at + 1];
      }
    }
    return undefined;
  }

  /**
   * The body, parsed.
   * @throws bad_request, too_large, unsupported_media_type, timeout
   */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new AppError("bad_request", "The body is not JSON");
    }
  }

  /**
   * The body's text, said to be JSON and not looked into. It resolves only
   * when the whole body is there: a request that broke off has no effect.
   * @throws bad_request, too_large, unsupported_media_type, timeout
   */
  async text(): Promise<string> {
    checkMediaType(this.header("content-type"));
    const encoding = this.header("content-encoding");
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
      throw new AppError("unsupported_media_type", "The body must not be compressed");
    }
    if (this.#bodyBytes > this.#connection.server.bodyBytesMax) throw this.#tooLarge();
    if (this.#bodyBytes === NO_BODY) throw new AppError("bad_request", "The body is empty");
    const body = await this.#readBody();
    if (!isUtf8(body)) throw new AppError("bad_request", "The body is not UTF-8");
    return body.toString("utf8");
  }

  #tooLarge(): AppError {
    const max = this.#connection.server.bodyBytesMax;
    return new AppError("too_large", `The body is larger than ${max} bytes`);
  }

  #readBody(): Promise<Buffer> {
    assert(!this.#bodyRead && this.#failBody === null, "a body is read once");
    if (this.#continues) this.response.writeContinue();
    const { request } = this;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      this.#failBody = (error) => {
        this.#failBody = null;
        request.removeAllListeners("data");
        reject(error);
      };
      request.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > this.#connection.server.bodyBytesMax) this.#failBody?.(this.#tooLarge());
      });
      request.on("end", () => {
        this.#failBody = null;
        this.#bodyRead = true;
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      });
      request.on("error", () => {
        this.#failBody?.(new AppError("bad_request", "The body broke off"));
      });
    });
  }

  /** Fails the body if one is still arriving; the answer then tells why. */
  failBody(error: AppError): boolean {
    if (this.#failBody === null || this.request.complete) return false;
    this.#failBody(error);
    return true;
  }

  /**
   * The answer, once.
   * @param headers flat: name, value, name, value; Content-Length is added
   */
  send(status: number, headers: readonly string[], body: string): void {
    this.sendReady(status, [...headers, "Content-Length", String(Buffer.byteLength(body))], body);
  }

  /** The same with Content-Length among the headers already: for answers that are sent again. */
  sendReady(status: number, headers: readonly string[], body: string): void {
    assert(!this.#answered, "a request is answered once");
    this.#answered = true;
    const unread = this.#bodyBytes !== NO_BODY && !this.#bodyRead;
    const all = this.commonHeaders.length === 0 ? headers : [...headers, ...this.commonHeaders];
    if (unread && this.#mustHangUp()) return this.#sendAndHangUp(status, all, body);
    const { response } = this;
    // An earlier answer that said so would cut off those behind it.
    const isLast = this.#connection.ending && this.#connection.latest === this;
    if (isLast) response.writeHead(status, [...all, "Connection", "close"]);
    else response.writeHead(status, all as string[]);
    response.end(body);
    this.#connection.answered(this, status);
  }

  /** A short unread body is read over; a long, endless or withheld one ends the connection. */
  #mustHangUp(): boolean {
    if (this.#continues || this.#connection.ending) return true;
    const { bodyBytesMax } = this.#connection.server;
    return this.#bodyBytes === UNKNOWN_LENGTH || this.#bodyBytes > bodyBytesMax;
  }

  /**
   * The whole answer and the end of our side, but what the client still sends
   * is read for a while: closing on unread bytes would reset the connection,
   * and the client might never see the answer.
   */
  #sendAndHangUp(status: number, headers: readonly string[], body: string): void {
    const { request, response } = this;
    response.writeHead(status, [...headers, "Connection", "close"]);
    request.on("error", () => {});
    this.#connection.answered(this, status);
    // Behind another answer of this connection: then node:http hangs up in its turn.
    if (response.socket === null) return void response.end(body);
    // An answer without a body (to HEAD, 204) is its head alone, which a write would hold back.
    response.flushHeaders();
    if (this.method !== "HEAD" && body !== "") response.write(body);
    this.#connection.linger();
    request.resume();
  }
}
