/**
 * Who uses the store while it is being broken: buyers with keys, who ask
 * again under the same key until they know, now and then once more although
 * they know, at another front-end, or twice at the same moment; readers;
 * people who look orders up, known ones and ones that are not there yet; an
 * admin, who asks for each of his changes once.
 *
 * Nobody waits for long: who is kept waiting goes to the other front-end, and
 * the answer is written down whenever it comes. So a front-end that sleeps
 * finds questions of every moment of its sleep when it wakes.
 */
import { setTimeout as pause } from "node:timers/promises";
import { createRandom } from "../../client/load/random.ts";
import type { OrderOperation } from "../checker/history.ts";
import { type Ordering, Recorder, type RecorderOptions } from "./recorder.ts";
import { HOT_PRODUCTS, type Ware } from "./products.ts";

/** Chances, of each purchase. */
const READ_AFTER = 0.3;
const REPLAY_AFTER = 0.08;
const OTHER_BODY_AFTER = 0.03;
const TWIN = 0.05;
const MOVE_ON = 0.1;
/** Half of all purchases are of the few products in demand, so that they run out. */
const HOT = 0.5;
const QUANTITY_MAX = 4;
/** Where things are sold back, too. */
const BUYS = 0.6;
/** Of those who buy or look at what has an id. */
const BY_ID = 0.6;
const CHANGE_PAUSE_MS = 60;
/** The admin's first price: above all that there are at first. */
const FIRST_PRICE = 1_000;
const ASK_AGAIN_MS = 25;
/** Longer than a change of leader. */
const BUYER_PATIENCE_MS = 800;
const READER_PATIENCE_MS = 100;
/** Of one person; a store that answers nobody gets no more. */
const UNANSWERED_MAX = 30;
const READ_PAUSE_MS = 6;
/** Of what a reader asks for. */
const LISTS = 0.1;
const FIND_PAUSE_MS = 10;

