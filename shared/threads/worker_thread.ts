/** The HTTP thread's side of owner_threads.ts: it serves, and asks its owner. */
import assert from "node:assert/strict";
import { parentPort, workerData } from "node:worker_threads";
import { nobodyWaits, PATIENT, type Asker } from "./asker.ts";
import { monotonicMs } from "../clock.ts";
import type { AppError } from "../errors.ts";
import type { HttpServer, Listen } from "../http/server.ts";
import { TURN_MAX_MS } from "../limits.ts";
import * as messages from "./thread_messages.ts";

export interface Owner {
  /**
   * @param asker PATIENT when missing
   * @throws the AppError that the owner's `handle` threw; abandoned
   */
  ask<T>(kind: string, body: unknown, asker?: Asker): Promise<T>;
  /** False when the owner's last completed turn is older than TURN_MAX_MS. */
  healthy(): boolean;
  onTell(handler: (kind: string, body: unknown) => void): void;
}

/** An owner that takes text as it came, and whose answer is JSON text to be sent as it is. */
export interface TextOwner extends Owner {
  /** @throws as ask */
  askText(kind: string, text: string, asker?: Asker): Promise<string>;
  /** Somebody may be gone who has asked: in this turn the owner is told which asks those are. */
  dropGone(): void;
}

export interface ThreadStart {
  data: unknown;
  owner: TextOwner;
  listen: Listen;
}

/** Called at the top of the module that runs in an HTTP thread. */
export function serveThread(start: (options: ThreadStart) => Promise<HttpServer>): void {
  assert(parentPort !== null, "this module runs in a thread");
  const port = parentPort;
  const send = (message: messages.ToOwner): void => port.postMessage(message);
  const { data, listen, turns } = workerData as messages.ThreadData;
  const owner = new OwnerClient(turns, send);
  const server = start({ data, owner, listen });
  const closeServer = async (started: HttpServer): Promise<void> => {
    await started.close();
    send({ closed: true });
  };
  port.on("message", (message: messages.ToThread) => {
    if ("answers" in message) owner.take(message.answers);
    else void server.then(closeServer);
  });
  // Once the event loop has seen the socket: asked to close in the turn that it began to listen in,
  // it would first look at it when its owner has closed it, which ends the process (libuv aborts).
  void server.then((started) => setImmediate(() => {
    send({ ready: { port: started.port, fd: started.fd } });
  }));
}

interface Waiting {
  /** It wants the answer's text, and not what that says. */
  asText: boolean;
  /** PATIENT, too, once the owner was told that it is gone. */
  asker: Asker;
  resolve: (value: unknown) => void;
  reject: (error: AppError) => void;
}

class OwnerClient implements TextOwner {
  readonly #turns: Int32Array;
  readonly #send: (message: messages.ToOwner) => void;
  readonly #waiting = new Map<number, Waiting>();
  #asks: messages.Asks = [];
  #isFlushing = false;
  /** Somebody of those who wait may be gone. */
  #isAbandoned = false;
  #lastNumber = 0;
  #onTell: (kind: string, body: unknown) => void = () => {};

  constructor(turns: Int32Array, send: (message: messages.ToOwner) => void) {
    this.#turns = turns;
    this.#send = send;
  }

  ask<T>(kind: string, body: unknown, asker = PATIENT): Promise<T> {
    return this.#ask<T>(kind, messages.textOf(body), { asText: false, asker });
  }

  askText(kind: string, text: string, asker = PATIENT): Promise<string> {
    return this.#ask<string>(kind, text, { asText: true, asker });
  }

  #ask<T>(
    kind: string,
    text: string,
    { asText, asker }: Pick<Waiting, "asText" | "asker">,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (asker.isGone) return reject(nobodyWaits());
      const number = ++this.#lastNumber;
      this.#waiting.set(number, { asText, asker, resolve: resolve as Waiting["resolve"], reject });
      this.#asks.push(number, kind, text);
      this.#flushSoon();
    });
  }

  dropGone(): void {
    this.#isAbandoned = true;
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.#isAbandoned) this.#noteGone();
    if (this.#asks.length === 0) return;
    const asks = this.#asks;
    this.#asks = [];
    this.#send({ asks });
  }

  /** Behind the asks themselves, should they be of this turn. */
  #noteGone(): void {
    this.#isAbandoned = false;
    const gone: number[] = [];
    for (const [number, waiting] of this.#waiting) {
      if (!waiting.asker.isGone) continue;
      waiting.asker = PATIENT;
      gone.push(number);
    }
    if (gone.length > 0) this.#asks.push(messages.GONE, "", JSON.stringify(gone));
  }

  healthy(): boolean {
    const ageMs = ((monotonicMs() | 0) - Atomics.load(this.#turns, 0)) | 0;
    return ageMs <= TURN_MAX_MS;
  }

  onTell(handler: (kind: string, body: unknown) => void): void {
    this.#onTell = handler;
  }

  take(answers: messages.Answers): void {
    for (let at = 0; at < answers.length; at += 3) {
      const number = answers[at] as number;
      const text = answers[at + 2] as string;
      if (number === messages.TELL) this.#onTell(answers[at + 1] as string, JSON.parse(text));
      else this.#settle(number, answers[at + 1] as number, text);
    }
  }

  #settle(number: number, outcome: number, text: string): void {
    const waiting = this.#waiting.get(number);
    assert(waiting !== undefined, "an ask is answered once");
    this.#waiting.delete(number);
    if (outcome === messages.REJECTED) waiting.reject(messages.errorOf(text));
    else waiting.resolve(waiting.asText ? text : JSON.parse(text));
  }
}
