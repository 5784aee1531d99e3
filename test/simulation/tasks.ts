/** What the threads of a run are asked and answer. */
import type { Counts } from "./log/coverage.ts";

export type Task =
  | { kind: "seeds"; from: number; count: number; failuresMax: number }
  | { kind: "search"; name: string; statesMax: number };

export interface SeedsAnswer {
  kind: "seeds";
  seeds: number;
  failures: { seed: number; invariant: string; message: string }[];
  counts: Counts;
}

export interface SearchAnswer {
  kind: "search";
  name: string;
  states: number;
  depth: number;
  isExhausted: boolean;
  found: boolean;
  /** A shortest counterexample in words. */
  trace: string[];
}

export type TaskAnswer = SeedsAnswer | SearchAnswer;
