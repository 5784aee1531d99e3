/**
 * Makes a failing run short: leaves out of its plan what it can do without,
 * first many events at once, then fewer (Zeller's delta debugging), as long as
 * the same promise breaks. The plan decides everything, so what is left is a
 * run like any other.
 */
import type { Plan, Planned } from "./plan.ts";
import { play } from "./run.ts";
import { Violation } from "./violation.ts";

export interface Shortened {
  plan: Plan;
  violation: Violation;
  tries: number;
}

/** The violation of this plan, or null. */
export async function outcomeOf(plan: Plan): Promise<Violation | null> {
  try {
    await play(plan, { counts: new Map() });
    return null;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

/** @param first what the plan breaks as it stands */
export async function shorten(plan: Plan, first: Violation, triesMax: number): Promise<Shortened> {
  let best: Shortened = { plan, violation: first, tries: 0 };
  const attempt = async (events: readonly Planned[]): Promise<boolean> => {
    const shorter = { ...best.plan, events };
    const violation = await outcomeOf(shorter);
    const isSame = violation?.promise === first.promise;
    best = isSame ? { ...best, plan: shorter, violation } : best;
    best = { ...best, tries: best.tries + 1 };
    return isSame;
  };
  let size = Math.ceil(plan.events.length / 2);
  while (size >= 1 && best.tries < triesMax) {
    let isShorter = false;
    for (let at = 0; at < best.plan.events.length && best.tries < triesMax; ) {
      const { events } = best.plan;
      const without = [...events.slice(0, at), ...events.slice(at + size)];
      if (await attempt(without)) isShorter = true;
      else at += size;
    }
    if (!isShorter || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return best;
}
