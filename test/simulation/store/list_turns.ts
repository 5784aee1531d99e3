/**
 * A catalog's lists take several turns of its event loop, and in a simulated
 * store there is time between two of them: the clock that a catalog gets lets
 * what is due at once wait for a while. What becomes of the catalog meanwhile
 * is counted, for a run that met none of it has proved nothing about lists
 * that are found beside sales.
 */
import { readRow } from "../../../catalog/state/rows.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { ReplicatedService } from "../../../shared/replication/replicated_service.ts";
import type { ListAnswer, ReplicaHealth } from "../../../shared/messages/messages.ts";
import type { Random } from "../random.ts";
import type { Machine } from "./machine.ts";
import type { Plan } from "./plan.ts";
import type { CommittedPayload } from "./witness.ts";

/**
 * What a big run must have met of them. A checkpoint that is taken over is met in one of some
 * thousand runs, or of some fifty about lists: there its planted bug must be found.
 */
export const LISTS_MET = [
  ...[
    "sale", "restock", "stock", "price", "product", "remove", "another topic", "leadership lost",
    "death",
  ].map(between),
  "lists side by side",
  "list refused: too many before it",
];

/** Of what is asked here, so much as a catalog has. */
interface Watched {
  readonly leading: boolean;
  readonly term: number;
  handle(kind: string, body: unknown): Promise<object>;
}

export interface ListTurnsOptions {
  plan: Pick<Plan, "listTurnMs" | "products" | "newcomers">;
  machine: Machine;
  random: Random;
  /** Rows of the catalogs' log that are committed. */
  rows: () => Iterable<CommittedPayload>;
  count: (name: string) => void;
}

/** What one catalog is like in between. */
interface Moment {
  health: Promise<ReplicaHealth>;
  ledTerm: number | null;
  restored: number;
}

/** Of one life of one catalog. */
export class ListTurns {
  readonly clock: Clock;
  readonly #options: ListTurnsOptions;
  #catalog: Watched | null = null;
  #waiting = 0;
  #underWay = 0;
  #restored = 0;

  constructor(options: ListTurnsOptions) {
    this.#options = options;
    const { clock, process } = options.machine;
    this.clock = {
      monotonicMs: () => clock.monotonicMs(),
      timestamp: () => clock.timestamp(),
      every: (periodMs, call) => clock.every(periodMs, call),
      after: (delayMs, call) => delayMs > 0 ? clock.after(delayMs, call) : this.#later(clock, call),
    };
    options.machine.onDeath(() => {
      if (this.#waiting > 0 && options.machine.process === process) this.#met("death");
      this.#waiting = 0;
    });
  }

  /** Known before the first list. */
  attach(catalog: Watched): void {
    this.#catalog = catalog;
  }

  /** Of a service that nobody has called yet. */
  watch(service: ReplicatedService): ReplicatedService {
    const restore = service.restore?.bind(service);
    if (restore === undefined) return service;
    return {
      ...service,
      restore: (text, index) => {
        this.#restored++;
        restore(text, index);
      },
    };
  }

  /** A POST /lists. */
  async list(answer: Promise<object>): Promise<object> {
    const { count } = this.#options;
    this.#underWay++;
    if (this.#underWay > 1) count("lists side by side");
    try {
      const { results } = (await answer) as ListAnswer;
      if (results.includes(null)) count("list refused: too many before it");
      return answer;
    } finally {
      this.#underWay--;
    }
  }

  #later(clock: Clock, call: () => void): () => void {
    const { random, plan } = this.#options;
    const before = this.#look();
    this.#waiting++;
    return clock.after(Math.floor(random.around(plan.listTurnMs)), () => {
      this.#waiting--;
      void this.#compare(before, this.#look());
      call();
    });
  }

  #look(): Moment {
    const { leading, term, handle } = this.#catalog!;
    const health = handle.call(this.#catalog, "GET /health", {}) as Promise<ReplicaHealth>;
    return { health, ledTerm: leading ? term : null, restored: this.#restored };
  }

  async #compare(before: Moment, after: Moment): Promise<void> {
    if (before.ledTerm !== null && after.ledTerm !== before.ledTerm) this.#met("leadership lost");
    if (after.restored > before.restored) this.#met("checkpoint taken over");
    const first = visibleIn(await before.health);
    const last = visibleIn(await after.health);
    if (last === first) return;
    for (const { index, payload } of this.#options.rows()) {
      if (index > first && index <= last) this.#noteRow(payload);
    }
  }

  /** It became visible. */
  #noteRow(payload: string): void {
    const row = readRow(payload);
    if (row.kind === "open" || row.kind === "fence") return;
    this.#met(row.kind);
    const { products, newcomers } = this.#options.plan;
    if (row.kind !== "product") return;
    const own = [...products, ...newcomers].find(({ name }) => name === row.name);
    if (own?.traits?.topic?.toLowerCase() !== row.traits.topic?.toLowerCase()) {
      this.#met("another topic");
    }
  }

  #met(what: string): void {
    this.#options.count(between(what));
  }
}

function between(what: string): string {
  return `between two turns of a list: ${what}`;
}

function visibleIn({ details }: ReplicaHealth): number {
  return details.visible as number;
}
