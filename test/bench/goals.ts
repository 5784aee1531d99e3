/** Goals beside what was measured: one table, met or not. */
import { renderTable } from "./rounds.ts";

export interface Goal {
  what: string;
  /** As people read it: `at least 1.5 ×`. */
  wanted: string;
  measured: string;
  /** Null: it could not be judged here; `measured` says why. */
  met: boolean | null;
}

/** @param value NaN: it was not measured */
export function atLeast(what: string, limit: number, value: number, unit = "×"): Goal {
  return judge(what, `at least ${limit} ${unit}`, value, unit, value >= limit);
}

export function atMost(what: string, limit: number, value: number, unit = "×"): Goal {
  return judge(what, `at most ${limit} ${unit}`, value, unit, value <= limit);
}

function judge(what: string, wanted: string, value: number, unit: string, met: boolean): Goal {
  if (Number.isNaN(value)) return { what, wanted, measured: "not measured", met: null };
  return { what, wanted, measured: `${asNumber(value)} ${unit}`, met };
}

function asNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

export function renderGoals(goals: readonly Goal[]): string {
  const verdict = (met: boolean | null) => (met === null ? "-" : met ? "met" : "NOT MET");
  const rows = goals.map(({ what, wanted, measured, met }) =>
    [what, wanted, measured, verdict(met)]);
  return renderTable([["goal", "wanted", "measured", ""], ...rows]);
}
