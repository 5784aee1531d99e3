/**
 * The HTTP server of every member: node:http with limits on everything a
 * client can send, a router, and one boundary where errors become answers.
 * A handler that answers at once costs no promise. Closing refuses what is
 * new, answers what is in flight and is over within CLOSE_GRACE_MS.
 */
import assert from "node:assert/strict";
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { AppError, hasReason } from "../errors.ts";
import * as limits from "../limits.ts";
import { errorAnswer } from "./answers.ts";
import { Connection, type ServerState } from "./connection.ts";
import { Exchange } from "./exchange.ts";
import { Router, type Route } from "./router.ts";

export type Listen = { host: string; port: number } | { fd: number };

export interface HttpServer {
  readonly port: number;
  /** Of the listening socket; another thread serves it too by `listen: { fd }`. */
  readonly fd: number;
  /**
   * Refuses new connections and requests, closes idle ones, answers those in
   * flight. A server that was given an fd leaves the socket open: it belongs
   * to the thread that made it.
   */
  close(): Promise<void>;
}

export interface ServerOptions {
  routes: readonly Route[];
  listen: Listen;
  bodyBytesMax: number;
  /** Runs before routing; throws an AppError to refuse. */
  admit?: (exchange: Exchange) => void;
  /** Errors carry their reason and details, for a Peer. */
  internal?: boolean;
  /** When a request must have arrived; HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS when missing. */
  patience?: { headersMs: number; requestMs: number; checkEveryMs: number };
  /** More at once are hung up on; CONNECTIONS_MAX when missing. */
  connectionsMax?: number;
  /** Gets what is not an AppError, after 500 was sent: a bug. */
  onBug: (error: unknown) => void;
}

/** @throws the error of listen(), as EADDRINUSE */
export async function startHttpServer(options: ServerOptions): Promise<HttpServer> {
  const server = new StoreServer(options);
  await server.listen(options.listen);
  return server;
}

const PATIENCE = {
  headersMs: limits.HEADERS_TIMEOUT_MS,
  requestMs: limits.REQUEST_TIMEOUT_MS,
  checkEveryMs: 1_000,
};
/** A stopping server still answers on kept connections for this long. */
const CLOSE_IDLE_MS = 100;
/** What remains of a member's grace when its server has answered all it took. */
const AFTER_CLOSE_MS = 700;
assert(limits.ORDER_DEADLINE_MS < limits.CLOSE_GRACE_MS - AFTER_CLOSE_MS);

const connectionOf = Symbol("connection");
type ServedSocket = Socket & { [connectionOf]?: Connection };

class StoreServer implements HttpServer {
  readonly #server: Server;
  readonly #router: Router;
  readonly #admit: ((exchange: Exchange) => void) | null;
  readonly #onBug: (error: unknown) => void;
  readonly #connections = new Set<Connection>();
  readonly #state: ServerState;
  /** True: the socket was made here, so it is closed here. */
  #ownsSocket = false;
  /** New requests are refused. */
  #refusing = false;
  #closed: Promise<void> | null = null;

