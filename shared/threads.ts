/**
 * Owner and HTTP threads. The owner is the process's first thread: it holds
 * the state and writes the files. HTTP threads parse, check and answer, and
 * ask the owner by message; a slow client or a big body never delays the log.
 *
 *   HTTP thread: ask, ask, ask ─▶ one message a turn ─▶ owner: handle each
 *   HTTP thread: settle each   ◀─ one message a turn ◀─ answers, tells
 *
 * All threads serve one listening socket. Thread 1 makes it; the others
 * listen on its descriptor. Only thread 1 closes it, and last: closing it a
 * second time would close whatever file got the number since. That is why
 * the other threads are never ended one by one, but end with the process.
 *
 * Between the threads go plain values; errors cross as AppError.
 */
import assert from "node:assert/strict";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { monotonicMs } from "./clock.ts";
import { AppError, isReason } from "./errors.ts";
import type { HttpServer, Listen } from "./http/server.ts";
import { TURN_MAX_MS } from "./limits.ts";

/** How often the owner notes that it completed a turn. */
const TURN_STAMP_MS = 50;

export interface ThreadsOptions {
  /** file: URL of the .ts module that calls serveThread. */
  module: string;
  count: number;
  host: string;
  port: number;
  /** What the threads get as `data`; must survive a structured clone. */
  data: object;
  /** The owner's answer to an ask: a value, a promise, or an AppError thrown. */
  handle: (kind: string, body: any) => unknown;
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

export interface Owner {
  /** @throws the AppError that the owner's `handle` threw */
  ask<T>(kind: string, body: unknown): Promise<T>;
  /** False when the owner's last completed turn is older than TURN_MAX_MS. */
  healthy(): boolean;
  onTell(handler: (kind: string, body: any) => void): void;
}

export interface ThreadStart {
  data: any;
  owner: Owner;
  listen: Listen;
}

// What travels ---------------------------------------------------------------

/** Flat, as cloning many small objects costs more: number, kind, body, number, … */
type Asks = unknown[];
/** Flat: number, outcome, value, … A tell has the number 0, its kind and its body. */
type Answers = unknown[];

const RESOLVED = 0;
const REJECTED = 1;
const TELL = 0;

interface SentError {
  reason: string;
  message: string;
  details: Record<string, unknown>;
}

type ToThread = { answers: Answers } | { close: true };
type ToOwner = { asks: Asks } | { ready: { port: number; fd: number } } | { closed: true };

interface ThreadData {
  data: object;
  listen: Listen;
  /** Slot 0: the owner's last completed turn, monotonic milliseconds modulo 2^32. */
  turns: Int32Array;
}

// The owner's side -----------------------------------------------------------

/** @throws the error of listen() in thread 1, as EADDRINUSE */
export async function startHttpThreads(options: ThreadsOptions): Promise<HttpThreads> {
  assert(options.count >= 1);
  const turns = new Int32Array(new SharedArrayBuffer(4));
  stampTurn(turns);
  const stamping = setInterval(stampTurn, TURN_STAMP_MS, turns);
  stamping.unref();
  const threads: Thread[] = [];
  try {
    const { host, port } = options;
    const first = new Thread(options, { host, port }, turns);
    threads.push(first);
    const { fd, port: bound } = await first.ready;
    for (let nth = 2; nth <= options.count; nth++) threads.push(new Thread(options, { fd }, turns));
    await Promise.all(threads.map((thread) => thread.ready));
    return new ThreadGroup(threads, bound, stamping);
  } catch (error) {
    clearInterval(stamping);
    await threads[0]?.end();
    throw error;
  }
}

function stampTurn(turns: Int32Array): void {
  Atomics.store(turns, 0, monotonicMs() | 0);
}

class ThreadGroup implements HttpThreads {
  readonly port: number;
  readonly #threads: Thread[];
  readonly #stamping: NodeJS.Timeout;

  constructor(threads: Thread[], port: number, stamping: NodeJS.Timeout) {
    this.#threads = threads;
    this.port = port;
    this.#stamping = stamping;
  }

