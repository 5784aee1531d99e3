/**
 * One client of the store, which writes down everything it asked and was
 * answered. It never repeats a request by itself, and what is not a whole
 * answer is none: the judge decides what that may mean.
 */
import { Agent, request } from "node:http";
import type {
  FindOperation, LeaderOperation, ListOperation, Operation, OrderOperation, ProductOperation,
} from "./history.ts";

/** Longer than a store takes to say that it does not know. */
const ANSWER_MAX_MS = 6_000;
/** How a 503 ends that says that nothing was tried; of another the outcome is unknown. */
const UNTRIED = /: try again with the same body"/;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Ordering {
  name: string;
  quantity: number;
  key: string;
}

export interface RecorderOptions {
  urls: readonly string[];
  operations: Operation[];
  client: number;
  /** Monotonic, the same for all clients and faults. */
  nowMs: () => number;
}

export class Recorder {
  readonly #nowMs: () => number;
  readonly #urls: readonly string[];
  readonly #operations: Operation[];
  readonly #client: number;
  readonly #agent = new Agent({ keepAlive: true, timeout: ANSWER_MAX_MS * 2 });
  readonly #unanswered = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#nowMs = options.nowMs;
    this.#urls = options.urls;
    this.#operations = options.operations;
    this.#client = options.client;
  }

  get frontends(): number {
    return this.#urls.length;
  }

  /** Requests that nothing came back for yet. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  async untilAnswered(): Promise<void> {
    await Promise.all(this.#unanswered);
  }

  /** @param frontend 1 is the first */
  async order(frontend: number, { name, quantity, key }: Ordering): Promise<OrderOperation> {
    const body = JSON.stringify({ name, quantity });
    const headers = { "idempotency-key": key };
    const { asked, answer } = await this.#ask(frontend, { path: "/orders", body, headers });
    const data = dataOf(answer) as { order_number?: number } | null;
    return this.#note({
      ...asked,
      kind: "order",
      key,
      name,
      quantity,
      number: data?.order_number ?? null,
      replayed: answer?.headers["idempotency-replayed"] === "true",
      isUntried: answer?.status === 503 && UNTRIED.test(answer.text),
    });
  }

  async product(frontend: number, name: string): Promise<ProductOperation> {
    const path = `/products/${encodeURIComponent(name)}`;
    const { asked, answer } = await this.#ask(frontend, { path });
    const data = dataOf(answer) as { quantity?: number } | null;
    const quantity = data?.quantity ?? Number.NaN;
    return this.#note({ ...asked, kind: "product", name, quantity, version: versionOf(answer) });
  }

  /** All products, as far as one page goes. */
  async list(frontend: number): Promise<ListOperation> {
    const { asked, answer } = await this.#ask(frontend, { path: "/products" });
    const listed = (dataOf(answer) ?? []) as ListOperation["products"];
    const products = listed.map(({ name, quantity }) => ({ name, quantity }));
    return this.#note({ ...asked, kind: "list", products, version: versionOf(answer) });
  }

  async find(frontend: number, number: number): Promise<FindOperation> {
    const { asked, answer } = await this.#ask(frontend, { path: `/orders/${number}` });
    const found = dataOf(answer) as FindOperation["found"];
    return this.#note({ ...asked, kind: "find", number, found });
  }

  async leader(frontend: number): Promise<LeaderOperation> {
    const { asked, answer } = await this.#ask(frontend, { path: "/leader" });
    const { id = 0, term = 0 } = (dataOf(answer) ?? {}) as { id?: number; term?: number };
    return this.#note({ ...asked, kind: "leader", id, term });
  }

  /** Gives up what is under way. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  #note<O extends Operation>(operation: O): O {
    // Given up by this client: it says nothing about the store.
    if (!this.#isClosed || operation.status !== 0) this.#operations.push(operation);
    return operation;
  }

  async #ask(
    frontend: number,
    question: { path: string; body?: string; headers?: Record<string, string> },
  ) {
    const invokedMs = this.#nowMs();
    const asking = this.#exchange(`${this.#urls[frontend - 1]!}${question.path}`, question);
    this.#unanswered.add(asking);
    const answer = await asking;
    this.#unanswered.delete(asking);
    const asked = {
      client: this.#client,
      frontend,
      invokedMs,
      returnedMs: this.#nowMs(),
      status: answer?.status ?? 0,
      isOwnError: answer !== null && isOwnError(answer),
      hasRetryAfter: answer?.headers["retry-after"] !== undefined,
    };
    return { asked, answer };
  }

  /** Null when there was no whole answer. */
  #exchange(
    url: string,
    { body, headers = {} }: { body?: string; headers?: Record<string, string> },
  ): Promise<Answer | null> {
    return new Promise((resolve) => {
      const method = body === undefined ? "GET" : "POST";
      const type = body === undefined ? {} : { "content-type": "application/json" };
      const options = { method, headers: { ...headers, ...type }, agent: this.#agent };
      const asking = request(url, options);
      const timer = setTimeout(() => asking.destroy(), ANSWER_MAX_MS);
      const settle = (answer: Answer | null) => {
        clearTimeout(timer);
        resolve(answer);
      };
      asking.once("error", () => settle(null));
      asking.once("close", () => settle(null));
      asking.once("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => (text += piece));
        response.once("error", () => settle(null));
        response.once("end", () => {
          const { statusCode: status = 0, headers: answered, complete } = response;
          settle(complete ? { status, headers: answered, text } : null);
        });
      });
      asking.end(body);
    });
  }
}

function dataOf(answer: Answer | null): unknown {
  if (answer?.status !== 200) return null;
  return (parse(answer.text) as { data?: unknown } | null)?.data ?? null;
}

/** The index of the catalog's row behind an answer stands in its entity tag. */
function versionOf(answer: Answer | null): number {
  return Number(/-(\d+)"$/.exec(String(answer?.headers.etag ?? ""))?.[1]);
}

function isOwnError({ status, text }: Answer): boolean {
  const error = (parse(text) as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  return error?.code === status && typeof error.message === "string" && error.message !== "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
