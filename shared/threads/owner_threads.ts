/**
 * Owner and HTTP threads. The owner is the process's first thread: it holds
 * the state and writes the files. HTTP threads parse, check and answer, and
 * ask the owner by message; a slow client or a big body never delays the log.
 *
 *   HTTP thread: ask, ask, gone ─▶ one message a turn ─▶ owner: handle each
 *   HTTP thread: settle each    ◀─ one message a turn ◀─ answers, tells
 *
 * All threads serve one listening socket. Thread 1 makes it, unless they are
 * given one; the others listen on its descriptor. Only who made it closes it,
 * and last: closing it a second time would close whatever file got the number
 * since. That is why the others are never ended one by one, but end with the
 * process.
 *
 * What goes between the threads is what JSON can say; errors cross as AppError.
 */
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import type { Asker } from "./asker.ts";
import { monotonicMs } from "../clock.ts";
import type { Listen } from "../http/server.ts";
import * as messages from "./thread_messages.ts";

export { serveThread, type Owner, type TextOwner, type ThreadStart } from "./worker_thread.ts";

/** How often the owner notes that it completed a turn. */
const TURN_STAMP_MS = 50;

export interface ThreadsOptions {
  /** file: URL of the .ts module that calls serveThread. */
  module: string;
  count: number;
  /** An address, or the socket of a server of this process, which closes it after the threads. */
  listen: Listen;
  /** What the threads get as `data`; must survive a structured clone. */
  data: object;
  /**
   * The owner's answer to an ask, from the text of its body: a value, a promise, or an AppError
   * thrown.
   */
  handle: (kind: string, text: string, asker: Asker) => unknown;
  /** Some askers are gone since. */
  onGone?: () => void;
  /** A thread has ended or thrown: the process cannot go on. */
  onDeath: (why: string) => void;
}

export interface HttpThreads {
  readonly port: number;
  /** A word to every thread; it comes after the answers that were given before. */
  tell(kind: string, body: unknown): void;
  /** Every thread answers what it took; no port is open afterwards. */
  close(): Promise<void>;
}

/** @throws the error of listen() in thread 1, as EADDRINUSE */
export async function startHttpThreads(options: ThreadsOptions): Promise<HttpThreads> {
  assert(options.count >= 1);
  const turns = new Int32Array(new SharedArrayBuffer(4));
  stampTurn(turns);
  const stamping = setInterval(stampTurn, TURN_STAMP_MS, turns);
  stamping.unref();
  const ownsSocket = !("fd" in options.listen);
  const threads: Thread[] = [];
  try {
    const first = new Thread(options, options.listen, turns);
    threads.push(first);
    const { fd, port: bound } = await first.ready;
    for (let nth = 2; nth <= options.count; nth++) threads.push(new Thread(options, { fd }, turns));
    await Promise.all(threads.map((thread) => thread.ready));
    return new ThreadGroup({ threads, ownsSocket, port: bound, stamping });
  } catch (error) {
    clearInterval(stamping);
    if (ownsSocket) await threads[0]?.end();
    throw error;
  }
}

function stampTurn(turns: Int32Array): void {
  Atomics.store(turns, 0, monotonicMs() | 0);
}

interface ThreadGroupParts {
  threads: readonly Thread[];
  /** The first thread made the socket. */
  ownsSocket: boolean;
  port: number;
  stamping: NodeJS.Timeout;
}

class ThreadGroup implements HttpThreads {
  readonly #parts: ThreadGroupParts;

  constructor(parts: ThreadGroupParts) {
    this.#parts = parts;
  }

  get port(): number {
    return this.#parts.port;
  }

  tell(kind: string, body: unknown): void {
    for (const thread of this.#parts.threads) thread.tell(kind, body);
  }

  async close(): Promise<void> {
    const { threads, ownsSocket, stamping } = this.#parts;
    const [first, ...others] = threads;
    await Promise.all(others.map((thread) => thread.close()));
    await first!.close();
    clearInterval(stamping);
    if (ownsSocket) await first!.end();
  }
}

/** The owner's handle of one HTTP thread. */
class Thread {
  readonly ready: Promise<{ port: number; fd: number }>;
  readonly #worker: Worker;
  readonly #handle: ThreadsOptions["handle"];
  readonly #onGone: () => void;
  /** By the number of their ask: those whose answer is a promise that has not settled. */
  readonly #askers = new Map<number, { isGone: boolean }>();
  #answers: messages.Answers = [];
  /** The thread may end without being missed. */
  #ending = false;
  #onClosed: () => void = () => {};

  constructor(options: ThreadsOptions, listen: Listen, turns: Int32Array) {
    this.#handle = options.handle;
    this.#onGone = options.onGone ?? (() => {});
    const data: messages.ThreadData = { data: options.data, listen, turns };
    this.#worker = new Worker(bootstrap(options.module), { workerData: data, execArgv: [] });
    this.ready = new Promise((resolve, reject) => {
      let ready = false;
      const died = (error: Error): void => {
        if (!ready) reject(error);
        else if (!this.#ending) options.onDeath(error.stack ?? error.message);
      };
      this.#worker.on("error", died);
      this.#worker.on("exit", (code) => died(new Error(`an HTTP thread ended with code ${code}`)));
      this.#worker.on("message", (message: messages.ToOwner) => {
        if ("asks" in message) this.#answerAll(message.asks);
        else if ("closed" in message) this.#onClosed();
        else {
          ready = true;
          resolve(message.ready);
        }
      });
    });
  }

  tell(kind: string, body: unknown): void {
    this.#send(messages.TELL, kind, messages.textOf(body));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = () => {
        this.#worker.unref();
        resolve();
      };
      this.#worker.postMessage({ close: true } satisfies messages.ToThread);
    });
  }

  /** Only for a thread that has closed its own socket, or never opened one. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
  }

  #answerAll(asks: messages.Asks): void {
    for (let at = 0; at < asks.length; at += 3) {
      const number = asks[at] as number;
      const text = asks[at + 2] as string;
      if (number === messages.GONE) this.#abandon(JSON.parse(text) as number[]);
      else this.#answer(number, asks[at + 1] as string, text);
    }
  }

  /** An answer to one of them may be on its way: it is not among those that wait, and is left. */
  #abandon(numbers: number[]): void {
    for (const number of numbers) {
      const asker = this.#askers.get(number);
      if (asker !== undefined) asker.isGone = true;
    }
    this.#onGone();
  }

  #answer(number: number, kind: string, text: string): void {
    const asker = { isGone: false };
    try {
      const answer = this.#handle(kind, text, asker);
      if (!(answer instanceof Promise)) return this.#resolve(number, answer);
      this.#askers.set(number, asker);
      answer.then(
        (value) => this.#resolve(number, value),
        (error) => this.#send(number, messages.REJECTED, messages.errorText(error)),
      );
    } catch (error) {
      this.#send(number, messages.REJECTED, messages.errorText(error));
    }
  }

  #resolve(number: number, value: unknown): void {
    this.#send(number, messages.RESOLVED, messages.textOf(value));
  }

  #send(number: number, what: number | string, text: string): void {
    if (this.#answers.length === 0) setImmediate(() => this.#flush());
    this.#answers.push(number, what, text);
    this.#askers.delete(number);
  }

  #flush(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#worker.postMessage({ answers } satisfies messages.ToThread);
  }
}

/**
 * A worker does not inherit a loader in every version of Node, and starts
 * faster without the parent's flags: this module registers the loader there.
 */
function bootstrap(module: string): URL {
  const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const source = `const { register } = await import(${loader});
register();
await import(${JSON.stringify(module)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
