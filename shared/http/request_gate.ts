/**
 * When a request is served that has arrived. Alone on its connection it is
 * served at once. What follows it before it is answered (pipelining, RFC 9112
 * section 9.3.2) is bounded, because one chunk of a socket holds thousands of
 * requests and costs nothing to send:
 *
 *   arrived ─▶ room? ── yes ─▶ served
 *                └─ no ─▶ waiting, the socket is paused ─▶ served in a later turn
 *                                 └─ none of its connection for long ─▶ 503, nothing done
 *
 * Room is a window of each connection: PIPELINE_MAX requests, halved by each
 * 503 and widened by each other answer, as TCP does it; one when the process
 * has much in flight, so that a flood waits behind everybody's first request
 * and not before it. A connection gives way to others after BURST_MAX requests
 * of one turn, and one that does not read its answers is not served further.
 *
 * What waits behind its own pipeline is not refused sooner: a refusal costs as
 * much as most answers, could only come after those before it, and makes room
 * for one more; and a client that is hung up on connects again, which costs
 * most.
 */
import type { Socket } from "node:net";
import { monotonicMs } from "../clock.ts";
import * as limits from "../door_limits.ts";
import { Newcomers } from "./newcomers.ts";
import type { Arrived, GatedConnection, Pipeline, Waiting } from "./pipeline.ts";

/** What happens to a request that has waited too long. `isLast`: nothing behind it is answered. */
export type Refuse = (arrived: Arrived, options: { isLast: boolean }) => void;

export class RequestGate {
  /** Requests of all connections that are being answered. */
  inFlight = 0;
  readonly #serve: (arrived: Arrived) => void;
  readonly #refuse: Refuse;
  /**
   * Connections with requests that wait, the next to be served first; without those whose client
   * reads nothing.
   */
  readonly #waiting = new Set<GatedConnection>();
  #waitingRequests = 0;
  /** Counts those turns of which somebody waits for the end. */
  #turnNumber = 0;
  #turn: NodeJS.Immediate | null = null;
  readonly #newcomers = new Newcomers();
  /**
   * Requests that may still be served as they come, until the next turn of the gate: then those
   * that wait are served first.
   */
  #directLeft = limits.TURN_REQUESTS_MAX;
  #expiry: NodeJS.Timeout | null = null;

  constructor(serve: (arrived: Arrived) => void, refuse: Refuse) {
    this.#serve = serve;
    this.#refuse = refuse;
  }

  /**
   * Where there is a crowd its newcomers are read a slice at a time: what a flood brings costs to
   * be parsed too. While they come turns are short.
   */
  opened(connection: GatedConnection): void {
    if (this.#isBusy) this.#slice(connection);
    this.#newcomers.opened(connection.socket);
    this.#directLeft = Math.min(this.#directLeft, limits.TURN_POLITE_MAX);
    this.#turnSoon();
  }

  /** A request has arrived on this connection: it is served now, later, or not at all. */
  take(connection: GatedConnection, arrived: Arrived): void {
    const { pipeline } = connection;
    if (pipeline.turn !== this.#turnNumber) pipeline.burst = 0;
    pipeline.turn = this.#turnNumber;
    if (++pipeline.burst === limits.BURST_MAX) this.#turnSoon();
    const isFree = pipeline.burst <= limits.BURST_MAX && pipeline.waiting.length === 0 &&
      (!this.#newcomers.isArriving || this.#isPolite(connection)) && this.#directLeft-- > 0;
    if (isFree && this.#hasRoom(connection)) return this.#serve(arrived);
    this.#defer(connection, { ...arrived, sinceMs: monotonicMs() });
  }

  /** An answer has left, or the client has read some: what waits may have room now. */
  released(connection: GatedConnection): void {
    if (!connection.pipeline.isBehind || connection.isGone) return;
    this.#waiting.add(connection);
    this.#turnSoon();
  }

  /** The connection is gone, or going, and what waits on it with it. */
  forget(connection: GatedConnection): void {
    const { waiting, input } = connection.pipeline;
    this.#waitingRequests -= waiting.length;
    waiting.length = 0;
    input.end();
    this.#waiting.delete(connection);
  }

  /** It asks for one thing at a time, as far as is known by now. */
  #isPolite({ unfinished, pipeline: { burst, input } }: GatedConnection): boolean {
    return unfinished === 0 && burst === 1 && !input.isHeld;
  }

  /** More is in flight than anybody may add to by pipelining. */
  get #isFull(): boolean {
    return this.inFlight >= limits.PIPELINE_SHARED_MAX;
  }

  /** More is asked for than can be served soon. */
  get #isBusy(): boolean {
    return this.#isFull || this.#waitingRequests >= limits.WAITING_BUSY;
  }

  #hasRoom({ pipeline, unfinished, socket }: GatedConnection): boolean {
    const { restsUntilMs } = pipeline;
    if (isUnread(socket)) return false;
    if (unfinished === 0) return restsUntilMs === 0 || monotonicMs() >= restsUntilMs;
    return unfinished < (this.#isFull ? 1 : pipeline.window);
  }

  #defer(connection: GatedConnection, waiting: Waiting): void {
    const { pipeline, socket } = connection;
    if (this.#waitingRequests >= limits.WAITING_REQUESTS_MAX) {
      // Room for the requests of a flood is memory of everybody: its connection goes.
      socket.destroy();
      return;
    }
    this.#waitingRequests++;
    pipeline.waiting.push(waiting);
    this.#hold(connection);
  }

