/**
 * Where the exhaustive searches begin, and how much may happen from there. A
 * search from nothing reaches a few steps into everything; one that begins
 * where two logs already differ, or a row is half way, reaches the histories
 * in which rows get lost.
 */
import type { Budget, State } from "./moves.ts";
import { Search } from "./search.ts";

export interface SearchCase {
  name: string;
  budget: Budget;
  /** The state to begin with. */
  prepare: (group: Preparation) => void;
}

export const SEARCH_CASES: readonly SearchCase[] = [
  {
    name: "from nothing, every write by itself",
    budget: { nominate: 2, propose: 1, crash: 1 },
    prepare: () => {},
  },
  {
    name: "from nothing",
    budget: { nominate: 2, propose: 1, crash: 2, hasPromptDisk: true },
    prepare: () => {},
  },
  {
    name: "a row on its way",
    budget: { nominate: 2, crash: 1, hasPromptDisk: true },
    prepare: (group) => {
      group.nominate(1, 2).settle();
      group.propose(1);
    },
  },
  {
    name: "a row on its way, every write by itself",
    budget: { nominate: 1, propose: 1, crash: 2 },
    prepare: (group) => {
      group.nominate(1, 2).settle();
      group.propose(1);
    },
  },
  {
    name: "two leaders' rows that nobody else has",
    budget: { nominate: 2, crash: 1, hasPromptDisk: true },
    prepare: (group) => prepareTwoTails(group),
  },
  {
    name: "two leaders' rows, every write by itself",
    budget: { nominate: 2, crash: 1 },
    prepare: (group) => prepareTwoTails(group),
  },
  {
    name: "an opening row that only a follower has written",
    budget: { nominate: 1, crash: 1, propose: 1 },
    prepare: (group) => {
      prepareTwoTails(group);
      group.restart(1).nominate(1, 2).flush([1]).settle([1, 2], { writers: [2] });
    },
  },
  {
    name: "messages lost, doubled and sent again",
    budget: { propose: 2, lose: 1, double: 1, tick: 1, nominate: 1, hasPromptDisk: true },
    prepare: (group) => {
      group.nominate(1, 2).settle();
    },
  },
  {
    name: "is this still the leader?",
    budget: { confirm: 1, nominate: 1, propose: 1, tick: 1, hasPromptDisk: true },
    prepare: (group) => {
      group.nominate(1, 2).settle();
    },
  },
  {
    name: "a disk that lost what it promised",
    budget: { crash: 2, damage: 1, nominate: 1, tick: 3, hasPromptDisk: true },
    prepare: (group) => {
      group.nominate(1, 2).settle([1, 2]);
    },
  },
  {
    name: "a replaced leader, and a disk that lost what it promised",
    budget: { crash: 1, damage: 1, tick: 2, hasPromptDisk: true },
    prepare: (group) => {
      group.nominate(1, 2).settle();
      group.nominate(3, 2).settle([2, 3]).forget();
    },
  },
  {
    name: "a checkpoint in place of rows that nobody keeps",
    budget: { crash: 1, nominate: 1, tick: 2, hasPromptDisk: true, checkpointEveryRows: 1 },
    prepare: (group) => prepareDroppedRows(group),
  },
  {
    name: "a checkpoint in place of rows, every write by itself",
    budget: { crash: 1, nominate: 1, tick: 1, checkpointEveryRows: 1 },
    prepare: (group) => prepareDroppedRows(group),
  },
];

const EVERYBODY = [1, 2, 3];

/** Raft's figure 8: 1 and 3 have led, each has rows that no other has; 2 has voted for 3. */
function prepareTwoTails(group: Preparation): void {
  group.nominate(1, 2).settle();
  group.propose(1).forget();
  group.nominate(3, 2).settle([2, 3], { except: "replicate" }).forget();
  group.flush();
}

/** 1 has led and has rows that no other has; 2 and 3 have dropped the rows that it lacks. */
function prepareDroppedRows(group: Preparation): void {
  group.nominate(1, 2).settle();
  for (let rows = 0; rows < 4; rows++) group.propose(1);
  group.flush([1]).forget();
  group.nominate(3, 2).settle([2, 3]);
  for (let rows = 0; rows < 2; rows++) group.propose(3).settle([2, 3]);
  group.forget();
}

export function prepare({ budget, prepare: fill }: SearchCase): { search: Search; from: State } {
  const search = new Search(budget);
  const preparation = new Preparation(search);
  fill(preparation);
  return { search, from: { ...preparation.state, spent: 0 } };
}

/** A group brought by hand to where a search begins. */
export class Preparation {
  state: State;
  #search: Search;

  constructor(search: Search) {
    this.#search = search;
    this.state = search.start();
  }

  nominate(node: number, via: number): this {
    this.state = this.#search.make(this.state, { kind: "nominate", node, via });
    return this;
  }

  restart(node: number): this {
    const crash = { kind: "crash", node, flushed: 0, tornRows: 0 } as const;
    this.state = this.#search.make(this.state, crash);
    this.state = this.#search.make(this.state, { kind: "restart", node });
    return this;
  }

  propose(node: number): this {
    this.state = this.#search.make(this.state, { kind: "propose", node });
    return this;
  }

  /** All that is sent between these replicas is delivered, and what these writers write done. */
  settle(
    ids: readonly number[] = EVERYBODY,
    { except = "", writers = ids }: { except?: string; writers?: readonly number[] } = {},
  ): this {
    const { steps } = this.#search;
    for (;;) {
      this.flush(writers);
      const message = this.state.messages.find((number) => {
        const { from, to, question } = steps.messages[number]!;
        return ids.includes(from) && ids.includes(to) && question.kind !== except;
      });
      if (message === undefined) return this;
      this.state = this.#search.make(this.state, { kind: "deliver", message });
    }
  }

  flush(ids: readonly number[] = EVERYBODY): this {
    for (const node of ids) {
      while (this.#search.steps.nodes[this.state.nodes[node - 1]!]!.pending.length > 0)
        this.state = this.#search.make(this.state, { kind: "flush", node });
    }
    return this;
  }

  /** What is under way never arrives, and who waits for it learns that. */
  forget(): this {
    const { steps } = this.#search;
    const waiting = this.state.messages.map((number) => steps.lost(number));
    this.state = { ...this.state, messages: waiting.sort((one, other) => one - other) };
    for (const message of waiting)
      this.state = this.#search.make(this.state, { kind: "deliver", message });
    return this.flush();
  }
}
