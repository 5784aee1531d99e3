/** Draws what people do in a run: who buys, looks up and lists what, and when; and the admin. */
import type { InitialProduct } from "../../../catalog/state/products.ts";
import { PAGE_ITEMS_MAX } from "../../../shared/limits.ts";
import type { OrderType } from "../../../shared/messages/messages.ts";
import type { ListedPart } from "../../checker/history.ts";
import type { Random } from "../random.ts";
import type { Climate } from "./climate.ts";
import type { Planned, Sizes } from "./plan.ts";
import { AdminDrawing } from "./plan_admin.ts";
import { ASKED_TOPICS, PARTS, STORES, type Newcomer, type StoreName } from "./wares.ts";

export interface Scene {
  random: Random;
  /** Of what lists are asked for, and of topics that change. */
  listing: Random;
  sizes: Sizes;
  climate: Climate;
  store: StoreName;
  products: readonly InitialProduct[];
  newcomers: readonly Newcomer[];
}

const CLIENTS = 6;
/** Of those who change what is sold: nobody else's answers are theirs. */
const ADMIN = 1_000;
/** So many at once that their rows fill more than a sector. */
const RUSH = 20;
/** Share of purchases and look-ups of a book that name its id. */
const BY_ID = 0.5;
const TWINS = ["", "", "", "", "", "", "", "", "same", "same", "other"] as const;
const AGAIN = ["", "", "", "", "same", "other"] as const;

export function drawActs(scene: Scene): Planned[] {
  return new Drawing(scene).acts();
}

class Drawing {
  readonly #scene: Scene;
  readonly #types: readonly OrderType[];
  readonly #hasIds: boolean;
  /** What people ask for, whether it is there or not. */
  #asked: readonly Newcomer[];
  #orders = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#asked = scene.products;
    const { orderTypes, columns } = STORES[scene.store];
    this.#types = orderTypes;
    this.#hasIds = columns.includes("id");
  }

  acts(): Planned[] {
    const { random, climate } = this.#scene;
    const everyMs = {
      order: random.pick(climate.buyEveryMs),
      read: random.pick(climate.lookEveryMs),
      change: random.pick(climate.adminEveryMs),
    };
    // Books have one always, or they would soon be sold out.
    const hasAdmin = this.#hasIds || random.chance(climate.admins);
    if (hasAdmin) this.#asked = [...this.#scene.products, ...this.#scene.newcomers];
    const acts = [
      ...this.#atTimes(everyMs.order, (atMs) => this.#rush(atMs)),
      ...this.#atTimes(everyMs.read, (atMs) => [this.#read(atMs)]),
      ...this.#atTimes(climate.findEveryMs, (atMs) => [this.#find(atMs)]),
    ];
    if (!hasAdmin) return acts;
    const admin = new AdminDrawing(this.#scene);
    const change = (atMs: number, nth: number) => [this.#change(admin, atMs, nth)];
    return [...acts, ...this.#atTimes(everyMs.change, change)];
  }

  #atTimes(everyMs: number, draw: (atMs: number, nth: number) => Planned[]): Planned[] {
    const { random, climate } = this.#scene;
    const acts: Planned[] = [];
    let atMs = random.around(everyMs);
    for (let nth = 0; atMs < climate.faultsMs; nth++, atMs += random.around(everyMs)) {
      acts.push(...draw(atMs, nth));
    }
    return acts;
  }

  #rush(atMs: number): Planned[] {
    const { random, climate } = this.#scene;
    const size = random.chance(climate.rushes) ? RUSH : 1;
    return Array.from({ length: size }, () => this.#order(atMs));
  }

  #order(atMs: number): Planned {
    const { random, climate } = this.#scene;
    const { client, frontend } = this.#somebody();
    const { name, id } = this.#product();
    return {
      atMs,
      client,
      frontend,
      kind: "order",
      key: `k${++this.#orders}`,
      name,
      id,
      type: this.#types.length > 1 ? random.pick(this.#types) : this.#types[0]!,
      quantity: id === null ? 1 + random.below(3) : 1,
      twin: random.pick(TWINS),
      again: random.pick(AGAIN),
      once: random.chance(climate.once),
      looks: random.chance(0.3),
    };
  }

  #read(atMs: number): Planned {
    const { random, climate } = this.#scene;
    const { client, frontend } = this.#somebody();
    const { name, id } = this.#product();
    const thread = random.chance(climate.sameThread) ? 0 : random.below(2);
    const isList = random.chance(climate.lists);
    if (!isList) return { atMs, client, frontend, kind: "look", name, id, thread };
    const byId = this.#hasIds && random.chance(BY_ID);
    const topic = this.#hasIds ? random.pick(ASKED_TOPICS) : null;
    return { atMs, client, frontend, kind: "list", topic, byId, part: this.#part(byId), thread };
  }

  /** Of a list; most often all of it. */
  #part(byId: boolean): ListedPart {
    const { listing } = this.#scene;
    const limit = listing.chance(0.6) ? PAGE_ITEMS_MAX : 1 + listing.below(3);
    const { name, traits } = listing.pick(this.#asked);
    const after = listing.chance(0.8) ? null : byId ? String(traits!.id) : name;
    return { q: listing.pick(PARTS), limit, after };
  }

  #find(atMs: number): Planned {
    const beyond = this.#scene.random.below(4) - 2;
    return { atMs, ...this.#somebody(), kind: "find", beyond };
  }

  #change(admin: AdminDrawing, atMs: number, nth: number): Planned {
    const { frontend } = this.#somebody();
    return { atMs, client: ADMIN + nth, frontend, ...admin.draw(nth) };
  }

  #somebody() {
    const { random, sizes } = this.#scene;
    return { client: 1 + random.below(CLIENTS), frontend: 1 + random.below(sizes.frontends) };
  }

  #product() {
    const { random, climate, products } = this.#scene;
    const { name, traits } = random.chance(climate.hot) ? products[0]! : random.pick(this.#asked);
    const isById = this.#hasIds && random.chance(BY_ID);
    return { name, id: isById ? traits!.id! : null };
  }
}
