/**
 * Draws what the admin does in a run: prices and pieces, and products that come
 * and go. The plan is made before it is known what comes of it, so some of it
 * asks for what cannot be: that is to be refused.
 */
import type { InitialProduct } from "../../../catalog/state/products.ts";
import type { Traits } from "../../../shared/messages/messages.ts";
import type { Random } from "../random.ts";
import type { PlannedAct } from "./plan.ts";
import { MADE_TOPICS, type Newcomer } from "./wares.ts";

type AdminAct = PlannedAct & { kind: "admin" };

/** Of his changes each is of another price, and of other pieces, than all before. */
const FIRST_ADDED = 10;
const FIRST_PRICE = 100;
const TAKEN_AWAY = 0.3;
/** Where products come and go, share of changes by which one does. */
const COMES_OR_GOES = 0.4;
/** Share of those that are of a newcomer, and of the others that are of what is in demand. */
const OF_NEWCOMERS = 0.5;
const OF_THE_FIRST = 0.5;
/** What was there at first is mostly made again before anything else comes or goes. */
const COMES_BACK = 0.8;
/** Share that make what is there, or remove what is not, as far as the plan can know. */
const CONTRARY = 0.1;
/** Where there are ids, share of new products that ask for one which is another's. */
const TAKEN_ID = 0.15;
/** Where there are topics, share of new products whose topic is drawn anew. */
const OTHER_TOPICS = 0.6;
const MADE_WITH = [1, 3, 10];

export interface AdminScene {
  random: Random;
  /** Of topics. */
  listing: Random;
  products: readonly InitialProduct[];
  newcomers: readonly Newcomer[];
}

export class AdminDrawing {
  readonly #scene: AdminScene;
  /** Names of what is not there, if all that was drawn has come about. */
  readonly #gone: Set<string>;

  constructor(scene: AdminScene) {
    this.#scene = scene;
    this.#gone = new Set(scene.newcomers.map(({ name }) => name));
  }

  draw(nth: number): AdminAct {
    const { random, newcomers } = this.#scene;
    const comesOrGoes = newcomers.length > 0 && random.chance(COMES_OR_GOES);
    return comesOrGoes ? this.#comeOrGo(nth) : this.#change(nth);
  }

  #change(nth: number): AdminAct {
    const { random, products } = this.#scene;
    const sign = random.chance(TAKEN_AWAY) ? -1 : 1;
    const what = random.pick(["price", "added", "both"] as const);
    return {
      kind: "admin",
      does: "change",
      name: random.pick(products).name,
      price: what === "added" ? null : FIRST_PRICE + nth,
      added: what === "price" ? null : sign * (FIRST_ADDED + nth),
    };
  }

  #comeOrGo(nth: number): AdminAct {
    const { random, products } = this.#scene;
    const { name, traits = {} } = this.#product();
    const isContrary = random.chance(CONTRARY);
    if (this.#gone.has(name) === isContrary) {
      if (!isContrary) this.#gone.add(name);
      return { kind: "admin", does: "remove", name };
    }
    const made = { name, price: FIRST_PRICE + nth, added: random.pick(MADE_WITH) };
    const first = products[0]!;
    const hasIds = traits.id !== undefined;
    if (hasIds && name !== first.name && random.chance(TAKEN_ID)) {
      return { kind: "admin", does: "make", ...made, traits: { ...traits, id: first.traits!.id! } };
    }
    if (!isContrary) this.#gone.delete(name);
    return { kind: "admin", does: "make", ...made, traits: this.#madeWith(traits) };
  }

  /** Its own topic, or another one by now. */
  #madeWith(traits: Traits): Traits {
    const { listing } = this.#scene;
    if (traits.topic === undefined || !listing.chance(OTHER_TOPICS)) return traits;
    return { ...traits, topic: listing.pick(MADE_TOPICS) };
  }

  /** Of what the next coming or going is. */
  #product(): Newcomer {
    const { random, products, newcomers } = this.#scene;
    const missing = products.filter(({ name }) => this.#gone.has(name));
    if (missing.length > 0 && random.chance(COMES_BACK)) return missing[0]!;
    if (random.chance(OF_NEWCOMERS)) return random.pick(newcomers);
    return random.chance(OF_THE_FIRST) ? products[0]! : random.pick(products);
  }
}
