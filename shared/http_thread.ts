/** The HTTP thread's side of threads.ts: it serves, and asks its owner. */
import assert from "node:assert/strict";
import { parentPort, workerData } from "node:worker_threads";
import { monotonicMs } from "./clock.ts";
import type { AppError } from "./errors.ts";
import type { HttpServer, Listen } from "./http/server.ts";
import { TURN_MAX_MS } from "./limits.ts";
import * as messages from "./thread_messages.ts";

export interface Owner {
  /** @throws the AppError that the owner's `handle` threw */
  ask<T>(kind: string, body: unknown): Promise<T>;
  /** False when the owner's last completed turn is older than TURN_MAX_MS. */
  healthy(): boolean;
  onTell(handler: (kind: string, body: unknown) => void): void;
}

/** An owner that takes text as it came, and whose answer is JSON text to be sent as it is. */
export interface TextOwner extends Owner {
  /** @throws the AppError that `handle` threw */
  askText(kind: string, text: string): Promise<string>;
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
  resolve: (value: unknown) => void;
  reject: (error: AppError) => void;
}

class OwnerClient implements TextOwner {
  readonly #turns: Int32Array;
  readonly #send: (message: messages.ToOwner) => void;
  readonly #waiting = new Map<number, Waiting>();
  #asks: messages.Asks = [];
  #lastNumber = 0;
  #onTell: (kind: string, body: unknown) => void = () => {};

  constructor(turns: Int32Array, send: (message: messages.ToOwner) => void) {
    this.#turns = turns;
    this.#send = send;
  }

  ask<T>(kind: string, body: unknown): Promise<T> {
    return this.#ask<T>(kind, messages.textOf(body), false);
  }

  askText(kind: string, text: string): Promise<string> {
    return this.#ask<string>(kind, text, true);
  }

  #ask<T>(kind: string, text: string, asText: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const number = ++this.#lastNumber;
      this.#waiting.set(number, { asText, resolve: resolve as Waiting["resolve"], reject });
      if (this.#asks.length === 0) setImmediate(() => this.#flush());
      this.#asks.push(number, kind, text);
    });
  }

  #flush(): void {
    const asks = this.#asks;
    this.#asks = [];
    this.#send({ asks });
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
