/**
 * What members say to each other, forged: of the right shape, with ids, terms, indexes, sizes
 * and checksums that may be wrong, and rows that are cut, doubled or shuffled.
 */
import type { Random } from "../simulation/random.ts";
import type { Scene, Target } from "./input.ts";
import { drawBody } from "./json_bodies.ts";
import type { Draft } from "./requests.ts";

type Value = Record<string, unknown>;
type Call = (draw: Draws) => Value;

const GREATEST = Number.MAX_SAFE_INTEGER;
const ORDER_CALLS: Record<string, Call> = {
  "POST /orders": (draw) => ({ ...draw.arrival(), orders: draw.purchases() }),
  "POST /orders/find": (draw) => ({ numbers: draw.list(() => draw.count(3)) }),
};
const CATALOG_CALLS: Record<string, Call> = {
  "POST /fence": (draw) => ({ term: draw.term(), leader: draw.id() }),
  "POST /sales": (draw) => ({
    term: draw.term(), leader: draw.id(), session: draw.mark(), batch: draw.count(1),
    settled: draw.count(0), sales: draw.purchases(),
  }),
  "POST /lookups": (draw) => ({ names: draw.list(() => draw.name()), ...draw.reader() }),
  "POST /lists": (draw) => ({ lists: draw.list(() => draw.query()), ...draw.reader() }),
  "POST /names": (draw) => ({
    ids: draw.list(() => draw.count(1)), frontend: draw.id(), lease: draw.lease(),
  }),
  "POST /admin": (draw) => ({ ...draw.arrival(), ...draw.change() }),
  "POST /lease": (draw) => ({
    frontend: draw.id(), holds: draw.lease(), ...(draw.chance(0.2) ? { release: true } : {}),
  }),
};
const REPLICA_CALLS: Record<string, Call> = {
  "POST /replicate": (draw) => ({
    term: draw.term(), leader: draw.id(), prev: draw.position(), rows: draw.rows(),
    commit: draw.index(), round: draw.count(1), vouch: draw.chance(0.8) ? null : draw.mark(),
  }),
  "POST /vote": (draw) => ({
    term: draw.term(), candidate: draw.id(), ask: draw.chance(0.5),
    handover: draw.chance(0.6) ? null : draw.term(),
  }),
  "POST /lead": (draw) => (draw.chance(0.4) ? {} : { handover: draw.term() }),
};
const FRONTEND_CALLS: Record<string, Call> = {
  "POST /invalidate": (draw) => ({
    leadership: draw.mark(), names: draw.list(() => draw.name()), index: draw.index(),
    visible: draw.index(),
  }),
};
const CALLS = {
  order: { ...ORDER_CALLS, ...REPLICA_CALLS },
  catalog: { ...CATALOG_CALLS, ...REPLICA_CALLS },
  frontend: FRONTEND_CALLS,
};

export function drawMessage(random: Random, scene: Scene, target: Target): Draft {
  const draw = new Draws(random, scene, target);
  const headers: [string, string][] = [...drawSecret(random, scene, target)];
  if (random.chance(0.2)) {
    const method = random.chance(0.9) ? "GET" : "HEAD";
    return { method, path: draw.queryPath(), headers, body: null };
  }
  // Now and then one that is another member's.
  const calls = random.chance(0.95) ? CALLS[target.kind] : { ...CALLS.order, ...CALLS.catalog };
  const [kind, fields] = random.pick(Object.entries<Call>(calls));
  const [method = "", path = ""] = kind.split(" ");
  const body = random.chance(0.7)
    ? Buffer.from(JSON.stringify(fields(draw)))
    : drawBody(random, fields(draw));
  return { method, path, headers: [...headers, ["Content-Type", "application/json"]], body };
}

/** Without it, all that comes near it; with it, the right one nearly always. */
function drawSecret(random: Random, scene: Scene, { door }: Target): [string, string][] {
  const { secret, birth } = scene;
  if (door === "secret") {
    return [["Authorization", `Bearer ${secret}`], ["Store-Birth", birth]];
  }
  return random.pick<[string, string][]>([
    [],
    [["Store-Birth", birth]],
    [["Authorization", `Bearer ${secret}`], ["Store-Birth", `${birth}x`]],
    [["Authorization", `Bearer ${secret}`]],
    [["Authorization", `Bearer ${secret.slice(0, -1)}x`], ["Store-Birth", birth]],
    [["Authorization", `bearer ${secret}`], ["Store-Birth", birth]],
    [["Authorization", secret], ["Store-Birth", birth]],
    [["Authorization", `Bearer ${secret} `.repeat(2)], ["Store-Birth", birth]],
    [["Authorization", "Bearer "], ["Store-Birth", birth]],
  ]);
}

/** Values of the fields: what would be right, or next to it, or far from it. */
class Draws {
  readonly #random: Random;
  readonly #scene: Scene;
  readonly #target: Target;

  constructor(random: Random, scene: Scene, target: Target) {
    this.#random = random;
    this.#scene = scene;
    this.#target = target;
  }

