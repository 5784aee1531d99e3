/**
 * Who of several replicas is asked next. Each way of balancing is a cost: the
 * least wins, and of equals the one whose turn it is, so that no way ever
 * leaves equals unequal.
 */
import type { Balance } from "../../shared/member/config.ts";

/** One that may be asked. */
export interface Load {
  id: number;
  /** Look-ups that it has not answered yet. */
  underWay: number;
  /** What it lately took to answer one; 0 when nobody knows. */
  responseMs: number;
}

const COSTS: Record<Balance, (load: Load) => number> = {
  "round-robin": () => 0,
  "least-connections": ({ underWay }) => underWay,
  // Differences below a millisecond are chance.
  "least-response-time": ({ underWay, responseMs }) => Math.max(1, responseMs) * (underWay + 1),
};

/**
 * @param loads by ascending id, at least one
 * @param last the id that was chosen the last time
 */
export function choose(balance: Balance, loads: readonly Load[], last: number): Load {
  const cost = COSTS[balance];
  const next = loads.findIndex(({ id }) => id > last);
  const first = Math.max(0, next);
  let best = loads[first]!;
  for (let at = 1; at < loads.length; at++) {
    const load = loads[(first + at) % loads.length]!;
    if (cost(load) < cost(best)) best = load;
  }
  return best;
}

/** What lasted longer than before is believed at once, what was shorter by so much each time. */
const WEIGHT = 0.25;
/** In this time half of what was measured is forgotten: who was slow is tried again. */
const HALF_LIFE_MS = 1_000;

/** How long one replica takes to answer (a peak-sensitive moving average, as in Finagle). */
export class ResponseTime {
  #ms = 0;
  #atMs = 0;

  note(ms: number, nowMs: number): void {
    const before = this.at(nowMs);
    this.#ms = ms > before ? ms : before + (ms - before) * WEIGHT;
    this.#atMs = nowMs;
  }

  at(nowMs: number): number {
    return this.#ms * 2 ** ((this.#atMs - nowMs) / HALF_LIFE_MS);
  }
}
