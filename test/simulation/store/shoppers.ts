/**
 * Who uses the simulated store: buyers with keys, who ask again under the same
 * key until they know, readers, and people who look orders up. They write down
 * what they asked and were told, and when, for the judge of histories
 * (test/faults/judge.ts), the same that judges real processes.
 *
 * Nobody waits for long: who is kept waiting goes on with another front-end,
 * and the answer is written down whenever it comes.
 */
import { AppError } from "../../../shared/errors.ts";
import type { Peer } from "../../../shared/peer.ts";
import type { Operation, OrderOperation } from "../../faults/history.ts";
import type { Planned, PlannedAct } from "./plan.ts";
import type { PublicAnswer } from "./shop.ts";
import type { Timeline } from "./timeline.ts";

/** Longer than a store takes to say that it does not know. */
const ANSWER_MAX_MS = 6_500;
/** Then a buyer goes on with another front-end, and an answer that comes is one more. */
const PATIENCE_MS = 800;
/** Between two tries; each time longer by as much, up to so many times. */
const ASK_AGAIN_MS = 40;
const LONGER_MAX = 8;

export interface ShoppersOptions {
  timeline: Timeline;
  /** Each front-end as clients reach it; the first has number 1. */
  frontends: readonly Peer[];
  /** Every request and what came of it. */
  operations: Operation[];
}

type Buy = Planned & PlannedAct & { kind: "buy"; client: number; frontend: number };
type Act = Planned & PlannedAct & { client: number; frontend: number };

export class Shoppers {
  readonly #options: ShoppersOptions;
  /** The highest order number that anybody was told. */
  #known = 0;
  #unanswered = 0;
  #buying = 0;
  /** No new tries of what is not known: the run is about to end. */
  isClosing = false;

  constructor(options: ShoppersOptions) {
    this.#options = options;
  }

  /** Requests without an answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Purchases whose buyer still asks. */
  get buying(): number {
    return this.#buying;
  }

  act(act: Act): void {
    if (act.kind === "buy") void this.#buy(act);
    else if (act.kind === "look") void this.look(act);
    else if (act.kind === "admin") void this.#change(act);
    else if (act.kind === "list") void this.#list(act.client, act.frontend, act.thread);
    else void this.#find(act.client, act.frontend, Math.max(1, this.#known + act.beyond));
  }

  async look(act: { client: number; frontend: number; name: string; thread: number }) {
    const { client, frontend, name, thread } = act;
    const query = `/product?name=${name}&thread=${thread}`;
    const { asked, answer } = await this.#ask({ client, frontend, path: query, body: null });
    const unknown = { quantity: NaN, version: NaN };
    const { quantity, version } = answer !== null && "quantity" in answer ? answer : unknown;
    this.#options.operations.push({ ...asked, kind: "product", name, quantity, version });
    return { status: asked.status, quantity };
  }

  /** One attempt. */
  async order(what: Pick<Buy, "client" | "frontend" | "key" | "name" | "quantity">) {
    const { client, frontend, key, name, quantity } = what;
    const body = { key, name, type: "buy", quantity };
    const { asked, answer } = await this.#ask({ client, frontend, path: "/orders", body });
    const told = answer !== null && "number" in answer ? answer : { number: null, replayed: false };
    const { number, replayed } = told;
    const isUntried = answer !== null && "isUntried" in answer && answer.isUntried;
    const operation: OrderOperation = {
      ...asked, kind: "order", key, name, quantity, number, replayed, isUntried,
    };
    this.#options.operations.push(operation);
    if (number !== null && number > this.#known) this.#known = number;
    return operation;
  }

  async #change(act: Act & { kind: "admin" }): Promise<void> {
    const { client, frontend, name, added } = act;
    const body = { name, added };
    const { asked, answer } = await this.#ask({ client, frontend, path: "/admin", body });
    const version = answer !== null && "version" in answer ? answer.version : NaN;
    const isUntried = answer !== null && "isUntried" in answer && answer.isUntried;
    this.#options.operations.push({ ...asked, kind: "admin", name, added, version, isUntried });
  }

  async #list(client: number, frontend: number, thread: number): Promise<void> {
    const path = `/products?thread=${thread}`;
    const { asked, answer } = await this.#ask({ client, frontend, path, body: null });
    const unknown = { products: [], version: NaN };
    const { products, version } = answer !== null && "products" in answer ? answer : unknown;
    this.#options.operations.push({ ...asked, kind: "list", products, version });
  }

  async #find(client: number, frontend: number, number: number): Promise<void> {
    const path = `/order?number=${number}`;
    const { asked, answer } = await this.#ask({ client, frontend, path, body: null });
    const found = answer !== null && "order" in answer ? answer.order : null;
    this.#options.operations.push({ ...asked, kind: "find", number, found });
  }

  async #buy(act: Buy): Promise<void> {
    this.#buying++;
    if (act.twin !== "") {
      const quantity = act.twin === "same" ? act.quantity : act.quantity + 1;
      void this.order({ ...act, frontend: this.#other(act.frontend), quantity });
    }
    let { frontend } = act;
    for (let tries = 1; !this.isClosing; tries++) {
      const attempt = this.order({ ...act, frontend });
      const operation = await Promise.race([attempt, this.pause(PATIENCE_MS)]);
      if (operation !== null && operation.status !== 503 && operation.status !== 0) break;
      if (act.once) break;
      frontend = this.#other(frontend);
      if (operation !== null) await this.pause(Math.min(tries, LONGER_MAX) * ASK_AGAIN_MS);
    }
    this.#buying--;
    if (act.looks) await this.look({ ...act, frontend: this.#other(frontend), thread: 0 });
    if (act.again === "same") await this.order({ ...act, frontend });
    if (act.again === "other") await this.order({ ...act, frontend, quantity: act.quantity + 1 });
  }

  #other(frontend: number): number {
    return (frontend % this.#options.frontends.length) + 1;
  }

  pause(ms: number): Promise<null> {
    const { timeline } = this.#options;
    return new Promise((resolve) => {
      timeline.schedule(timeline.nowMs + ms, () => resolve(null));
    });
  }

  async #ask(request: { client: number; frontend: number; path: string; body: object | null }) {
    const { timeline, frontends } = this.#options;
    const { client, frontend, path, body } = request;
    const peer = frontends[frontend - 1]!;
    const invokedMs = timeline.nowMs;
    const options = { timeoutMs: ANSWER_MAX_MS };
    this.#unanswered++;
    const asking: Promise<PublicAnswer> =
      body === null ? peer.get(path, options) : peer.post(path, body, options);
    const answer = await asking.catch(noAnswer);
    this.#unanswered--;
    const status = answer?.status ?? 0;
    const asked = {
      client, frontend, invokedMs, returnedMs: timeline.nowMs, status,
      isOwnError: status >= 400, hasRetryAfter: status === 503,
    };
    return { asked, answer };
  }
}

function noAnswer(error: unknown): null {
  if (error instanceof AppError) return null;
  throw error;
}
