/**
 * The network between machines, with what it does to messages: late, lost,
 * doubled, overtaken, and links that are cut in one direction or in both.
 * What asker and asked are told is what HttpPeer and an internal route tell
 * (shared/http): `network_peer.ts` is the asker's side of a request, this
 * file the way between and the side of who is asked.
 *
 *   asker            request lost?                       answer lost?
 *   post ──▶ outside ──── delay ────▶ handle … answer ──▶ outside ──── delay ──▶ settled
 *                     └── delay, seconds ──▶ handle again (a doubled request)
 */
import { AppError } from "../../../shared/errors.ts";
import { errorAnswer } from "../../../shared/http/error_response.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import type { Random } from "../random.ts";
import { Machine, type Process } from "./machine.ts";
import { LinkCuts } from "./network_cuts.ts";
import { copyAsJson } from "./network_copy.ts";
import { NetworkPeer, type NetworkCall } from "./network_peer.ts";
import { CALM, type MessageFault, type Weather } from "./network_weather.ts";
import type { Timeline } from "./timeline.ts";

/**
 * What a member does when it is asked: `POST /sales` with the body, `GET /log`
 * with the record of its query, all of it parsed anew for each call.
 */
export type Handle = (kind: string, body: unknown) => Promise<object>;

export interface NetworkOptions {
  timeline: Timeline;
  random: Random;
  weather: Weather;
  /**
   * People: what they ask never comes twice (between members a copy stands for a request that
   * its asker has given up: over HTTP nobody hears its answer), and they hear soon that it was
   * lost, and never wait for a slow message.
   */
  people?: string;
  /** Hears of each fault that a message really met: a MessageFault, or `message cut off`. */
  count?: (name: string) => void;
  /** Hears of each message, for a history in words. */
  trace?: ((line: string) => void) | null;
}

/** A place on the network, whoever is there at the time. */
export interface Host {
  readonly name: string;
  readonly index: number;
  listener: Listener | null;
}

/** One life of a machine that serves. */
interface Listener {
  process: Process;
  handle: Handle;
  /** Requests that it has and has not answered. */
  open: Set<Arrival>;
}

/** A request that reached a listener: each copy of it is one. */
interface Arrival {
  call: NetworkCall;
  listener: Listener;
  /** Nobody hears what comes of it. */
  isCopy: boolean;
}

const SLOW_MS = 1_500;
const COPY_LATE_MS = 4_000;

export class Network {
  /** False: all arrives soon, but for what is under way and what is cut. */
  isFaulty = false;
  readonly #weather: Weather;
  readonly #cuts = new LinkCuts();
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #people: string | null;
  readonly #count: (name: string) => void;
  readonly #trace: ((line: string) => void) | null;
  readonly #hosts = new Map<string, Host>();
  readonly #machines = new Set<Machine>();
  #nobody: Machine | null = null;

  constructor(options: NetworkOptions) {
    this.#weather = options.weather;
    this.#timeline = options.timeline;
    this.#random = options.random;
    this.#people = options.people ?? null;
    this.#count = options.count ?? (() => {});
    this.#trace = options.trace ?? null;
  }

  /** For the life that the machine has now. */
  connect(from: Machine, to: string): Peer {
    return new NetworkPeer(this, {
      process: from.process,
      timeline: this.#timeline,
      from: this.#host(from.name),
      to: this.#host(to),
    });
  }

