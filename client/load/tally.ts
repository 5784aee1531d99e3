/**
 * What a run saw: answers and failures by type of request, the longest time
 * in which no buyer was answered, and the first few failures in words.
 *
 * A refused order (sold out) is an answer of its own type: it takes a shorter
 * way through the store, and mixed in it would flatter the orders.
 */
import { Latency } from "./latency.ts";

/** `hit` and `miss` split the look-ups; a look-up is counted in `lookup` too. */
export const REQUEST_TYPES = ["lookup", "hit", "miss", "order", "soldOut", "find"] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

/** Failures kept in words; the others are only counted. */
const PROBLEMS_MAX = 10;

export interface Series {
  latency: Latency;
  errors: number;
}

export class Tally {
  readonly series = Object.fromEntries(
    REQUEST_TYPES.map((type) => [type, { latency: new Latency(), errors: 0 }]),
  ) as Record<RequestType, Series>;
  readonly problems: string[] = [];
  /** Problems that were counted and not kept. */
  problemsLeftOut = 0;
  /** Requests sent once more, to the same front-end or the next one. */
  repeats = 0;
  #gapMs = 0;
  #lastAnswerMs: number | null = null;

  /** The run begins, or ends: silence up to here is a gap as any other. */
  mark(nowMs: number): void {
    if (this.#lastAnswerMs !== null)
      this.#gapMs = Math.max(this.#gapMs, nowMs - this.#lastAnswerMs);
    this.#lastAnswerMs = nowMs;
  }

  answer(types: readonly RequestType[], latencyMs: number, nowMs: number): void {
    for (const type of types) this.series[type].latency.record(latencyMs);
    this.mark(nowMs);
  }

  failure(type: RequestType, problem: string): void {
    this.series[type].errors += 1;
    this.problem(problem);
  }

  problem(text: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(text);
    else this.problemsLeftOut += 1;
  }

  /** Longest time between two answers, whoever got them. */
  get gapMs(): number {
    return this.#gapMs;
  }

  /** Failed requests of all types. */
  get errors(): number {
    return REQUEST_TYPES.reduce((sum, type) => sum + this.series[type].errors, 0);
  }

  /** Answers of these types. */
  count(...types: RequestType[]): number {
    return types.reduce((sum, type) => sum + this.series[type].latency.count, 0);
  }
}