export interface CrowdOptions extends Omit<RecorderOptions, "client"> {
  /** By name. */
  wares: readonly Ware[];
  seed: number;
  buyers: number;
  readers: number;
  finders: number;
  admins: number;
  /** Between two purchases of a buyer. */
  buyPauseMs: number;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #recorders: Recorder[] = [];
  readonly #loops: Promise<void>[] = [];
  #isOver = false;
  /** The highest order number that anybody was told. */
  #known = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    const { buyers, readers, finders, admins } = options;
    for (let at = 0; at < buyers; at++) this.#begin((one) => this.#buy(one));
    for (let at = 0; at < readers; at++) this.#begin((one) => this.#read(one));
    for (let at = 0; at < finders; at++) this.#begin((one) => this.#find(one));
    for (let at = 0; at < admins; at++) this.#begin((one) => this.#administer(one));
  }

  /** Everybody finishes what they are at, and goes. */
  async leave(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    await Promise.all(this.#recorders.map((recorder) => recorder.retryUntil()));
    for (const recorder of this.#recorders) recorder.close();
  }

  #begin(live: (person: Person) => Promise<void>): void {
    const { seed, wares: _wares, ...options } = this.#options;
    const client = this.#recorders.length + 1;
    const recorder = new Recorder({ ...options, client });
    this.#recorders.push(recorder);
    this.#loops.push(live(new Person(recorder, client, createRandom(seed, client))));
  }

  async #buy(person: Person): Promise<void> {
    const { buyPauseMs, seed } = this.#options;
    for (let turn = 1; !this.#isOver; turn++) {
      const ordering = this.#drawOrder(person, `c${seed}.${person.client}.${turn}`);
      const answer = await this.#buyUntilKnown(person, ordering);
      if (answer !== null && answer.number !== null) {
        this.#known = Math.max(this.#known, answer.number);
        await this.#afterwards(person, ordering);
      }
      if (person.chance(MOVE_ON)) person.moveOn();
      await pause(buyPauseMs * person.random() * 2);
    }
  }

  #drawOrder(person: Person, key: string): Ordering {
    const { orderTypes } = this.#options.store;
    const { name, id } = this.#drawWare(person);
    const type = orderTypes.length === 1 || person.chance(BUYS) ? "buy" : "sell";
    const quantity = 1 + person.below(QUANTITY_MAX);
    return { name, id, type, quantity: id === null ? quantity : 1, key };
  }

  /** With its id when it is to be asked for by that. */
  #drawWare(person: Person): Ware {
    const { wares } = this.#options;
    const ware = wares[person.below(person.chance(HOT) ? HOT_PRODUCTS : wares.length)]!;
    return person.chance(BY_ID) ? ware : { ...ware, id: null };
  }

  /** Null when the run was over before the outcome was known. */
  async #buyUntilKnown(person: Person, ordering: Ordering): Promise<OrderOperation | null> {
    const { recorder } = person;
    if (recorder.frontends > 1 && person.chance(TWIN)) {
      void recorder.order(person.other(), ordering);
    }
    for (;;) {
      const asked = recorder.order(person.frontend, ordering);
      const answer = await person.within(BUYER_PATIENCE_MS, asked);
      if (answer !== null && answer.status !== 0 && answer.status !== 503) return answer;
      if (this.#isOver) return null;
      person.moveOn();
      await pause(ASK_AGAIN_MS);
    }
  }

  async #afterwards(person: Person, ordering: Ordering): Promise<void> {
    const { recorder } = person;
    const asked: Promise<unknown>[] = [];
    const ware = { ...ordering, topic: null };
    if (person.chance(READ_AFTER)) asked.push(recorder.product(person.any(), ware));
    if (person.chance(REPLAY_AFTER)) asked.push(recorder.order(person.any(), ordering));
    if (person.chance(OTHER_BODY_AFTER)) {
      const other = { ...ordering, id: null, quantity: ordering.quantity + 1 };
      asked.push(recorder.order(person.any(), other));
    }
    await person.within(BUYER_PATIENCE_MS, Promise.all(asked));
  }

  async #read(person: Person): Promise<void> {
    const { recorder } = person;
    while (!this.#isOver) {
      const ware = this.#drawWare(person);
      const byId = ware.id !== null;
      const topic = person.chance(0.5) ? ware.topic : null;
      const asked: Promise<unknown> = person.chance(LISTS)
        ? recorder.list(person.any(), { topic, byId })
        : recorder.product(person.any(), ware);
      await person.within(READER_PATIENCE_MS, asked);
      await pause(READ_PAUSE_MS * person.random() * 2);
    }
  }

  /** No price and no number of pieces twice. */
  async #administer(person: Person): Promise<void> {
    const { wares } = this.#options;
    for (let turn = 1; !this.#isOver; turn++) {
      const ware = wares[person.below(wares.length)]!;
      const wish = ware.id !== null && turn % 2 === 0
        ? { price: null, added: turn } : { price: FIRST_PRICE + turn, added: null };
      await person.within(READER_PATIENCE_MS, person.recorder.change(person.any(), ware, wish));
      await pause(CHANGE_PAUSE_MS * person.random() * 2);
    }
  }

  async #find(person: Person): Promise<void> {
    for (let turn = 1; !this.#isOver; turn++) {
      // Around the latest order: just committed, just not yet.
      const near = Math.max(1, this.#known - 2 + person.below(5));
      const number = person.chance(0.6) ? near : 1 + person.below(Math.max(1, this.#known));
      const { recorder } = person;
      await person.within(READER_PATIENCE_MS, recorder.find(person.any(), number));
      if (turn % 8 === 0) {
        await person.within(READER_PATIENCE_MS, recorder.leader(person.any()));
      }
      await pause(FIND_PAUSE_MS * person.random() * 2);
    }
  }
}

/** A client with a front-end it is used to and chances of its own. */
class Person {
  readonly recorder: Recorder;
  readonly client: number;
  readonly random: () => number;
  frontend: number;

  constructor(recorder: Recorder, client: number, random: () => number) {
    this.recorder = recorder;
    this.client = client;
    this.random = random;
    this.frontend = 1 + (client % recorder.frontends);
  }

  /** Null when it takes longer; whoever has much outstanding waits all the same. */
  async within<T>(patienceMs: number, asked: Promise<T>): Promise<T | null> {
    if (this.recorder.unanswered > UNANSWERED_MAX) return asked;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), patienceMs);
    });
    const answer = await Promise.race([asked, enough]);
    clearTimeout(timer);
    return answer;
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  any(): number {
    return 1 + this.below(this.recorder.frontends);
  }

  other(): number {
    return 1 + (this.frontend % this.recorder.frontends);
  }

  moveOn(): void {
    this.frontend = this.other();
  }
}
