/**
 * One client of the store, which writes down everything it asked, in the
 * words of that store, and was answered. It never repeats a request by
 * itself, and what is not a whole answer is none: the judge decides what that
 * may mean.
 */
import { Agent, request } from "node:http";
import type { Store } from "../../shared/stores/store.ts";
import type { OrderType } from "../../shared/messages/messages.ts";
import type {
  AdminOperation, FindOperation, LeaderOperation, ListOperation, Operation, OrderOperation,
  ProductOperation, Shown,
} from "../checker/history.ts";
import type { Ware } from "./products.ts";

/** Longer than a store takes to say that it does not know. */
const ANSWER_MAX_MS = 6_000;
/** What a 503 says when nothing was tried; of another the outcome is unknown. */
const UNTRIED = /: try again with the same body"|"Nothing was changed/;
/** What a 409 says when it is not for the stock. */
const OVER_VOLUME = /maximum volume/;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** Of a product with an id, one piece that is bought by it. */
export interface Ordering extends Pick<Ware, "name" | "id"> {
  type: OrderType;
  quantity: number;
  key: string;
}

/** What the admin wants: a price, or so many pieces more. */
export type Wish = { price: number; added: null } | { price: null; added: number };

interface Question {
  path: string;
  method?: string;
  body?: object;
  headers?: Record<string, string>;
}

export interface RecorderOptions {
  store: Store;
  urls: readonly string[];
  /** Without one nobody asks for anything as the admin. */
  adminToken: string;
  operations: Operation[];
  client: number;
  /** Monotonic, the same for all clients and faults. */
  nowMs: () => number;
}

export class Recorder {
  readonly #store: Store;
  readonly #adminToken: string;
  readonly #nowMs: () => number;
  readonly #urls: readonly string[];
  readonly #operations: Operation[];
  readonly #client: number;
  readonly #agent = new Agent({ keepAlive: true, timeout: ANSWER_MAX_MS * 2 });
  readonly #unanswered = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#store = options.store;
    this.#adminToken = options.adminToken;
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

  async retryUntil(): Promise<void> {
    await Promise.all(this.#unanswered);
  }

  /** @param frontend 1 is the first */
  async order(frontend: number, ordering: Ordering): Promise<OrderOperation> {
    const { name, id, type, quantity, key } = ordering;
    const { orderTypes, orderNumberField } = this.#store;
    const said = orderTypes.length > 1 ? { type } : {};
    const how = id === null
      ? { path: "/orders", body: { name, quantity, ...said } } : { path: `/buy/${id}` };
    const headers = { "idempotency-key": key };
    const { asked, answer } = await this.#ask(frontend, { method: "POST", headers, ...how });
    const data = dataOf(answer) as Record<string, number> | null;
    const operation: OrderOperation = {
      ...asked,
      kind: "order",
      key,
      name,
      type,
      quantity,
      number: data?.[orderNumberField] ?? null,
      replayed: answer?.headers["idempotency-replayed"] === "true",
      isUntried: answer?.status === 503 && UNTRIED.test(answer.text),
    };
    if (answer?.status === 409) {
      operation.lacked = OVER_VOLUME.test(answer.text) ? "volume" : "stock";
    }
    return this.#note(operation);
  }

  async product(frontend: number, { name, id }: Ware): Promise<ProductOperation> {
    const own = this.#store.routes.find(({ as }) => as === "product")?.path ?? "/products/:name";
    const path = id === null ? own.replace(":name", encodeURIComponent(name)) : `/lookup/${id}`;
    const { asked, answer } = await this.#ask(frontend, { path });
    const found = dataOf(answer) as Shown | null;
    const shown = found === null ? { name, ...UNSHOWN } : shownIn(found);
    const version = versionOf(answer);
    return this.#note({ ...asked, kind: "product", id, ...shown, version });
  }

  /** The first page of all products, or of one topic's. */
  async list(
    frontend: number,
    { topic, byId }: Pick<ListOperation, "topic" | "byId">,
  ): Promise<ListOperation> {
    const word = topic === null ? null : encodeURIComponent(topic);
    const path = byId
      ? word === null ? "/list" : `/search/${word}`
      : word === null ? "/products" : `/products?topic=${word}`;
    const { asked, answer } = await this.#ask(frontend, { path });
    const products = ((dataOf(answer) ?? []) as Shown[]).map(shownIn);
    return this.#note({
      ...asked, kind: "list", topic, byId, products, version: versionOf(answer),
    });
  }

  /** As the admin; pieces can be added where products have ids. */
  async change(frontend: number, { name, id }: Ware, wish: Wish): Promise<AdminOperation> {
    const { price, added } = wish;
    const headers = { authorization: `Bearer ${this.#adminToken}` };
    const own = price === null ? `/update_q/${id}/${added}` : `/update_c/${id}/${price}`;
    const question = id === null
      ? { path: `/products/${encodeURIComponent(name)}`, method: "PATCH", body: { price } }
      : { path: own, method: "POST" };
    const { asked, answer } = await this.#ask(frontend, { ...question, headers });
    const isUntried = answer?.status === 503 && UNTRIED.test(answer.text);
    const version = versionOf(answer);
    const what = { does: "change", name, added, price } as const;
    return this.#note({ ...asked, kind: "admin", ...what, version, isUntried });
  }

  async find(frontend: number, number: number): Promise<FindOperation> {
    const { asked, answer } = await this.#ask(frontend, { path: `/orders/${number}` });
    const shown = dataOf(answer) as FindOperation["found"];
    // Where nothing but buying can be done an order does not say so.
    const found = shown === null ? null : { ...shown, type: shown.type ?? "buy" };
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

  async #ask(frontend: number, question: Question) {
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
    { method = "GET", body, headers = {} }: Question,
  ): Promise<Answer | null> {
    return new Promise((resolve) => {
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
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** Of a product that was not shown. */
const UNSHOWN = { price: Number.NaN, quantity: Number.NaN, volume: null };

function shownIn({ name, price, quantity, volume = null }: Shown): Shown {
  return { name, price, quantity, volume };
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
