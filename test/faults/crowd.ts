/**
 * Who uses the store while it is being broken: buyers with keys, who ask
 * again under the same key until they know, now and then once more although
 * they know, at another front-end, or twice at the same moment; readers;
 * people who look orders up, known ones and ones that are not there yet.
 *
 * Nobody waits for long: who is kept waiting goes to the other front-end, and
 * the answer is written down whenever it comes. So a front-end that sleeps
 * finds questions of every moment of its sleep when it wakes.
 */
import { setTimeout as pause } from "node:timers/promises";
import { createRandom } from "../../client/load/random.ts";
import type { Operation, OrderOperation } from "./history.ts";
import { type Ordering, Recorder } from "./recorder.ts";

/** Chances, of each purchase. */
const READ_AFTER = 0.3;
const REPLAY_AFTER = 0.08;
const OTHER_BODY_AFTER = 0.03;
const TWIN = 0.05;
const MOVE_ON = 0.1;
/** Half of all purchases are of these few products, so that they run out. */
const HOT_PRODUCTS = 3;
const QUANTITY_MAX = 4;
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

export interface CrowdOptions {
  urls: readonly string[];
  names: readonly string[];
  operations: Operation[];
  nowMs: () => number;
  seed: number;
  buyers: number;
  readers: number;
  finders: number;
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
    const { buyers, readers, finders } = options;
    for (let at = 0; at < buyers; at++) this.#begin((one) => this.#buy(one));
    for (let at = 0; at < readers; at++) this.#begin((one) => this.#read(one));
    for (let at = 0; at < finders; at++) this.#begin((one) => this.#find(one));
  }

  /** Everybody finishes what they are at, and goes. */
  async leave(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    await Promise.all(this.#recorders.map((recorder) => recorder.untilAnswered()));
    for (const recorder of this.#recorders) recorder.close();
  }

  #begin(live: (person: Person) => Promise<void>): void {
    const { urls, operations, nowMs, seed } = this.#options;
    const client = this.#recorders.length + 1;
    const recorder = new Recorder({ urls, operations, client, nowMs });
    this.#recorders.push(recorder);
    this.#loops.push(live(new Person(recorder, client, createRandom(seed, client))));
  }

  async #buy(person: Person): Promise<void> {
    const { names, buyPauseMs, seed } = this.#options;
    for (let turn = 1; !this.#isOver; turn++) {
      const name = names[person.below(person.chance(0.5) ? HOT_PRODUCTS : names.length)]!;
      const quantity = 1 + person.below(QUANTITY_MAX);
      const ordering = { name, quantity, key: `c${seed}.${person.client}.${turn}` };
      const answer = await this.#buyUntilKnown(person, ordering);
      if (answer !== null && answer.number !== null) {
        this.#known = Math.max(this.#known, answer.number);
        await this.#afterwards(person, ordering);
      }
      if (person.chance(MOVE_ON)) person.moveOn();
      await pause(buyPauseMs * person.random() * 2);
    }
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
    if (person.chance(READ_AFTER)) asked.push(recorder.product(person.any(), ordering.name));
    if (person.chance(REPLAY_AFTER)) asked.push(recorder.order(person.any(), ordering));
    if (person.chance(OTHER_BODY_AFTER)) {
      const other = { ...ordering, quantity: ordering.quantity + 1 };
      asked.push(recorder.order(person.any(), other));
    }
    await person.within(BUYER_PATIENCE_MS, Promise.all(asked));
  }

  async #read(person: Person): Promise<void> {
    const { names } = this.#options;
    const { recorder } = person;
    while (!this.#isOver) {
      const name = names[person.below(person.chance(0.5) ? HOT_PRODUCTS : names.length)]!;
      const asked: Promise<unknown> = person.chance(LISTS)
        ? recorder.list(person.any())
        : recorder.product(person.any(), name);
      await person.within(READER_PATIENCE_MS, asked);
      await pause(READ_PAUSE_MS * person.random() * 2);
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