  /** It has its turn when there is room. */
  #hold(connection: GatedConnection): void {
    if (!this.#waiting.has(connection)) {
      this.#waiting.add(connection);
      this.#turnSoon();
    }
    connection.socket.pause();
    this.#expiry ??= setInterval(() => this.#expire(), limits.EXPIRE_EVERY_MS);
  }

  #turnSoon(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = null;
      this.#directLeft = limits.TURN_REQUESTS_MAX;
      this.#turnNumber++;
      const { isArriving } = this.#newcomers;
      this.#newcomers.endTurn();
      this.#serveTurn(isArriving ? limits.TURN_ARRIVING_MAX : limits.TURN_REQUESTS_MAX);
      if (this.#newcomers.isHolding) this.#turnSoon();
    });
  }

  /** A bounded part of what waits, each connection in its turn. */
  #serveTurn(most: number): void {
    let left = most;
    for (const connection of [...this.#waiting]) {
      if (left <= 0) break;
      left -= this.#serveWaiting(connection);
    }
    for (const connection of this.#waiting) {
      const maySome = connection.pipeline.waiting.length > 0 && this.#hasRoom(connection);
      if (maySome || this.#mayFeed(connection)) return this.#turnSoon();
    }
  }

  /** @returns how many were served; the connection goes to the end of the queue */
  #serveWaiting(connection: GatedConnection): number {
    const { pipeline, socket } = connection;
    const { input } = pipeline;
    const most = this.#isBusy ? 1 : limits.BURST_MAX;
    let served = 0;
    const isFlood = pipeline.waiting.length > (this.#isBusy ? 0 : limits.PIPELINE_MAX);
    if (isFlood && !input.isSliced) this.#slice(connection);
    while (served < most && pipeline.waiting.length > 0) {
      if (connection.isGone || !this.#hasRoom(connection)) break;
      this.#waitingRequests--;
      served++;
      this.#serve(pipeline.waiting.shift()!);
    }
    if (served > 0) pipeline.servedAtMs = monotonicMs();
    if (this.#mayFeed(connection)) {
      served += most;
      input.feed(this.#sliceBytes);
    }
    this.#waiting.delete(connection);
    if (connection.isGone) return served;
    if (!pipeline.isBehind) resume(socket);
    else if (!isUnread(socket)) this.#waiting.add(connection);
    return served;
  }

  get #sliceBytes(): number {
    return this.#isBusy ? limits.SLICE_BUSY_BYTES : limits.SLICE_BYTES;
  }

  #mayFeed(connection: GatedConnection): boolean {
    const { pipeline, socket, isGone, isReadingBody } = connection;
    if (isGone || !pipeline.input.isHeld || pipeline.waiting.length > 0) return false;
    if (isPaused(socket)) return false;
    return isReadingBody || this.#hasRoom(connection);
  }

  #slice(connection: GatedConnection): void {
    connection.pipeline.input.begin(connection.socket, () => this.#onInput(connection));
  }

  #onInput(connection: GatedConnection): void {
    const { pipeline } = connection;
    const mayBurst = pipeline.turn !== this.#turnNumber || pipeline.burst < limits.BURST_MAX;
    if (mayBurst && pipeline.waiting.length === 0 && this.#mayFeed(connection)) {
      pipeline.input.feed(this.#sliceBytes);
    }
    if (pipeline.input.isHeld) this.#hold(connection);
  }

  /** Requests of connections of which none was served for long get a 503, the oldest first. */
  #expire(): void {
    const nowMs = monotonicMs();
    for (const connection of [...this.#waiting]) this.#expireOn(connection, nowMs);
    if (this.#waiting.size > 0) return this.#turnSoon();
    clearInterval(this.#expiry!);
    this.#expiry = null;
  }

  #expireOn(connection: GatedConnection, nowMs: number): void {
    const { pipeline, socket } = connection;
    const { waiting, input } = pipeline;
    // A long pipeline that goes on may take its time. A client that reads nothing would not read a
    // refusal; it is let go for that.
    if (isGoingOn(pipeline, nowMs) || isUnread(socket)) return;
    while (waiting.length > 0 && waiting[0]!.sinceMs <= nowMs - limits.WAIT_MS) {
      if (connection.isGone) return;
      this.#waitingRequests--;
      const isLast = input.isHeld || waiting.length > limits.PIPELINE_MAX;
      this.#refuse(waiting.shift()!, { isLast });
      if (isLast) return this.forget(connection);
    }
    if (pipeline.isBehind || connection.isGone) return;
    this.#waiting.delete(connection);
    resume(socket);
  }
}

/** Some of it was served lately. */
function isGoingOn(pipeline: Pipeline, nowMs: number): boolean {
  return pipeline.servedAtMs > nowMs - limits.WAIT_MS;
}

/** node:http has stopped its parser until the client has taken some of its answers. */
function isPaused(socket: Socket): boolean {
  return (socket as unknown as { _paused?: boolean })._paused === true;
}

/** The client is to take some of its answers before it is served again. */
function isUnread(socket: Socket): boolean {
  return socket.writableLength >= limits.UNREAD_BYTES_MAX;
}

function resume(socket: Socket): void {
  if (!isPaused(socket)) socket.resume();
}
