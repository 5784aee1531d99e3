/**
 * A keep-alive client of one member's internal address. It says exactly what
 * it knows of a request that failed: the error that the other side answered,
 * `unavailable` when nothing was sent, `unknown` when it was sent and no
 * whole answer came. It never repeats a request by itself: only who knows
 * what a repeat would do may do so.
 */
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, hasReason, NOT_A_MEMBER } from "../errors.ts";
import { INTERNAL_BODY_BYTES_MAX, KEEP_ALIVE_MS } from "../limits.ts";
import type { Log } from "../logging.ts";
import type { Peer } from "./peer.ts";
import { errorFromAnswer, JSON_TYPE } from "../http/error_response.ts";

export interface PeerOptions {
  /** `http://127.0.0.1:8301` */
  url: string;
  secret: string;
  /** The cluster's birth id. */
  birth: string;
  /** Connections to it at once; more requests than these wait. */
  connectionsMax?: number;
  /** Told once when the other side takes this process for a stranger. */
  log?: Log;
}

const CONNECTIONS_MAX_DEFAULT = 16;

/** An error of an idle connection is nobody's: without a listener it would end the process. */
class QuietAgent extends Agent {
  override createConnection(
    ...args: Parameters<Agent["createConnection"]>
  ): ReturnType<Agent["createConnection"]> {
    const socket = super.createConnection(...args) as Duplex;
    socket.on("error", () => {});
    return socket;
  }
}

export class HttpPeer implements Peer {
  readonly url: string;
  readonly #agent: Agent;
  readonly #host: string;
  readonly #port: number;
  readonly #birth: string;
  /** Null once it was told of a refusal. */
  #log: Log | null;
  /** Flat: name, value, name, value. */
  readonly #headers: readonly string[];

  constructor(options: PeerOptions) {
    const { hostname, port, host } = new URL(options.url);
    this.url = options.url;
    this.#host = hostname.replace(/^\[|\]$/g, "");
    this.#port = Number(port || 80);
    this.#birth = options.birth;
    this.#log = options.log ?? null;
    this.#headers = [
      "Host", host,
      "Authorization", `Bearer ${options.secret}`,
      "Store-Birth", options.birth,
    ];
    // With a timeout the agent lets go of an idle connection before the server does.
    this.#agent = new QuietAgent({
      keepAlive: true,
      timeout: KEEP_ALIVE_MS,
      maxSockets: options.connectionsMax ?? CONNECTIONS_MAX_DEFAULT,
    });
  }

  /**
   * @param body an object, or ready JSON text
   * @throws AppError as the other side answered; unavailable; unknown
   */
  post<T>(path: string, body: object | string, options: { timeoutMs: number }): Promise<T> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return this.#send("POST", path, text, options.timeoutMs) as Promise<T>;
  }

  /** @throws AppError as the other side answered; unavailable; unknown */
  get<T>(path: string, options: { timeoutMs: number }): Promise<T> {
    return this.#send("GET", path, null, options.timeoutMs) as Promise<T>;
  }

  /** Fails what is under way, as unknown: no answer that matters can come any more. */
  abandon(): void {
    this.#agent.destroy();
  }

  /** Ends its connections; what is under way fails. */
  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string | null, timeoutMs: number): Promise<unknown> {
    const content = body === null
      ? []
      : ["Content-Type", JSON_TYPE, "Content-Length", String(Buffer.byteLength(body))];
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        agent: this.#agent,
        host: this.#host,
        port: this.#port,
        method,
        path,
        headers: [...this.#headers, ...content],
      });
      // Without its address: messages may be passed on to the public.
      const what = `${method} ${path.split("?", 1)[0]}`;
      const [birth, onStranger] = [this.#birth, this.#onStranger];
      new Call({ request, resolve, reject, timeoutMs, what, birth, onStranger });
      if (body === null) request.end();
      else request.end(body);
    });
  }

  /** To its callers such a member is one that is down: only a person can mend this. */
  readonly #onStranger = ({ reason, message }: AppError): void => {
    const { url } = this;
    const check = reason === "unauthorized" ? "STORE_SECRET_FILE" : "BIRTH, and the addresses";
    this.#log?.warn("a member takes this one for a stranger", { url, answer: message, check });
    this.#log = null;
  };
}

interface CallOptions {
  request: ClientRequest;
  resolve: (answer: unknown) => void;
  reject: (error: AppError) => void;
  timeoutMs: number;
  /** An answer that does not name it is no member's. */
  birth: string;
  /** For messages: the method and the path. */
  what: string;
  onStranger: (refusal: AppError) => void;
}

/** One request under way; settles once. */
class Call {
  readonly #options: CallOptions;
  readonly #timer: NodeJS.Timeout;
  /** A byte of it may have left. */
  #sent = false;
  #settled = false;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(options: CallOptions) {
    this.#options = options;
    const { request, timeoutMs } = options;
    this.#timer = setTimeout(() => this.#fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    request.on("socket", (socket) => {
      if (!socket.connecting) this.#sent = true;
      else socket.once("connect", () => (this.#sent = true));
    });
    request.on("error", (error) => this.#fail(error.message));
    request.on("response", (response) => this.#read(response));
  }

  #read(response: IncomingMessage): void {
    response.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes > INTERNAL_BODY_BYTES_MAX) this.#fail("its answer is too large");
    });
    response.on("error", (error) => this.#fail(error.message));
    response.on("end", () => this.#finish(response));
  }

  #finish({ statusCode: status = 0, headers }: IncomingMessage): void {
    let answer: unknown;
    try {
      const chunks = this.#chunks;
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      answer = JSON.parse(body.toString("utf8"));
    } catch {
      return this.#fail("its answer is not JSON");
    }
    if (status === 200) {
      if (headers["store-birth"] !== this.#options.birth) {
        return this.#fail("what answered is no member of this cluster");
      }
      if (this.#settle()) this.#options.resolve(answer);
      return;
    }
    const error = errorFromAnswer(answer);
    // After a bug over there nobody knows how far it came.
    if (error === null || error.reason === "internal") {
      return this.#fail(`it answered with status ${status}`);
    }
    if (hasReason(error, ...NOT_A_MEMBER)) this.#options.onStranger(error);
    if (this.#settle()) this.#options.reject(error);
  }

  #fail(why: string): void {
    if (!this.#settle()) return;
    const { request, reject, what } = this.#options;
    request.destroy();
    reject(new AppError(this.#sent ? "unknown" : "unavailable", `${what}: ${why}`));
  }

  /** True the first time. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    return true;
  }
}