  constructor(options: ServerOptions) {
    this.#router = new Router(options.routes);
    this.#admit = options.admit ?? null;
    this.#onBug = options.onBug;
    this.#state = {
      internal: options.internal ?? false,
      bodyBytesMax: options.bodyBytesMax,
      closing: false,
      onChange: () => {},
    };
    const patience = options.patience ?? PATIENCE;
    this.#server = createServer({
      maxHeaderSize: limits.HEADER_BYTES_MAX,
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      connectionsCheckingInterval: patience.checkEveryMs,
      keepAliveTimeout: limits.KEEP_ALIVE_MS,
      // Its own refusal has no body; Exchange.check refuses in our words.
      requireHostHeader: false,
    });
    // node:http drops what is above without a word: one more than allowed shows.
    this.#server.maxHeadersCount = limits.HEADERS_MAX + 1;
    this.#server.maxConnections = options.connectionsMax ?? limits.CONNECTIONS_MAX;
    this.#listenToEvents();
  }

  #listenToEvents(): void {
    const server = this.#server;
    server.on("connection", (socket: ServedSocket) => this.#onConnection(socket));
    server.on("request", (request, response) => this.#onRequest(request, response, false));
    server.on("checkContinue", (request, response) => this.#onRequest(request, response, true));
    server.on("checkExpectation", (request, response) => {
      const exchange = this.#exchange(request, response, true);
      this.#fail(exchange, new AppError("expectation_failed", "Only 100-continue can be expected"));
    });
    server.on("connect", (request) => connectionFor(request.socket).refuseConnect());
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      connectionFor(socket as Socket).break(error);
    });
  }

  get port(): number {
    const address = this.#server.address();
    assert(typeof address === "object" && address !== null);
    return address.port;
  }

  get fd(): number {
    const handle = (this.#server as unknown as { _handle: { fd: number } })._handle;
    return handle.fd;
  }

  listen(listen: Listen): Promise<void> {
    this.#ownsSocket = !("fd" in listen);
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ ...listen, backlog: limits.CONNECTIONS_MAX }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /**
   * A client that is about to send on a kept connection cannot know that it
   * closes: for a moment all are still answered, with `Connection: close`.
   */
  async #close(): Promise<void> {
    this.#state.closing = true;
    const ended = this.#ownsSocket ? this.#stopListening() : null;
    await this.#until(() => this.#connections.size === 0, CLOSE_IDLE_MS);
    this.#refusing = true;
    for (const connection of this.#connections) {
      if (connection.open === 0) connection.socket.destroySoon();
    }
    const isQuiet = (): boolean => ![...this.#connections].some(({ open }) => open > 0);
    await this.#until(isQuiet, limits.CLOSE_GRACE_MS - AFTER_CLOSE_MS);
    for (const connection of this.#connections) connection.socket.destroySoon();
    if (ended === null) return;
    await this.#until(() => this.#connections.size === 0, CLOSE_IDLE_MS);
    this.#server.closeAllConnections();
    await ended;
    // Ends what else node:http keeps; that it does not listen any more is no error here.
    this.#server.close(() => {});
  }

  /** The close of node:http would end kept connections at once, with requests on their way. */
  #stopListening(): Promise<void> {
    return new Promise((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()));
  }

  /** When the condition is true, asked at each change, or the time is over. */
  #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#state.onChange = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#state.onChange();
    });
  }

  #onConnection(socket: ServedSocket): void {
    const connection = new Connection(socket, this.#state);
    socket[connectionOf] = connection;
    this.#connections.add(connection);
    socket.on("close", () => {
      this.#connections.delete(connection);
      if (this.#state.closing) this.#state.onChange();
    });
  }

  #exchange(request: IncomingMessage, response: ServerResponse, continues: boolean): Exchange {
    return new Exchange(request, response, connectionFor(request.socket), continues);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, continues: boolean): void {
    const exchange = this.#exchange(request, response, continues);
    try {
      exchange.check();
      if (this.#refusing) throw new AppError("unavailable", "This member is stopping");
      if (this.#admit !== null) this.#admit(exchange);
      const found = this.#router.find(exchange.method, exchange.path);
      exchange.params = found.params;
      const answering = found.route.handle(exchange);
      if (answering !== undefined) answering.catch((error) => this.#fail(exchange, error));
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  /**
   * The error boundary: an AppError is an answer, anything else a bug. No route
   * takes OPTIONS: what it asks is what its refusal says.
   */
  #fail(exchange: Exchange, error: unknown): void {
    if (exchange.method === "OPTIONS" && hasReason(error, "method_not_allowed")) {
      exchange.sendReady(204, ["Allow", String(error.details["allow"])], "");
      return;
    }
    const known = error instanceof AppError;
    const shown = known ? error : new AppError("internal", "This is a bug of the store");
    if (!exchange.answered) {
      const { status, headers, body } = errorAnswer(shown, this.#state.internal);
      exchange.send(status, headers, body);
    }
    if (!known) this.#onBug(error);
  }
}

function connectionFor(socket: ServedSocket): Connection {
  const connection = socket[connectionOf];
  assert(connection !== undefined, "every socket has passed the connection event");
  return connection;
}

/**
 * Lets in who knows the cluster's secret and speaks for this cluster, and has the answer name
 * the cluster: no other program that got a dead member's port answers like that.
 * @throws unauthorized, other_cluster
 */
export function requireSecret(secret: string, birth: string): (exchange: Exchange) => void {
  const expected = Buffer.from(`Bearer ${secret}`);
  const named = ["Store-Birth", birth];
  return (exchange) => {
    const given = Buffer.from(exchange.header("authorization") ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new AppError("unauthorized", "The cluster's secret is wanted here");
    }
    if (exchange.header("store-birth") !== birth) {
      throw new AppError("other_cluster", "This message is for another cluster");
    }
    exchange.commonHeaders = named;
  };
}
