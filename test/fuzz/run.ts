/**
 * One run of the fuzzer: stores one after the other, inputs over many lanes at once, a look
 * at the store after each group. When a store is found dead or dumb, its group is played
 * again on a new one, input by input, until the guilty one is found; the run goes on.
 */
import { monotonicMs } from "../../shared/clock.ts";
import { STORES } from "../../shared/stores/stores.ts";
import { judgeAnswers, splitAnswers } from "./answers.ts";
import { FuzzedStore, type StorePlan } from "./fuzzed_store.ts";
import { type Door, drawInput, type Input } from "./input.ts";
import { play } from "./play.ts";

const LANES = 32;
const GROUP = 128;
/** Every so many groups something is bought. */
const PURCHASE_EVERY = 4;
const WARM_UP = 0.1;
const GROWTH_MAX_BYTES = 64 * 1024 * 1024;
/** So often at once an input is played when one of a group is looked for: first, and again. */
const COPIES = [1, 10];
const FINDINGS_MAX = 12;

export type Port = Door | "all";

export interface FuzzOptions {
  seed: number;
  inputs: number;
  port: Port;
  /** By name; missing: each of them in turn. */
  store?: string;
  /** Only this input, on a store of its own. */
  only?: number;
  /** Inputs whose kind fits are not played. */
  leaveOut?: RegExp;
  say: (sentence: string) => void;
  signal?: AbortSignal;
}

export interface Finding {
  /** Null: no single one, or all of them together. */
  nth: number | null;
  kind: string;
  /** `frontend-1, public` */
  target: string;
  fault: string;
  /** What was sent, escaped and cut. */
  sent: string;
  /** So often the like of it was found. */
  times: number;
}

export interface FuzzOutcome {
  seed: number;
  inputs: number;
  seconds: number;
  perSecond: number;
  /** By door: how many answers of each status, and inputs without any. */
  answers: Record<string, Record<string, number>>;
  /** The most that a process grew after its warm-up, in MB. */
  grownMb: number;
  findings: Finding[];
  ok: boolean;
}

/** Each is fuzzed in its own words; the last one by those who have its secret. */
export function plansOf({ port, store }: Pick<FuzzOptions, "port" | "store">): StorePlan[] {
  const outside = (["public", "internal"] as const).filter((door) =>
    port === "all" || port === door);
  const names = store === undefined ? [...STORES.keys()] : [store];
  const plans: StorePlan[] = outside.length === 0 ? []
    : names.map((name) => ({ store: name, doors: outside }));
  return port === "all" || port === "secret"
    ? [...plans, { store: store ?? "toys", doors: ["secret"] }] : plans;
}

export async function runFuzz(options: FuzzOptions): Promise<FuzzOutcome> {
  const run = new Run(options);
  const plans = plansOf(options);
  for (const [at, plan] of plans.entries()) {
    const numbers: number[] = [];
    for (let nth = at; nth < options.inputs; nth += plans.length) numbers.push(nth);
    const { only } = options;
    const chosen = only === undefined ? numbers : only % plans.length === at ? [only] : [];
    if (chosen.length > 0) await run.fuzz(plan, chosen);
  }
  return run.conclude();
}

class Run {
  readonly #options: FuzzOptions;
  readonly #startedMs = monotonicMs();
  readonly #answers: FuzzOutcome["answers"] = {};
  readonly #findings: Finding[] = [];
  #played = 0;
  #grown = 0;

  constructor(options: FuzzOptions) {
    this.#options = options;
  }