  tell(kind: string, body: unknown): void {
    for (const thread of this.#threads) thread.tell(kind, body);
  }

  async close(): Promise<void> {
    const [first, ...others] = this.#threads;
    await Promise.all(others.map((thread) => thread.close()));
    await first!.close();
    clearInterval(this.#stamping);
    await first!.end();
  }
}

/** The owner's handle of one HTTP thread. */
class Thread {
  readonly ready: Promise<{ port: number; fd: number }>;
  readonly #worker: Worker;
  readonly #handle: ThreadsOptions["handle"];
  #answers: Answers = [];
  /** The thread may end without being missed. */
  #ending = false;
  #onClosed: () => void = () => {};

  constructor(options: ThreadsOptions, listen: Listen, turns: Int32Array) {
    this.#handle = options.handle;
    const data: ThreadData = { data: options.data, listen, turns };
    this.#worker = new Worker(bootstrap(options.module), { workerData: data, execArgv: [] });
    this.ready = new Promise((resolve, reject) => {
      let ready = false;
      const died = (error: Error): void => {
        if (!ready) reject(error);
        else if (!this.#ending) options.onDeath(error.stack ?? error.message);
      };
      this.#worker.on("error", died);
      this.#worker.on("exit", (code) => died(new Error(`an HTTP thread ended with code ${code}`)));
      this.#worker.on("message", (message: ToOwner) => {
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
    this.#send(TELL, kind, body);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = () => {
        this.#worker.unref();
        resolve();
      };
      this.#worker.postMessage({ close: true } satisfies ToThread);
    });
  }

  /** Only for a thread that has closed its own socket, or never opened one. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
  }

  #answerAll(asks: Asks): void {
    for (let at = 0; at < asks.length; at += 3) {
      this.#answer(asks[at] as number, asks[at + 1] as string, asks[at + 2]);
    }
  }

  #answer(number: number, kind: string, body: unknown): void {
    try {
      const answer = this.#handle(kind, body);
      if (!(answer instanceof Promise)) return this.#send(number, RESOLVED, answer);
      answer.then(
        (value) => this.#send(number, RESOLVED, value),
        (error) => this.#send(number, REJECTED, asSent(error)),
      );
    } catch (error) {
      this.#send(number, REJECTED, asSent(error));
    }
  }

  #send(number: number, what: unknown, value: unknown): void {
    if (this.#answers.length === 0) setImmediate(() => this.#flush());
    this.#answers.push(number, what, value);
  }

  #flush(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#worker.postMessage({ answers } satisfies ToThread);
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

/** @throws what is not an AppError: a bug ends the process, it does not become an answer */
function asSent(error: unknown): SentError {
  if (!(error instanceof AppError)) throw error;
  return { reason: error.reason, message: error.message, details: error.details };
}

// The HTTP thread's side -----------------------------------------------------

/** Called at the top of the module that runs in an HTTP thread. */
export function serveThread(start: (options: ThreadStart) => Promise<HttpServer>): void {
  assert(parentPort !== null, "this module runs in a thread");
  const port = parentPort;
  const { data, listen, turns } = workerData as ThreadData;
  const owner = new OwnerClient(turns);
  const server = start({ data, owner, listen });
  port.on("message", (message: ToThread) => {
    if ("answers" in message) owner.take(message.answers);
    else void server.then(closeServer);
  });
  const closeServer = async (started: HttpServer): Promise<void> => {
    await started.close();
    port.postMessage({ closed: true } satisfies ToOwner);
  };
  void server.then((started) => {
    port.postMessage({ ready: { port: started.port, fd: started.fd } } satisfies ToOwner);
  });
}

interface Waiting {
  resolve: (value: any) => void;
  reject: (error: AppError) => void;
}

class OwnerClient implements Owner {
  readonly #turns: Int32Array;
  readonly #waiting = new Map<number, Waiting>();
  #asks: Asks = [];
  #lastNumber = 0;
  #onTell: (kind: string, body: any) => void = () => {};

  constructor(turns: Int32Array) {
    this.#turns = turns;
  }

  ask<T>(kind: string, body: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const number = ++this.#lastNumber;
      this.#waiting.set(number, { resolve, reject });
      if (this.#asks.length === 0) setImmediate(() => this.#flush());
      this.#asks.push(number, kind, body);
    });
  }

  #flush(): void {
    const asks = this.#asks;
    this.#asks = [];
    parentPort!.postMessage({ asks } satisfies ToOwner);
  }

  healthy(): boolean {
    const ageMs = ((monotonicMs() | 0) - Atomics.load(this.#turns, 0)) | 0;
    return ageMs <= TURN_MAX_MS;
  }

  onTell(handler: (kind: string, body: any) => void): void {
    this.#onTell = handler;
  }

  take(answers: Answers): void {
    for (let at = 0; at < answers.length; at += 3) {
      const number = answers[at] as number;
      if (number === TELL) this.#onTell(answers[at + 1] as string, answers[at + 2]);
      else this.#settle(number, answers[at + 1] as number, answers[at + 2]);
    }
  }

  #settle(number: number, outcome: number, value: unknown): void {
    const waiting = this.#waiting.get(number);
    assert(waiting !== undefined, "an ask is answered once");
    this.#waiting.delete(number);
    if (outcome === RESOLVED) waiting.resolve(value);
    else waiting.reject(asError(value as SentError));
  }
}

function asError({ reason, message, details }: SentError): AppError {
  assert(isReason(reason));
  return new AppError(reason, message, details);
}
