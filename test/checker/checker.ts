/**
 * Judges a recorded history. Every rule is a pure function of what was
 * answered and what is in the files, in time that grows with their length:
 * order numbers and versions say in which order things happened, so that
 * nothing has to be searched. The rules are numbered as the invariants in
 * test/chaos/README.md; each of them must be able to fail (judge_test.ts).
 */
import { ABSENCE_RULES } from "./rules/absence_rules.ts";
import { ANSWER_RULES } from "./rules/answer_rules.ts";
import { Evidence } from "./history_index.ts";
import type { History } from "./history.ts";
import { ORDER_RULES } from "./rules/order_rules.ts";
import { PROMISE_RULES } from "./rules/promise_rules.ts";
import { READ_RULES } from "./rules/read_rules.ts";
import { STOCK_RULES } from "./rules/stock_rules.ts";
import { STORE_RULES } from "./rules/store_rules.ts";

export interface Violation {
  /** Which rule it breaks. */
  rule: number;
  promise: string;
  text: string;
}

export interface Rule {
  promise: string;
  /** What speaks against it, a sentence each. */
  check: (evidence: Evidence) => string[];
}

/** Of one rule, how many violations are told. */
const TOLD_MAX = 5;

export const RULES: Readonly<Record<number, Rule>> = {
  ...ORDER_RULES, ...STOCK_RULES, ...READ_RULES, ...ANSWER_RULES, ...PROMISE_RULES,
  ...STORE_RULES, ...ABSENCE_RULES,
};

export function judge(history: History): Violation[] {
  const evidence = new Evidence(history);
  return Object.entries(RULES).flatMap(([rule, { promise, check }]) => {
    const texts = check(evidence);
    const told = texts.slice(0, TOLD_MAX);
    if (texts.length > TOLD_MAX) told.push(`and ${texts.length - TOLD_MAX} more`);
    return told.map((text) => ({ rule: Number(rule), promise, text }));
  });
}
