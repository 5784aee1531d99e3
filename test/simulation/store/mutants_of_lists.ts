/**
 * Planted bugs of lists that take several turns: each takes away something
 * that catalog/DESIGN.md says a list that is found beside sales rests on.
 */
import type { StoreMutant } from "./mutants.ts";

export const LIST_MUTANTS: readonly StoreMutant[] = ([
  {
    name: "a list does not notice what comes behind it",
    file: "catalog/state/list_scan.ts",
    find: "    put(this.#found, record, this.#keyOf);\n",
    replace: "    void put;\n",
    effect: "what came where it has looked already is missing in a list that is kept",
  },
  {
    name: "a list does not notice what goes behind it",
    file: "catalog/state/list_scan.ts",
    find: "if (!this.#isOfIt(record)) return take(this.#found, record, this.#keyOf);",
    replace: "if (!this.#isOfIt(record)) return void take;",
    effect: "what went where it has looked already is in a list that is kept",
  },
  {
    name: "a list notices what comes where it has not looked yet",
    file: "catalog/state/list_scan.ts",
    find: "    if (!this.#isAtEnd && (this.#at === null || key > this.#at)) return;\n",
    replace: "",
    effect: "it is in the list twice",
  },
  {
    name: "what comes before a page is put into it",
    file: "catalog/state/list_scan.ts",
    find: '    if (after !== null && key <= (by === "id" ? Number(after) : after)) return;\n',
    replace: "    void after;\n",
    effect: "a page has what was on the page before",
  },
  {
    name: "what is put before the end of a full page is not looked at again",
    file: "catalog/state/list_scan.ts",
    find: "    this.#at = this.#keyOf(this.#found.at(-1)!);\n    this.#isAtEnd = false;\n",
    replace: "",
    effect: "what had no room, and has it again, is missing",
  },
  {
    name: "a list keeps prices and pieces as it passed them",
    file: "catalog/state/list_scan.ts",
    find: "this.#found.push(record);",
    replace: "this.#found.push({ ...record });",
    effect: "a list of several moments, and nobody is told of what changed in between",
  },
  {
    name: "a list goes on at a number, not behind a name",
    file: "catalog/state/list_scan.ts",
    find: "const first = this.#at === null ? 0 : firstBehind(records, this.#at, this.#keyOf);",
    replace: "const first = this.#at !== null && this.#next === 0\n" +
      "      ? firstBehind(records, this.#at, this.#keyOf) : this.#next;",
    also: [{
      file: "catalog/state/list_scan.ts",
      find: "    this.#isAtEnd = at === records.length;",
      replace: "    this.#next = at;\n    this.#isAtEnd = at === records.length;",
    }, {
      file: "catalog/state/list_scan.ts",
      find: "  #isAtEnd = false;\n",
      replace: "  #isAtEnd = false;\n  #next = 0;\n",
    }],
    effect: "what is made before that place moves all others: one is in the list twice",
  },
  {
    name: "a list is of the row at which it began",
    file: "catalog/calls/lookups.ts",
    find: "    const scans = lists.map(",
    replace: "    const version = this.#state.lastVisibleChange;\n    const scans = lists.map(",
    also: [{
      file: "catalog/calls/lookups.ts",
      find: "scan.isComplete ? listPage(this.#state, scan) : null",
      replace: "scan.isComplete ? { ...listPage(this.#state, scan), version } : null",
    }],
    effect: "it says that it is older than what it shows",
  },
  {
    name: "a list is vouched for only as it begins",
    file: "catalog/calls/lookups.ts",
    find: "        leadership = await this.#vouched(asker);\n",
    replace: "",
    effect: "who led for a moment meanwhile shows what no leader has shown",
  },
  {
    name: "a list goes on in products that a checkpoint replaced",
    file: "catalog/state/list_scan.ts",
    find: "    if (this.#products !== this.#state.products) return false;\n",
    replace: "",
    also: [{
      file: "catalog/state/list_scan.ts",
      find: "    if (this.#products !== this.#state.products) this.#begin();\n",
      replace: "",
    }],
    effect: "what it found before is shown as it was then, of the checkpoint's row",
  },
  {
    name: "a list that lost what it had found leaves all the same",
    file: "catalog/calls/lookups.ts",
    find: "const left = scans.filter((scan) => !scan.isComplete && !refused.has(scan));",
    replace: "const left = tries > 0 ? [] : scans.filter((scan) => !scan.isComplete);",
    also: [{
      file: "catalog/calls/lookups.ts",
      find: "scan.isComplete ? listPage",
      replace: "!refused.has(scan) ? listPage",
    }],
    effect: "a page is without what went up a place while it was vouched for",
  },
] satisfies StoreMutant[]).map((mutant) => ({ focus: "lists", ...mutant }));
