/**
 * What the audit found, by check: each is a promise about the files or the
 * running store, and holds unless something was found against it. Notes are
 * what a person should know and what breaks no promise: a torn end, a sale
 * whose order is still to be written.
 */
export const CHECKS = {
  members: "every member has its folder, all with the same birth mark",
  rows: "each log reads row by row: header, checksums, indexes, terms",
  notes: "each log is at least as long as its term.json knows it to be",
  replicas: "the replicas of a group hold the same rows",
  checkpoint: "a checkpoint is what the rows come to",
  numbers: "orders are numbered from 1 without gaps",
  keys: "one order a key",
  sales: "one order a sale, and every sale one order",
  stock: "the catalog never sold what it did not have",
  books: "initial + restocked + sold back + added - bought = quantity",
  status: "replicas that run agree on what is committed, and on their leader",
  shown: "the store shows what its books say",
} as const;

export type CheckName = keyof typeof CHECKS;

export interface CheckResult {
  name: CheckName;
  promise: string;
  ok: boolean;
  /** What was looked at, in a few words. */
  evidence: string;
  /** What was found against it, at most FINDINGS_MAX of them. */
  findings: string[];
  /** All of them. */
  found: number;
  notes: string[];
}

const FINDINGS_MAX = 20;

export class Verdict {
  readonly #results = new Map<CheckName, CheckResult>();

  /** This check was made; a check that nobody began is not reported. */
  begin(name: CheckName): void {
    if (this.#results.has(name)) return;
    const promise = CHECKS[name];
    this.#results.set(name, {
      name, promise, ok: true, evidence: "", findings: [], found: 0, notes: [],
    });
  }

  /** What was looked at. */
  show(name: CheckName, evidence: string): void {
    this.begin(name);
    this.#results.get(name)!.evidence = evidence;
  }

  fail(name: CheckName, finding: string): void {
    this.begin(name);
    const result = this.#results.get(name)!;
    result.ok = false;
    result.found += 1;
    if (result.findings.length < FINDINGS_MAX) result.findings.push(finding);
  }

  note(name: CheckName, note: string): void {
    this.begin(name);
    this.#results.get(name)!.notes.push(note);
  }

  /** In the order of CHECKS. */
  get results(): CheckResult[] {
    const names = Object.keys(CHECKS) as CheckName[];
    return names.flatMap((name) => this.#results.get(name) ?? []);
  }

  get ok(): boolean {
    return this.results.every((result) => result.ok);
  }
}
