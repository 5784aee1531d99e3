/**
 * Who uses the simulated store: buyers with keys, who ask again under the same
 * key until they know, readers, and people who look orders up. They write down
 * what they asked and were told, and when, for the judge of histories
 * (test/checker/checker.ts), the same that judges real processes.
 *
 * Nobody waits for long: who is kept waiting goes on with another front-end,
 * and the answer is written down whenever it comes.
 */
import type { AdminChange } from "../../../shared/messages/admin.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import type { Store } from "../../../shared/stores/store.ts";
import type { AdminOperation, Operation, OrderOperation, Shown } from "../../checker/history.ts";
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
/** Of a product that was not shown, and of an order that was not made. */
const UNSHOWN = { price: NaN, quantity: NaN, volume: null };
const NO_ORDER = { number: null, replayed: false };

export interface ShoppersOptions {
  timeline: Timeline;
  store: Store;
  /** Each front-end as clients reach it; the first has number 1. */
  frontends: readonly Peer[];
  /** Every request and what came of it. */
  operations: Operation[];
}

type OrderAct = Planned & PlannedAct & { kind: "order"; client: number; frontend: number };
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
    if (act.kind === "order") void this.#order(act);
    else if (act.kind === "look") void this.look(act);
    else if (act.kind === "admin") void this.#change(act);
    else if (act.kind === "list") void this.#list(act);
    else void this.#find(act.client, act.frontend, Math.max(1, this.#known + act.beyond));
  }

  async look(act: Pick<Act & { kind: "look" }, "client" | "frontend" | "name" | "id" | "thread">) {
    const { client, frontend, id, thread } = act;
    const what = id === null ? `/product?name=${act.name}` : `/lookup?id=${id}`;
    const path = `${what}&thread=${thread}`;
    const { asked, answer } = await this.#ask({ client, frontend, path, body: null });
    const { products, version } = readIn(answer);
    const { name, price, quantity, volume } = products[0] ?? { ...UNSHOWN, name: act.name };
    this.#options.operations.push({
      ...asked, kind: "product", id, name, price, quantity, volume, version,
    });
    return { status: asked.status, shown: { name, price, quantity, volume } };
  }

  /** One attempt. */
  async order(
    what: Pick<OrderAct, "client" | "frontend" | "key" | "name" | "id" | "type" | "quantity">,
  ) {
    const { client, frontend, key, name, id, type, quantity } = what;
    const order = this.#hasTypes ? { name, type, quantity } : { name, quantity };
    const path = id === null ? "/orders" : "/buy";
    const body = id === null ? { key, order } : { key, id };
    const { asked, answer } = await this.#ask({ client, frontend, path, body });
    const told = answer !== null && "number" in answer ? answer : NO_ORDER;
    const operation: OrderOperation = {
      ...asked, kind: "order", key, name, type, quantity,
      number: told.number,
      replayed: told.replayed,
      lacked: answer !== null && "lacked" in answer ? answer.lacked : null,
      isUntried: isUntried(answer),
    };
    this.#options.operations.push(operation);
    const { number } = told;
    if (number !== null && number > this.#known) this.#known = number;
    return operation;
  }

  get #hasTypes(): boolean {
    return this.#options.store.orderTypes.length > 1;
  }

  async #change(act: Act & { kind: "admin" }): Promise<void> {
    const { client, frontend } = act;
    const { what, body } = asAdmin(act);
    const { asked, answer } = await this.#ask({ client, frontend, path: "/admin", body });
    const version = answer !== null && "version" in answer ? answer.version : NaN;
    const isSure = isUntried(answer);
    this.#options.operations.push({
      ...asked, kind: "admin", ...what, version, isUntried: isSure,
    });
  }

  async #list(act: Act & { kind: "list" }): Promise<void> {
    const { client, frontend, topic, byId, part, thread } = act;
    const { q, limit, after } = part;
    const of = Object.entries({ topic, q, after, by: byId ? "id" : null })
      .map(([name, value]) => value === null ? "" : `&${name}=${value}`).join("");
    const path = `/products?thread=${thread}&limit=${limit}${of}`;
    const { asked, answer } = await this.#ask({ client, frontend, path, body: null });
    const more = answer !== null && "more" in answer ? { more: answer.more } : {};
    const read = { ...readIn(answer), ...more };
    this.#options.operations.push({ ...asked, kind: "list", topic, byId, part, ...read });
  }

  async #find(client: number, frontend: number, number: number): Promise<void> {
    const path = `/order?number=${number}`;
    const { asked, answer } = await this.#ask({ client, frontend, path, body: null });
    const found = answer !== null && "order" in answer ? answer.order : null;
    this.#options.operations.push({ ...asked, kind: "find", number, found });
  }

  async #order(act: OrderAct): Promise<void> {
    this.#buying++;
    if (act.twin !== "") {
      const twin = act.twin === "same" ? act : this.#changed(act);
      void this.order({ ...twin, frontend: this.#other(act.frontend) });
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
    if (act.again === "other") await this.order({ ...this.#changed(act), frontend });
  }

  /** Something else under the same key: more of it, or the other way round. */
  #changed(act: OrderAct): OrderAct {
    if (!this.#hasTypes) return { ...act, id: null, quantity: act.quantity + 1 };
    return { ...act, type: act.type === "buy" ? "sell" : "buy" };
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

/** What the admin wants, for the history and for the catalog. */
function asAdmin(act: PlannedAct & { kind: "admin" }): {
  what: Pick<AdminOperation, "does" | "name" | "added" | "price">;
  body: AdminChange;
} {
  const { does, name } = act;
  if (does === "remove") {
    return {
      what: { does, name, added: null, price: null }, body: { kind: does, name, versions: null },
    };
  }
  const { added, price } = act;
  const what = { does, name, added, price };
  if (does === "make") {
    const { traits } = act;
    return { what, body: { kind: "create", name, quantity: act.added, price: act.price, traits } };
  }
  const set = { ...(added === null ? {} : { added }), ...(price === null ? {} : { price }) };
  return { what, body: { kind: "patch", name, versions: null, ...set } };
}

function isUntried(answer: PublicAnswer | null): boolean {
  return answer !== null && "isUntried" in answer && answer.isUntried;
}

/** What a look-up or a list was answered with. */
function readIn(answer: PublicAnswer | null): { products: readonly Shown[]; version: number } {
  if (answer === null || !("products" in answer)) return { products: [], version: NaN };
  const { products, version } = answer;
  return { products, version };
}

function noAnswer(error: unknown): null {
  if (error instanceof AppError) return null;
  throw error;
}
