/**
 * The HTTP server of every member: node:http with limits on everything a
 * client can send, a router, and one boundary where errors become answers.
 * A handler that answers at once costs no promise. Closing refuses what is
 * new, answers what is in flight and is over within CLOSE_GRACE_MS.
 */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { AppError, hasReason } from "../errors.ts";
import * as doors from "../door_limits.ts";
import * as limits from "../limits.ts";
import { errorAnswer } from "./error_response.ts";
import { Connection, type ServerState } from "./connection.ts";
import { ConnectionTable, type ConnectionLimits } from "./connection_table.ts";
import { Exchange } from "./exchange.ts";
import { roomCheck, TOO_MUCH, type RoomOptions } from "./room_check.ts";
import type { Arrived } from "./pipeline.ts";
import { RequestGate } from "./request_gate.ts";
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

export interface ServerOptions extends RoomOptions {
  routes: readonly Route[];
  listen: Listen;
  bodyBytesMax: number;
  /** Runs before routing; throws an AppError to refuse. */
  admit?: (exchange: Exchange) => void;
  /** Errors carry their reason and details, for a Peer. */
  internal?: boolean;
  /** When a request must have arrived; HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS when missing. */
  patience?: { headersMs: number; requestMs: number; checkEveryMs: number };
  /** How many clients there may be; CONNECTIONS_MAX from anywhere when missing. */
  connections?: ConnectionLimits;
  /** Somebody has hung up who waited for an answer. */
  onGone?: () => void;
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

const NO_LIMIT_BUT_ALL: ConnectionLimits = {
  total: doors.CONNECTIONS_MAX,
  perAddress: doors.CONNECTIONS_MAX,
  strangers: null,
};

const connectionOf = Symbol("connection");
type ServedSocket = Socket & { [connectionOf]?: Connection };

class StoreServer implements HttpServer {
  readonly #server: Server;
  readonly #router: Router;
  readonly #admit: ((exchange: Exchange) => void) | null;
  readonly #onBug: (error: unknown) => void;
  readonly #connections: ConnectionTable<Connection>;
  readonly #checkRoom: (exchange: Exchange) => void;
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
      requests: 0,
      onGone: options.onGone ?? (() => {}),
      onTrusted: (connection) => this.#connections.trust(connection),
      gate: new RequestGate(
        (arrived) => this.#serve(arrived),
        (arrived, { isLast }) => this.#refuse(arrived, isLast),
      ),
    };
    this.#connections = new ConnectionTable(options.connections ?? NO_LIMIT_BUT_ALL);
    this.#checkRoom = roomCheck(this.#state.gate, options);
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
    // A client that has finished its side waits for its answers (RFC 9112, 9.6); a member is gone.
    const isPublic = !this.#state.internal;
    (this.#server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = isPublic;
    this.#listenToEvents();
  }

  #listenToEvents(): void {
    const server = this.#server;
    server.on("connection", (socket: ServedSocket) => this.#onConnection(socket));
    server.on("request", (request, response) => {
      this.#onRequest({ request, response, continues: false, expects: null });
    });
    server.on("checkContinue", (request, response) => {
      this.#onRequest({ request, response, continues: true, expects: null });
    });
    server.on("checkExpectation", (request, response) => {
      const refusal = new AppError("expectation_failed", "Only 100-continue can be expected");
      this.#onRequest({ request, response, continues: true, expects: refusal });
    });
    server.on("connect", (_request, socket) => {
      const connection = (socket as ServedSocket)[connectionOf];
      if (connection === undefined || connection.isBroken) socket.destroy();
      else connection.refuseConnect();
    });
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
      this.#server.listen({ ...listen, backlog: doors.BACKLOG }, () => {
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
      if (connection.isIdle) connection.socket.destroySoon();
    }
    const isQuiet = (): boolean => ![...this.#connections].some(({ isIdle }) => !isIdle);
    await this.#until(isQuiet, limits.CLOSE_GRACE_MS - AFTER_CLOSE_MS);
    for (const connection of this.#connections) connection.socket.destroySoon();
    if (ended === null) return;
    await this.#until(() => this.#connections.size === 0, CLOSE_IDLE_MS);
    this.#server.closeAllConnections();
    this.#connections.close();
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
    const client = this.#connections.clientOf(socket.remoteAddress);
    const connection = new Connection(socket, this.#state, client);
    socket[connectionOf] = connection;
    // node:http makes an error of each request left behind; its stack costs more than to serve it.
    const { stackTraceLimit } = Error;
    socket.prependListener("close", () => (Error.stackTraceLimit = 0));
    socket.on("close", () => {
      Error.stackTraceLimit = stackTraceLimit;
      connection.gone();
      this.#connections.delete(connection);
      if (this.#state.closing) this.#state.onChange();
    });
    this.#connections.add(connection);
    this.#state.gate.opened(connection);
  }

  #onRequest(arrived: Arrived): void {
    const connection = connectionFor(arrived.request.socket);
    // Behind an answer that ends the connection, or one that nobody will get.
    if (connection.isBroken || connection.isGone) return;
    this.#state.gate.take(connection, arrived);
  }

  #serve({ request, response, continues, expects }: Arrived): void {
    const exchange = new Exchange(request, response, connectionFor(request.socket), continues);
    try {
      exchange.check();
      if (expects !== null) throw expects;
      if (this.#refusing) throw new AppError("unavailable", "This member is stopping");
      this.#checkRoom(exchange);
      if (this.#admit !== null) this.#admit(exchange);
      const found = this.#router.find(exchange.method, exchange.path);
      exchange.params = found.params;
      const answering = found.route.handle(exchange);
      if (answering !== undefined) answering.catch((error) => this.#fail(exchange, error));
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  /** Of a request that waited too long nothing is done. */
  #refuse({ request, response, continues }: Arrived, isLast: boolean): void {
    const exchange = new Exchange(request, response, connectionFor(request.socket), continues);
    if (isLast) exchange.hangUp();
    try {
      exchange.check();
      throw TOO_MUCH;
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
