/** What the threads of a run are asked and answer. */
import type { Wanted } from "./store/plan.ts";

/** What is simulated: the replicated log alone, or the whole store. */
export type World = "log" | "store";

/** What the plans of seeds are drawn from. */
export interface Draw extends Wanted {
  /** Kinds of faults that are switched off, of the store. */
  without: readonly string[];
}

export type Task =
  | {
      kind: "seeds";
      world: World;
      from: number;
      count: number;
      failuresMax: number;
      draw: Draw;
    }
  | { kind: "search"; name: string; statesMax: number };

export interface Failure {
  seed: number;
  message: string;
}

export interface SeedsAnswer {
  kind: "seeds";
  seeds: number;
  failures: Failure[];
  /** How often each thing was met. */
  counts: Record<string, number>;
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