  conclude(): FuzzOutcome {
    const seconds = (monotonicMs() - this.#startedMs) / 1_000;
    return {
      seed: this.#options.seed, inputs: this.#played, seconds: Math.round(seconds * 10) / 10,
      perSecond: Math.round(this.#played / seconds), answers: this.#answers,
      grownMb: Math.round(this.#grown / 1024 / 1024), findings: this.#findings,
      ok: this.#findings.length === 0,
    };
  }

  get #isOver(): boolean {
    return this.#options.signal?.aborted === true || this.#findings.length >= FINDINGS_MAX;
  }

  async fuzz(plan: StorePlan, numbers: readonly number[]): Promise<void> {
    for (let from = 0; from < numbers.length && !this.#isOver; ) {
      const store = await FuzzedStore.open(plan);
      try {
        from = await this.#untilBroken(store, plan, { numbers, from });
      } finally {
        await store.close();
      }
    }
  }

  /** @returns how many of the numbers have been played by then */
  async #untilBroken(store: FuzzedStore, plan: StorePlan,
    { numbers, from }: { numbers: readonly number[]; from: number }): Promise<number> {
    const warmAt = from + numbers.length * WARM_UP;
    let warm: Map<string, number> | null = null;
    let groups = 0;
    for (let at = from; at < numbers.length; ) {
      if (this.#isOver) return at;
      const group = this.#draw(store, numbers.slice(at, at + GROUP));
      at += GROUP;
      const faults = await this.#playAll(group);
      const fault = await store.check({ withPurchase: ++groups % PURCHASE_EVERY === 0 });
      if (fault !== null) {
        await this.#findGuilty(plan, group, fault);
        return at;
      }
      for (const [input, found] of faults) this.#find(input, "", found);
      if (warm === null && at >= warmAt) warm = store.memory();
      this.#options.say(`${plan.store}, ${plan.doors.join(" and ")}: ${at} of ${numbers.length}`);
      await store.look();
    }
    this.#judgeMemory(plan, warm ?? new Map(), store.memory());
    for (const fault of await store.audit()) this.#find(null, plan.doors.join(", "), fault);
    return numbers.length;
  }

  #draw({ scene }: FuzzedStore, numbers: readonly number[]): Input[] {
    const { seed, leaveOut } = this.#options;
    return numbers.map((nth) => drawInput(seed, nth, scene))
      .filter(({ kind }) => leaveOut?.test(kind) !== true);
  }

  /** What is wrong with their answers counts when all live: a process that dies owes many. */
  async #playAll(inputs: readonly Input[]): Promise<[Input, string][]> {
    const waiting = [...inputs];
    const faults: [Input, string][] = [];
    const lane = async () => {
      for (let input = waiting.shift(); input !== undefined; input = waiting.shift()) {
        const fault = await this.#play(input);
        if (fault !== null) faults.push([input, fault]);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return faults;
  }

  async #play(input: Input): Promise<string | null> {
    const { door } = input.target;
    const played = await play(input, input.target.port);
    this.#played++;
    const counts = (this.#answers[door] ??= {});
    const { answers } = splitAnswers(played.text, input.hasHead);
    const seen = answers.length === 0 ? ["none"] : answers.map(({ status }) => String(status));
    for (const status of seen) counts[status] = (counts[status] ?? 0) + 1;
    return judgeAnswers(input, door, played);
  }

  /** Plays the group again on a store of its own: what one of them does, it does alone. */
  async #findGuilty(plan: StorePlan, group: readonly Input[], fault: string): Promise<void> {
    this.#options.say(`${fault.split("\n")[0]}: looking for the input among ${group.length}`);
    const store = await FuzzedStore.open(plan);
    try {
      // What is a matter of moments shows when it happens often.
      const rounds = COPIES.flatMap((copies) => group.map(({ nth }) => ({ nth, copies })));
      for (const { nth, copies } of rounds) {
        const [input] = this.#draw(store, [nth]);
        if (input === undefined) continue;
        await Promise.all(Array.from({ length: copies }, () => play(input, input.target.port)));
        const found = await store.check({ withPurchase: plan.doors.includes("secret") });
        if (found !== null) return this.#find(input, "", found);
        await store.look();
      }
    } finally {
      await store.close();
    }
    const numbers = `${group[0]!.nth} to ${group.at(-1)!.nth}`;
    this.#find(null, `only together: ${numbers}, ${plan.doors.join(", ")}`, fault);
  }

  #judgeMemory(plan: StorePlan, warm: Map<string, number>, end: Map<string, number>): void {
    for (const [label, bytes] of end) {
      const grown = bytes - (warm.get(label) ?? bytes);
      this.#grown = Math.max(this.#grown, grown);
      if (grown <= GROWTH_MAX_BYTES) continue;
      const mb = Math.round(grown / 1024 / 1024);
      this.#find(null, `${label}, ${plan.doors.join(", ")}`, `it grew by ${mb} MB`);
    }
  }

  #find(input: Input | null, target: string, fault: string): void {
    const kind = input?.kind ?? "";
    const sign = (text: string) => text.split("\n")[0]!.replace(/\d+/g, "#");
    const like = this.#findings.find((other) =>
      other.nth !== null && other.kind === kind && sign(other.fault) === sign(fault));
    if (like !== undefined) return void like.times++;
    if (this.#findings.length >= FINDINGS_MAX) return;
    this.#findings.push({
      nth: input?.nth ?? null,
      kind,
      times: 1,
      target: input === null ? target : `${input.target.label}, ${input.target.door}`,
      fault,
      sent: input === null ? "" : escape(input.bytes).replace(LONG_HEX, (hex) => hex.slice(0, 4)),
    });
  }
}

const SHOWN_MAX = 1_000;
/** The secret and the birth id: another store has others. */
const LONG_HEX = /[0-9a-f]{32,}/g;

function escape(bytes: Buffer): string {
  const text = JSON.stringify(bytes.subarray(0, SHOWN_MAX).toString("latin1"));
  return bytes.length > SHOWN_MAX ? `${text} and ${bytes.length - SHOWN_MAX} bytes more` : text;
}