  /** The machine's life listens from now on; what it returns ends that, as a planned stop does. */
  serve(machine: Machine, handle: Handle): () => void {
    if (!machine.isAlive) return () => {};
    const host = this.#host(machine.name);
    const listener: Listener = { process: machine.process, handle, open: new Set() };
    host.listener = listener;
    if (!this.#machines.has(machine)) {
      this.#machines.add(machine);
      machine.onDeath(() => this.#died(host));
    }
    return () => {
      if (host.listener === listener) host.listener = null;
    };
  }

  /** For so long nothing gets from one to the other; the way back is another link. */
  cut(from: string, to: string, forMs: number): void {
    const untilMs = this.#timeline.nowMs + forMs;
    this.#cuts.cut(this.#host(from).index, this.#host(to).index, untilMs);
  }

  isCut(from: string, to: string): boolean {
    const [one, other] = [this.#host(from).index, this.#host(to).index];
    return this.#cuts.isCut(one, other, this.#timeline.nowMs);
  }

  /** Mends all links. */
  mend(): void {
    this.#cuts.mend();
  }

  /** Somebody of whom nobody knows asks, and does not care for the answer. */
  ask(to: string, kind: string, body: object): void {
    this.#nobody ??= new Machine({ timeline: this.#timeline, name: "nobody" });
    const peer = this.connect(this.#nobody, to);
    peer.post(kind.replace("POST ", ""), body, { timeoutMs: SLOW_MS }).catch(() => {});
  }

  /** A request that its peer wants on its way. */
  send(call: NetworkCall): void {
    const { from, to } = call;
    const weather = this.#current;
    const isLost = this.#isLost(from, to, weather.loseRequest, "request lost");
    const isOfPeople = from.name === this.#people;
    call.isDoubled = !isOfPeople && this.#happens(weather.double, "request doubled");
    if (isLost && isOfPeople) this.#back(call, () => call.fail("unknown", "connection reset"));
    if (this.#trace !== null) {
      this.#say(from, to, `${call.kind} ${JSON.stringify(call.body)}${isLost ? " (lost)" : ""}`);
    }
    call.isUnsent = isLost && !call.isDoubled && this.#random.chance(weather.knowsUnsent);
    if (!isLost) this.#deliver(call, this.#delayMs(call), false);
    if (call.isDoubled) this.#deliver(call, this.#copyDelayMs(call), true);
  }

  #deliver(call: NetworkCall, delayMs: number, isCopy: boolean): void {
    this.#timeline.schedule(this.#timeline.nowMs + delayMs, () => this.#arrive(call, isCopy));
  }

  #arrive(call: NetworkCall, isCopy: boolean): void {
    const { listener } = call.to;
    if (listener === null) return isCopy ? undefined : this.#refuse(call);
    const arrival = { call, listener, isCopy };
    listener.open.add(arrival);
    if (listener.process.isRunning) this.#handle(arrival);
    else listener.process.enter(() => this.#handle(arrival));
  }

  /** Nobody listens: nothing was done, unless a copy gets through. */
  #refuse(call: NetworkCall): void {
    const { from, to } = call;
    if (this.#cuts.isCut(to.index, from.index, this.#timeline.nowMs)) return;
    this.#back(call, () => call.fail(call.isDoubled ? "unknown" : "unavailable", "refused"));
  }

  #handle(arrival: Arrival): void {
    const { call, listener } = arrival;
    let answer: Promise<object>;
    try {
      const body = call.isDoubled ? copyAsJson(call.body) : call.body;
      answer = listener.handle(call.kind, body);
    } catch (error) {
      return this.#answerError(arrival, error);
    }
    answer.then(
      (body) => this.#answer(arrival, body),
      (error: unknown) => this.#answerError(arrival, error),
    );
  }

  #answer(arrival: Arrival, answer: object): void {
    const { call, isCopy } = arrival;
    if (!this.#leaves(arrival, answer) || isCopy) return;
    const body = copyAsJson(answer);
    this.#back(call, () => call.answered(body));
  }

  #answerError(arrival: Arrival, error: unknown): void {
    const { process } = arrival.listener;
    if (!process.isAlive) return;
    let told = error;
    if (!(told instanceof AppError)) {
      process.machine.onBug(error, process.machine);
      told = new AppError("internal", "bug");
    }
    const { call, isCopy } = arrival;
    const answer: unknown = JSON.parse(errorAnswer(told as AppError, true).body);
    if (!this.#leaves(arrival, answer) || isCopy) return;
    this.#back(call, () => call.refused(answer));
  }

  /** An answer leaves who was asked; whether it also arrives. */
  #leaves(arrival: Arrival, answer: unknown): boolean {
    const { call, listener } = arrival;
    if (!listener.process.outside()) return false;
    listener.open.delete(arrival);
    const { from, to } = call;
    const isLost = this.#isLost(to, from, this.#current.loseAnswer, "answer lost");
    if (this.#trace !== null) {
      this.#say(to, from, `${JSON.stringify(answer)}${isLost ? " (lost)" : ""}`);
    }
    if (isLost && from.name === this.#people) {
      this.#back(call, () => call.fail("unknown", "connection reset"));
    }
    return !isLost;
  }

  /** Who asked the dead one hears of it soon, or learns it from its own time-out. */
  #died(host: Host): void {
    const { listener } = host;
    if (listener === null) return;
    host.listener = null;
    for (const { call, isCopy } of listener.open) {
      if (isCopy) continue;
      const isCut = this.#cuts.isCut(call.to.index, call.from.index, this.#timeline.nowMs);
      const isOfPeople = call.from.name === this.#people;
      const hears = isOfPeople || this.#random.chance(this.#current.hearsOfDeath);
      if (hears && !isCut) this.#back(call, () => call.fail("unknown", "connection reset"));
    }
  }

  /** Something comes to who asked, after the way back. */
  #back(call: NetworkCall, arrives: () => void): void {
    this.#timeline.schedule(this.#timeline.nowMs + this.#delayMs(call), () => {
      if (call.isSettled) return;
      if (call.process.isRunning) arrives();
      else call.process.enter(arrives);
    });
  }

  #isLost(from: Host, to: Host, share: number, fault: MessageFault): boolean {
    if (this.#cuts.isCut(from.index, to.index, this.#timeline.nowMs)) {
      this.#count("message cut off");
      return true;
    }
    return this.#happens(share, fault);
  }

  #happens(share: number, fault: MessageFault): boolean {
    if (share === 0 || !this.#random.chance(share)) return false;
    this.#count(fault);
    return true;
  }

  get #current(): Weather {
    return this.isFaulty ? this.#weather : CALM;
  }

  #delayMs({ from }: NetworkCall): number {
    const weather = this.#current;
    const isSlow = from.name !== this.#people && this.#happens(weather.slow, "slow message");
    if (isSlow) return this.#random.next() * SLOW_MS;
    return this.#random.around(weather.messageMs);
  }

  #copyDelayMs(call: NetworkCall): number {
    return this.#happens(this.#current.late, "copy late")
      ? this.#random.next() * COPY_LATE_MS
      : this.#delayMs(call);
  }

  #say(from: Host, to: Host, what: string): void {
    this.#trace!(`${this.#timeline.nowMs.toFixed(3)} ${from.name} -> ${to.name}  ${what}`);
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = { name, index: this.#hosts.size, listener: null };
      this.#hosts.set(name, host);
    }
    return host;
  }
}
