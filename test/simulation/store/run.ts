/**
 * One run of the whole store by its plan. First faults rain while people buy
 * and look up, and nothing wrong may happen; then all is mended, and the store
 * has to go on within known bounds, or it was safe by doing nothing. At the
 * end everybody's answers are judged by the rules that also judge real
 * processes (test/checker/checker.ts).
 */
import { readRow } from "../../../catalog/state/rows.ts";
import { isOpening, parseOrder } from "../../../order/order_row.ts";
import {
  CHECKPOINT_NAME, type Checkpoint,
} from "../../../shared/replication/storage/checkpoint_file.ts";
import { LOG_NAME } from "../../../shared/replication/storage/log_file.ts";
import type {
  History, JournalRow, LoggedOrder, Operation,
} from "../../checker/history.ts";
import { judge } from "../../checker/checker.ts";
import { STOCK_RULES } from "../../checker/rules/stock_rules.ts";
import { Random } from "../random.ts";
import { countAnswer, kindOfRun } from "./coverage.ts";
import { Faults } from "./faults.ts";
import { comparable } from "./log_texts.ts";
import { Network } from "./network.ts";
import type { Plan, Planned } from "./plan.ts";
import { Shoppers } from "./shoppers.ts";
import { Timeline } from "./timeline.ts";
import { Town } from "./town.ts";
import { Violation } from "./violation.ts";
import { initialsOf, STORES } from "./wares.ts";
import { Witness } from "./witness.ts";
import { Machine } from "./machine.ts";

/** From the first start to the first sale: each flush of it may take two seconds. */
const READY_MAX_MS = 30_000;
/** From the last fault to quiet and equal logs. */
const SETTLE_MAX_MS = 15_000;
/** Longer than a front-end keeps a buyer waiting. */
const ANSWERED_MAX_MS = 8_000;
const POLL_MS = 20;
/** Does not hold in the middle of a restock: it is looked at so often. */
const HOLDS_SOON = STOCK_RULES[16]!.promise;
const JUDGED_MAX = 10;
const PEOPLE = "people";

export interface RunOptions {
  /** What was met, by name, is added here. */
  counts: Map<string, number>;
  /** Gets what happens, in words. */
  trace?: (line: string) => void;
  /** Gets each message between members, and of buyers, as it leaves. */
  messages?: (line: string) => void;
  /** Called when all is mended: a test of the run itself breaks what no fault breaks. */
  meddle?: (parts: { town: Town; operations: Operation[] }) => void;
}

/** @throws Violation */
export async function play(plan: Plan, options: RunOptions): Promise<void> {
  await new Run(plan, options).play();
}

class Run {
  readonly #plan: Plan;
  readonly #timeline = new Timeline();
  readonly #network: Network;
  readonly #witness: Witness;
  readonly #town: Town;
  readonly #faults: Faults;
  readonly #shoppers: Shoppers;
  readonly #operations: Operation[] = [];
  /** As they were when they were equal: restocks go on, and not all disks are as fast. */
  #logs: History["logs"] = [];
  readonly #count: (name: string) => void;
  readonly #meddle: RunOptions["meddle"];