  chance(probability: number): boolean {
    return this.#random.chance(probability);
  }

  term(): number {
    const { term } = this.#target;
    return this.#random.pick([
      term, term, term, term + 1, term + 1, term - 1, 0, -1, 1.5, term + 2, term + 1_000_000,
      term + 1_000_001, 2 ** 31, 2 ** 32, GREATEST, GREATEST - 1,
    ]);
  }

  index(): number {
    const { lastIndex, commit } = this.#target;
    return this.#random.pick([
      lastIndex, lastIndex, lastIndex + 1, lastIndex - 1, commit, commit + 1, 0, 1, -1, GREATEST,
      2 ** 32, 0.5,
    ]);
  }

  id(): number {
    const { id, leader } = this.#target;
    return this.#random.pick([leader, leader, id, 1, 2, 3, 4, 9, 10, 0, -1, 1.5, GREATEST]);
  }

  count(least: number): number {
    return this.#random.pick([least, least + 1, least + 1, 5, 1_000, GREATEST, least - 1, 1e15]);
  }

  list<T>(item: () => T): T[] {
    const size = this.#random.chance(0.95) ? this.#random.below(4) : this.#random.below(1_200);
    return Array.from({ length: size }, item);
  }

  name(): string {
    return this.#random.pick([
      ...this.#scene.names, "Fuzz-1", "", "=1+1", "a,b\"c", "a\nb", "__proto__", "x".repeat(128),
      "\0", "\ud800", "constructor",
    ]);
  }

  mark(): string {
    const { term } = this.#target;
    return this.#random.pick(["", "x", `${term}.0`, `${term}.1`, "m".repeat(64), "m".repeat(129)]);
  }

  lease(): Value | null {
    return this.chance(0.5) ? null : { leadership: this.mark(), number: this.count(1) };
  }

  arrival(): Value {
    return { term: this.term(), sender: this.mark(), batch: this.count(1) };
  }

  reader(): Value {
    const reads = this.chance(0.7) ? {} : { reads: { least: this.index(), visible: this.index() } };
    return { frontend: this.id(), lease: this.lease(), ...reads };
  }

  query(): Value {
    const by = this.chance(0.8) ? {} : { by: "id" };
    const text = () => (this.chance(0.6) ? null : this.name());
    return { topic: text(), q: text(), limit: this.count(1), after: text(), ...by };
  }

  purchases(): Value[] {
    return this.list(() => ({
      key: this.#random.pick([`key-${this.#random.below(300)}`, "~a", "", "a b", "k".repeat(256)]),
      name: this.name(), type: this.#random.pick(["buy", "buy", "sell", "lend"]),
      quantity: this.count(1),
    }));
  }

  change(): Value {
    const name = this.#random.pick(["Fuzz-1", "Fuzz-2", "", "=1", "a\nb", "\0"]);
    const versions = this.chance(0.7) ? null : this.list(() => this.index());
    switch (this.#random.below(4)) {
      case 0: return { kind: "patch", name, versions, added: this.count(-2) };
      case 1: return { kind: "patch", name, versions, price: 1.5, quantity: this.count(0) };
      case 2: return { kind: "remove", name, versions };
      default: return {
        kind: "create", name, price: 2, quantity: this.count(0),
        traits: this.chance(0.7) ? {} : { id: this.count(1), topic: this.name(), max_volume: 5 },
      };
    }
  }

  position(): Value {
    const { lastIndex, term, checksum } = this.#target;
    if (this.chance(0.5)) return { index: lastIndex, term, checksum };
    const wrong = () => this.#random.pick([checksum, 0, 2 ** 32, 2 ** 32 - 1, -1, 1]);
    return { index: this.index(), term: this.term(), checksum: wrong() };
  }

  rows(): string {
    const { rows } = this.#target;
    const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
    const whole = text(rows);
    switch (this.#random.below(8)) {
      case 0: return whole;
      case 1: return whole.slice(0, this.#random.below(whole.length + 1));
      case 2: return whole.slice(this.#random.below(whole.length + 1));
      case 3: return text(rows.toReversed());
      case 4: return text([...rows, ...rows]);
      case 5: return whole.replace(/\d/, "7").replaceAll(",", this.chance(0.5) ? ";" : ",");
      default: return "";
    }
  }

  queryPath(): string {
    const { checksum } = this.#target;
    switch (this.#random.below(5)) {
      case 0: return `/log?after=${this.index()}&after_term=${this.term()}&checksum=${checksum}` +
        `&term=${this.term()}&reader=${this.id()}`;
      case 1: return `/checkpoint?offset=${this.count(0)}&term=${this.term()}&reader=${this.id()}`;
      case 2: return `/health?at=${this.index()}`;
      case 3: return this.#random.pick([
        "/log", "/checkpoint", "/log?after=x", "/log?after=1&after=2",
        "/checkpoint?offset=&term=&reader=", "/health?at=", "/health?x=1", "/health?at=1e999",
      ]);
      default: return this.#random.pick(["/health", "/livez", "/livez?x"]);
    }
  }
}
