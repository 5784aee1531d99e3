/**
 * One buyer's way to the store: one kept-alive connection, and a list of
 * front-ends of which it uses one until that one fails.
 *
 * Everything sent here may be sent again: look-ups change nothing, and an
 * order carries a key under which the store buys once. So a refused or reset
 * connection, silence and 503 mean: the next front-end, again and again until
 * the patience is spent. Latency is the caller's to measure and includes all
 * of that.
 */
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import {
  ANSWER_BYTES_MAX,
  ATTEMPT_TIMEOUT_MS,
  IDLE_MS,
  PATIENCE_MS,
  RETRY_AFTER_MAX_MS,
  RETRY_PAUSE_MAX_MS,
  RETRY_PAUSE_MIN_MS,
} from "./limits.ts";

export interface Request {
  method: "GET" | "POST";
  path: string;
  /** JSON text. */
  body?: string;
  headers?: Record<string, string>;
}
export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** True when an earlier attempt may have reached the store. */
  repeated: boolean;
}

/** The connection itself failed; `reused`: a kept-alive one, which the server may have closed. */
class Broken extends Error {
  readonly reused: boolean;

  constructor(message: string, reused: boolean) {
    super(message);
    this.reused = reused;
  }
}

export interface ConnectionOptions {
  /** Origins, `http://host:port`. */
  urls: readonly string[];
  /** Index of the front-end to begin with. */
  first?: number;
  attemptTimeoutMs?: number;
  /** 0: a single attempt at each front-end. */
  patienceMs?: number;
  onRepeat?: () => void;
  /** True when whoever waits would rather have a failure now. */
  hurried?: () => boolean;
}

export class Connection {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1, timeout: IDLE_MS });
  readonly #urls: readonly string[];
  readonly #attemptTimeoutMs: number;
  readonly #patienceMs: number;
  readonly #onRepeat: () => void;
  readonly #hurried: () => boolean;
  #current: number;

  constructor(options: ConnectionOptions) {
    this.#urls = options.urls;
    this.#current = (options.first ?? 0) % options.urls.length;
    this.#attemptTimeoutMs = options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#onRepeat = options.onRepeat ?? (() => {});
    this.#hurried = options.hurried ?? (() => false);
  }

  /** The front-end in use. */
  get url(): string {
    const url = this.#urls[this.#current];
    if (url === undefined) throw new RangeError("a connection has at least one front-end");
    return url;
  }

  /**
   * Sends until somebody answers something else than 503, or the patience is
   * spent: then the last 503 is the answer.
   * @throws unavailable when the last attempt brought no answer at all
   */
  async send(request: Request): Promise<Answer> {
    const giveUpMs = monotonicMs() + this.#patienceMs;
    let pauseMs = RETRY_PAUSE_MIN_MS;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(request, attempt > 1);
      if (!(outcome instanceof Broken) && outcome.status !== 503) return outcome;
      const roundOver = attempt % this.#urls.length === 0;
      const waitMs = roundOver ? Math.max(pauseMs, askedPauseMs(outcome)) : 0;
      const spent = this.#hurried() || monotonicMs() + waitMs >= giveUpMs;
      if (roundOver && spent) return this.#giveUp(outcome);
      // A reused connection that broke says nothing about its front-end.
      if (!(outcome instanceof Broken && outcome.reused)) this.#moveOn();
      this.#onRepeat();
      if (waitMs > 0) {
        await sleep(waitMs);
        pauseMs = Math.min(pauseMs * 2, RETRY_PAUSE_MAX_MS);
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #moveOn(): void {
    this.#current = (this.#current + 1) % this.#urls.length;
  }

  #giveUp(outcome: Answer | Broken): Answer {
    if (!(outcome instanceof Broken)) return outcome;
    throw new AppError("unavailable", outcome.message);
  }

  async #attempt(request: Request, repeated: boolean): Promise<Answer | Broken> {
    try {
      return { ...(await this.#exchange(request)), repeated };
    } catch (error) {
      if (error instanceof Broken) return error;
      throw error;
    }
  }

  #exchange(request: Request): Promise<Omit<Answer, "repeated">> {
    const url = this.url;
    const { promise, resolve, reject } = withResolvers<Omit<Answer, "repeated">>();
    const headers = { ...request.headers };
    if (request.body !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = String(Buffer.byteLength(request.body));
    }
    const sent = http.request(url + request.path, {
      method: request.method,
      agent: this.#agent,
      headers,
    });
    const broken = (why: string) => {
      reject(new Broken(`${url} ${why}`, sent.reusedSocket));
      sent.destroy();
    };
    const deadline = setTimeout(
      () => broken(`did not answer within ${this.#attemptTimeoutMs} ms`),
      this.#attemptTimeoutMs,
    );
    sent.on("error", (error) => broken(explain(error)));
    sent.on("close", () => clearTimeout(deadline));
    sent.on("response", (response) => {
      collect(response, broken, (text) => {
        clearTimeout(deadline);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.end(request.body);
    return promise;
  }
}

function collect(
  response: http.IncomingMessage,
  broken: (why: string) => void,
  done: (text: string) => void,
): void {
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
    if (text.length > ANSWER_BYTES_MAX) broken(`answered more than ${ANSWER_BYTES_MAX} bytes`);
  });
  response.on("error", (error) => broken(explain(error)));
  response.on("aborted", () => broken("broke off in the middle of an answer"));
  response.on("end", () => {
    if (response.complete) done(text);
    else broken("broke off in the middle of an answer");
  });
}

/** What a 503 asks for in Retry-After, within reason. */
function askedPauseMs(outcome: Answer | Broken): number {
  if (outcome instanceof Broken) return 0;
  const seconds = Number(outcome.headers["retry-after"] ?? 0);
  return seconds > 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MAX_MS) : 0;
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "refuses connections";
  if (error.code === "ECONNRESET") return "reset the connection";
  if (error.code === "ENOTFOUND") return "is not a known host";
  return `failed: ${error.message}`;
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