  constructor(plan: Plan, { counts, trace, messages, meddle }: RunOptions) {
    this.#plan = plan;
    this.#meddle = meddle;
    const timeline = this.#timeline;
    const count = (name: string): void => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    };
    this.#count = count;
    const say = trace ?? null;
    // Streams of chance of their own: one that is asked more often moves no other.
    const random = (stream: number) => new Random(plan.seed * 8 + stream);
    const { weather } = plan;
    const network = { timeline, weather, random: random(1), count, people: PEOPLE };
    this.#network = new Network({ ...network, trace: messages ?? null });
    const { orders, orderQuorum } = plan.sizes;
    this.#witness = new Witness({ order: 2 * orderQuorum > orders, catalog: true });
    const parts = { plan, timeline, network: this.#network, count, trace: say };
    this.#town = new Town({ ...parts, witness: this.#witness, random: random(2) });
    this.#faults = new Faults({ ...parts, town: this.#town, random: random(3) });
    const people = new Machine({ name: PEOPLE, timeline, rate: 1 });
    this.#shoppers = new Shoppers({
      timeline,
      store: STORES[plan.store],
      frontends: this.#town
        .of("frontend")
        .map(({ machine }) => this.#network.connect(people, machine.name)),
      operations: this.#operations,
    });
  }

  async play(): Promise<void> {
    const { homes } = this.#town;
    const { store, sizes } = this.#plan;
    this.#count(kindOfRun(store, sizes.catalogs, sizes.frontends));
    for (const home of homes) this.#town.start(home);
    await this.#untilOr("the store gets ready", READY_MAX_MS, () => this.#isReady());
    const startMs = this.#timeline.nowMs;
    for (const event of this.#plan.events) this.#expect(event, startMs);
    this.#network.isFaulty = true;
    await this.#runFor(this.#plan.faultsMs);
    this.#network.isFaulty = false;
    this.#faults.mend();
    this.#meddle?.({ town: this.#town, operations: this.#operations });
    await this.#demandProgress();
    await this.#judge();
  }

  #expect(event: Planned, startMs: number): void {
    this.#timeline.schedule(startMs + event.atMs, () => {
      if ("client" in event) this.#shoppers.act(event);
      else this.#faults.strike(event);
    });
  }

  /** Everybody knows who leads. */
  #isReady(): boolean {
    return this.#town.leader("order") !== null && this.#town.homes.every(({ running }) => running);
  }

  async #demandProgress(): Promise<void> {
    const { sizes, products } = this.#plan;
    const { name } = products.at(-1)!;
    // A planned stop may have begun with the last fault.
    await this.#untilOr("who stopped is there again", SETTLE_MAX_MS, () => {
      return this.#town.homes.every(({ isStopping }) => !isStopping);
    });
    for (let frontend = 1; frontend <= sizes.frontends; frontend++) {
      let isSold = false;
      const buyer = { client: 0, frontend, key: `last${frontend}` };
      const what = { ...buyer, name, id: null, type: "buy", quantity: 1 } as const;
      const buy = async (): Promise<void> => {
        for (;;) {
          const { status } = await this.#shoppers.order(what);
          isSold = status !== 503 && status !== 0;
          if (isSold) return;
          await this.#shoppers.pause(POLL_MS);
        }
      };
      void buy();
      await this.#untilOr(`front-end ${frontend} sells again`, SETTLE_MAX_MS, () => isSold);
    }
    await this.#untilOr("all purchases come to an end", SETTLE_MAX_MS, () => {
      return this.#shoppers.buying === 0;
    });
    await this.#untilOr("all are answered", ANSWERED_MAX_MS, () => {
      return this.#shoppers.unanswered === 0;
    });
    // One whose answer was lost at the end of the faults is asked for again only after a while.
    await this.#untilOr("every sale has its order", SETTLE_MAX_MS, () => {
      return 2 * sizes.orderQuorum <= sizes.orders || this.#areOrdered();
    });
    await this.#untilOr("the logs of a group are equal", SETTLE_MAX_MS, () => this.#areEqual());
  }

  #areOrdered(): boolean {
    const sales = this.#journal().filter(({ kind }) => kind === "sale").length;
    return this.#orders().length >= sales;
  }

  #areEqual(): boolean {
    this.#logs = this.#readLogs();
    return this.#logs.every(({ group, digest }, _at, logs) => {
      return logs.every((other) => other.group !== group || other.digest === digest);
    });
  }

  /** What is compared of the log files: their texts are their own digests. */
  #readLogs(): History["logs"] {
    return (["order", "catalog"] as const).flatMap((group) => {
      const logs = this.#town.of(group).map(({ machine, disk }) => {
        const kept = disk!.textOf(CHECKPOINT_NAME);
        const checkpoint = kept === null ? null : JSON.parse(kept) as Checkpoint;
        return { member: machine.name, text: disk!.textOf(LOG_NAME) ?? "", checkpoint };
      });
      return [...comparable(logs)].map(([member, digest]) => ({ member, group, digest }));
    });
  }

  async #judge(): Promise<void> {
    const { sizes } = this.#plan;
    this.#countAnswers();
    for (let tries = 1; ; tries++) {
      const history = await this.#history();
      if (2 * sizes.orderQuorum <= sizes.orders) return;
      const [first] = judge(history);
      if (first === undefined) return;
      if (tries === JUDGED_MAX || first.promise !== HOLDS_SOON) {
        throw new Violation(first.promise, first.text);
      }
      await this.#runFor(POLL_MS);
    }
  }

  async #history(): Promise<History> {
    const { store, products, newcomers, restockTo } = this.#plan;
    const finals = await this.#showAll();
    return {
      operations: this.#operations,
      faults: this.#faults.pauses,
      orders: this.#orders(),
      journal: this.#journal(),
      initial: initialsOf(products, newcomers),
      restockTo: STORES[store].restocks ? restockTo : 0,
      logs: this.#logs,
      finals,
    };
  }

  async #showAll(): Promise<History["finals"]> {
    const finals: History["finals"][number][] = [];
    const looks: Promise<void>[] = [];
    const made = this.#journal().filter(({ kind }) => kind === "product");
    const names = new Set([...this.#plan.products, ...made].map(({ name }) => name));
    let unanswered = 0;
    for (let frontend = 1; frontend <= this.#plan.sizes.frontends; frontend++) {
      for (const name of names) {
        const look = this.#shoppers.look({ client: 0, frontend, name, id: null, thread: 0 });
        looks.push(look.then(({ status, shown }) => {
          if (status === 200) finals.push({ frontend, ...shown });
          else if (status !== 404) unanswered++;
        }));
      }
    }
    let isDone = false;
    void Promise.all(looks).then(() => (isDone = true));
    await this.#untilOr("look-ups are answered", ANSWERED_MAX_MS, () => isDone);
    if (unanswered > 0) throw progress("a look-up is refused when all is well");
    return finals;
  }

  #orders(): LoggedOrder[] {
    const orders: LoggedOrder[] = [];
    for (const { payload } of this.#witness.payloads("order")) {
      if (!isOpening(payload)) orders.push(parseOrder(payload));
    }
    return orders;
  }

  #journal(): JournalRow[] {
    const journal: JournalRow[] = [];
    for (const { index, payload } of this.#witness.payloads("catalog")) {
      const row = readRow(payload);
      if (row.kind === "open" || row.kind === "fence") continue;
      const topic = row.kind === "product" ? { topic: row.traits.topic ?? null } : {};
      journal.push({ ...row, ...topic, index });
    }
    return journal;
  }

  #countAnswers(): void {
    for (const operation of this.#operations) countAnswer(operation, this.#count);
  }

  /** @throws Violation */
  async #runFor(ms: number): Promise<void> {
    await this.#timeline.runWhile(() => this.#isGood(), this.#timeline.nowMs + ms);
    this.#check();
  }

  /** @throws Violation */
  async #untilOr(what: string, withinMs: number, isTrue: () => boolean): Promise<void> {
    const { nowMs } = this.#timeline;
    while (!isTrue()) {
      if (this.#timeline.nowMs > nowMs + withinMs) throw progress(`${what}, not in ${withinMs} ms`);
      await this.#runFor(POLL_MS);
    }
  }

  #isGood(): boolean {
    return this.#town.violation === null && this.#witness.violation === null;
  }

  #check(): void {
    const violation = this.#town.violation ?? this.#witness.violation;
    if (violation !== null) throw violation;
  }
}

function progress(message: string): Violation {
  return new Violation("without faults all goes on", message);
}
