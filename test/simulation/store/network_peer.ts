/**
 * A Peer over the simulated network, for one life of one machine: what
 * HttpPeer is over HTTP, down to what it says of a request that failed.
 */
import { AppError } from "../../../shared/errors.ts";
import { errorFromAnswer } from "../../../shared/http/error_response.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import type { Process } from "./machine.ts";
import type { Host, Network } from "./network.ts";
import { copyAsJson } from "./network_copy.ts";
import type { Scheduled, Timeline } from "./timeline.ts";

export interface PeerSide {
  process: Process;
  timeline: Timeline;
  from: Host;
  to: Host;
}

export class NetworkPeer implements Peer {
  readonly url: string;
  readonly #network: Network;
  readonly #side: PeerSide;
  readonly #underWay = new Set<NetworkCall>();

  constructor(network: Network, side: PeerSide) {
    this.url = `sim://${side.to.name.replace(" ", "-")}`;
    this.#network = network;
    this.#side = side;
  }

  post<T>(path: string, body: object | string, options: { timeoutMs: number }): Promise<T> {
    const sent: unknown = typeof body === "string" ? JSON.parse(body) : copyAsJson(body);
    return this.#ask<T>(`POST ${path}`, sent, options.timeoutMs);
  }

  get<T>(path: string, options: { timeoutMs: number }): Promise<T> {
    const at = path.indexOf("?");
    if (at < 0) return this.#ask<T>(`GET ${path}`, {}, options.timeoutMs);
    const query = Object.fromEntries(new URLSearchParams(path.slice(at)));
    return this.#ask<T>(`GET ${path.slice(0, at)}`, query, options.timeoutMs);
  }

  abandon(): void {
    if (!this.#side.process.isAlive) return;
    for (const call of this.#underWay) call.fail("unknown", "abandoned");
  }

  close(): void {
    this.abandon();
  }

  #ask<T>(kind: string, body: unknown, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#side.process.outside()) return;
      const settle = { resolve: resolve as (answer: unknown) => void, reject };
      const call = new NetworkCall(this.#side, this.#underWay, { kind, body, timeoutMs }, settle);
      this.#network.send(call);
    });
  }
}

interface Question {
  kind: string;
  body: unknown;
  timeoutMs: number;
}

interface Settle {
  resolve: (answer: unknown) => void;
  reject: (error: AppError) => void;
}

/** One request under way; settles once, and never when its asker is dead. */
export class NetworkCall {
  readonly process: Process;
  readonly from: Host;
  readonly to: Host;
  readonly kind: string;
  /** Nobody else's; of a GET the record of its query. */
  readonly body: unknown;
  /** Nothing was sent, and who asked knows it. */
  isUnsent = false;
  /** A copy of it is on its way, perhaps for seconds. */
  isDoubled = false;
  isSettled = false;
  readonly #timeline: Timeline;
  readonly #underWay: Set<NetworkCall>;
  readonly #settle: Settle;
  readonly #timer: Scheduled;

  constructor(side: PeerSide, underWay: Set<NetworkCall>, question: Question, settle: Settle) {
    const { process, timeline } = side;
    this.process = process;
    this.from = side.from;
    this.to = side.to;
    this.kind = question.kind;
    this.body = question.body;
    this.#timeline = timeline;
    this.#underWay = underWay;
    this.#settle = settle;
    const realMs = question.timeoutMs / process.machine.rate;
    this.#timer = timeline.schedule(timeline.nowMs + realMs, () => this.#timeOut());
    underWay.add(this);
  }

  answered(answer: unknown): void {
    if (this.isSettled) return;
    this.#end();
    this.#settle.resolve(answer);
  }

  /** @param answer an error as it comes over the wire */
  refused(answer: unknown): void {
    const error = errorFromAnswer(answer);
    // After a bug over there nobody knows how far it came.
    if (error === null || error.reason === "internal") return this.fail("unknown", "status 500");
    if (this.isSettled) return;
    this.#end();
    this.#settle.reject(error);
  }

  fail(reason: "unknown" | "unavailable", why: string): void {
    if (this.isSettled) return;
    this.#end();
    this.#settle.reject(new AppError(reason, `${this.kind} to ${this.to.name}: ${why}`));
  }

  #timeOut(): void {
    const reason = this.isUnsent ? "unavailable" : "unknown";
    this.process.enter(() => this.fail(reason, "no answer in time"));
  }

  #end(): void {
    this.isSettled = true;
    this.#timeline.cancel(this.#timer);
    this.#underWay.delete(this);
  }
}
