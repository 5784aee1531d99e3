/**
 * How cluster tests talk to a store: one request and its answer over kept-alive
 * connections, and buyers who buy one toy after the other until told to stop,
 * each noting every answer and when it came. A buyer who got no answer, or a
 * 503, asks again with the same key, as a client of this store is told to.
 */
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../../shared/clock.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const ATTEMPT_PAUSE_MS = 10;
const ATTEMPTS_MAX = 3_000;
const READ_PAUSE_MS = 2;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export interface Purchased {
  key: string;
  name: string;
  /** Null when there was no order: 409. */
  number: number | null;
  status: number;
  /** Answers before this one that were a 503, and attempts that got none. */
  refused: number;
  broken: number;
  /** When the answer was there. */
  atMs: number;
}

export interface Question {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export class Shopper {
  readonly #agent: Agent;
  readonly #urls: readonly string[];
  readonly #timeoutMs: number;
  /** Which of them is asked. */
  #at = 0;

  /**
   * Of several front-ends one is asked; a buyer whom it does not answer goes on with the next.
   * @param options `from`: the address of this machine that the connections come from
   */
  constructor(
    urls: string | readonly string[],
    { timeoutMs = REQUEST_TIMEOUT_MS, from }: { timeoutMs?: number; from?: string } = {},
  ) {
    this.#urls = [urls].flat();
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({ keepAlive: true, timeout: REQUEST_TIMEOUT_MS, localAddress: from });
  }

  /** Rejects when there was no whole answer. */
  ask(path: string, { method = "GET", headers = {}, body }: Question = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const asking = request(`${this.#urls[this.#at]}${path}`, {
        method,
        agent: this.#agent,
        headers: text === undefined ? headers : { "content-type": "application/json", ...headers },
      });
      // Not the option `timeout`: of the agent's it would be the server's keep-alive hint.
      const timer = setTimeout(() => {
        asking.destroy(new Error(`${path}: no answer in ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      asking.once("close", () => clearTimeout(timer));
      asking.once("error", reject);
      asking.once("response", (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => (answer += piece));
        response.once("error", reject);
        response.once("end", () => {
          const { statusCode: status = 0, headers: answered } = response;
          resolve({ status, headers: answered, body: parse(answer) });
        });
      });
      asking.end(text);
    });
  }

  /** One toy, asked for again with the same key until there is an answer that is final. */
  async purchase(name: string, key: string): Promise<Purchased> {
    let [refused, broken] = [0, 0];
    for (;;) {
      const at = this.#at;
      const answer = await this.order({ name, quantity: 1 }, key).catch(() => null);
      if (answer === null) {
        broken++;
        this.#at = (at + 1) % this.#urls.length;
      }
      else if (answer.status === 503) refused++;
      else {
        const { data } = answer.body as { data?: { order_number: number } };
        const number = data?.order_number ?? null;
        const { status } = answer;
        return { key, name, number, status, refused, broken, atMs: monotonicMs() };
      }
      if (refused + broken > ATTEMPTS_MAX) throw new Error(`${name}: never an answer`);
      await pause(ATTEMPT_PAUSE_MS);
    }
  }

  order(body: { name: string; quantity: number }, key?: string): Promise<Answer> {
    const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
    return this.ask("/orders", { method: "POST", headers, body });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface BuyersOptions {
  count: number;
  names: readonly string[];
  /** What their keys begin with. */
  keys?: string;
}

/** Buyers at work. */
export class Buyers {
  readonly answers: Purchased[] = [];
  readonly #loops: Promise<void>[];
  #stopped = false;

  constructor(shopper: Shopper, options: BuyersOptions) {
    const { count, names, keys = "buyer" } = options;
    this.#loops = Array.from({ length: count }, async (_, buyer) => {
      for (let turn = 0; !this.#stopped; turn++) {
        const name = names[(buyer + turn) % names.length]!;
        this.answers.push(await shopper.purchase(name, `${keys}-${buyer}-${turn}`));
      }
    });
  }

  /** Orders that were acknowledged. */
  get bought(): Purchased[] {
    return this.answers.filter((answer) => answer.number !== null);
  }

  /** The longest time in which nobody got an answer. */
  get longestPauseMs(): number {
    const times = this.answers.map((answer) => answer.atMs).sort((one, other) => one - other);
    return Math.max(0, ...times.slice(1).map((time, index) => time - times[index]!));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }
}

/** Looks at one product again and again, and notes how long each answer took. */
export class Reader {
  readonly statuses = new Set<number | null>();
  answers = 0;
  /** Of all answers the longest time that one took. */
  longestMs = 0;
  readonly #shopper: Shopper;
  readonly #path: string;
  readonly #loop: Promise<void>;
  #stopped = false;

  constructor(url: string, name: string) {
    this.#shopper = new Shopper(url);
    this.#path = `/products/${encodeURIComponent(name)}`;
    this.#loop = this.#read();
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      const askedMs = monotonicMs();
      const answer = await this.#shopper.ask(this.#path).catch(() => null);
      this.statuses.add(answer?.status ?? null);
      this.answers += 1;
      this.longestMs = Math.max(this.longestMs, monotonicMs() - askedMs);
      await pause(READ_PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    this.#shopper.close();
  }
}
