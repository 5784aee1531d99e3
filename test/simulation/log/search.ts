/**
 * Breadth-first search through all that can happen to three replicas, within
 * a budget of nominations, rows, crashes and losses: every order of
 * deliveries, disk writes, crashes and restarts. What a hundred thousand
 * random histories may miss is found here in a few steps, and the first
 * counterexample found is a shortest one. There is no time and no lease:
 * safety must not depend on them.
 *
 * A message may wait for ever, so that losing one is only needed where the
 * asker's knowing of it matters (no answer); a crash may come at any point of
 * the disk's queue, with part of an append. The dry run of a nomination writes
 * nothing: one other replica is asked and answers within the same move.
 *
 * With a prompt disk, writes are done within the move that asked for them, or
 * a crash comes in between: moves are larger, histories reach further.
 */
import { formatRow, mixIn } from "./disk.ts";
import { Judge, Violation } from "./judge.ts";
import { LocalSteps, type LocalAction } from "./local_steps.ts";
import { createNode, type Node } from "./node.ts";
import { movesOf, SIZE, spend, type Budget, type Hearing, type Move, type State } from "./moves.ts";
import { StateSet } from "./state_set.ts";

export interface SearchResult {
  states: number;
  depth: number;
  /** No state was left to look at. */
  isExhausted: boolean;
  /** Moves of a shortest counterexample. */
  found: { violation: Violation; moves: Move[] } | null;
}

const QUORUM = 2;

export class Search {
  readonly steps = new LocalSteps();
  #judges: Judge[] = [];
  #judgeNumbers = new Map<string, number>();
  #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** A group that has never done anything. */
  start(): State {
    const { checkpointEveryRows } = this.#budget;
    const ids = Array.from({ length: SIZE }, (_, i) => i + 1);
    const nodes = ids.map((id) => createNode(configOf(id), checkpointEveryRows));
    const judge = this.#judgeNumber(new Judge(nodes, QUORUM));
    const numbers = nodes.map((node) => this.steps.numberOf(node));
    return { nodes: numbers, messages: [], judge, spent: 0 };
  }

  run(from: State, statesMax: number): SearchResult {
    const met = new StateSet();
    const parents: number[] = [-1];
    const made: number[] = [-1];
    let level = [from];
    let firstOfLevel = 0;
    meet(met, from);
    for (let depth = 0; ; depth++) {
      const next: State[] = [];
      for (let i = 0; i < level.length; i++) {
        const moves = movesOf(this.steps, level[i]!, this.#budget);
        for (let nth = 0; nth < moves.length; nth++) {
          let state: State;
          try {
            state = this.make(level[i]!, moves[nth]!);
          } catch (error) {
            if (!(error instanceof Violation)) throw error;
            const path = [...pathTo(firstOfLevel + i, parents, made), nth];
            return found(met.size, depth + 1, { violation: error, moves: this.#walk(from, path) });
          }
          if (!meet(met, state)) continue;
          next.push(state);
          parents.push(firstOfLevel + i);
          made.push(nth);
        }
        if (met.size >= statesMax) return found(met.size, depth + 1, null);
      }
      if (next.length === 0) return { ...found(met.size, depth, null), isExhausted: true };
      firstOfLevel += level.length;
      level = next;
    }
  }

  /** The moves that were chosen by number; the last one is not made. */
  #walk(from: State, path: number[]): Move[] {
    let state = from;
    return path.map((nth, i) => {
      const move = movesOf(this.steps, state, this.#budget)[nth]!;
      if (i < path.length - 1) state = this.make(state, move);
      return move;
    });
  }

  #nodeOf(state: State, id: number): Node {
    return this.steps.nodes[state.nodes[id - 1]!]!;
  }

  /** @throws Violation */
  make(before: State, move: Move): State {
    const state = { ...before, spent: spend(before.spent, move.kind) };
    if ("message" in move) return this.#makeHeard(state, move);
    if (move.kind === "nominate") return this.#makeNominated(state, move.node, move.via);
    if (move.kind === "confirm") {
      const known = this.#judges[state.judge]!.committedCount;
      return this.#step(state, move.node, { kind: "confirm", known });
    }
    return this.#settleDisk(this.#step(state, move.node, move), move.node);
  }

  #makeHeard(before: State, move: Hearing): State {
    const { message, crash } = move;
    const { from, to, answer } = this.steps.messages[message]!;
    const messages = [...before.messages];
    if (move.kind !== "double") messages.splice(messages.indexOf(message), 1);
    const state = { ...before, messages };
    const hearer = answer === undefined ? to : from;
    if (move.kind === "lose" || !this.#nodeOf(state, hearer).alive) {
      add(messages, this.steps.lost(message));
      return { ...state, messages: this.#awaited(state.nodes, messages) };
    }
    const heard = this.#step(state, hearer, { kind: "hear", message });
    if (crash === undefined) return this.#settleDisk(heard, hearer);
    const spent = spend(heard.spent, "crash");
    return this.#step({ ...heard, spent }, hearer, { kind: "crash", ...crash });
  }

  /** The dry run with one other replica, unless its disk makes that one's answer wait. */
  #makeNominated(before: State, id: number, via: number): State {
    const nominated = this.#step(before, id, { kind: "nominate" });
    const isFirst = (number: number) => !before.messages.includes(number);
    const asked = nominated.messages.filter(isFirst);
    const toVia = asked.find((number) => this.steps.messages[number]!.to === via);
    if (toVia === undefined) return nominated;
    const messages = nominated.messages.filter((number) => !asked.includes(number));
    const heard = this.#step({ ...nominated, messages }, via, { kind: "hear", message: toVia });
    const answer = heard.messages.find((number) => !messages.includes(number));
    if (answer === undefined) return heard;
    const state = { ...heard, messages: heard.messages.filter((number) => number !== answer) };
    return this.#settleDisk(this.#step(state, id, { kind: "hear", message: answer }), id);
  }

  #settleDisk(state: State, id: number): State {
    if (this.#budget.hasPromptDisk !== true) return state;
    let settled = state;
    while (this.#nodeOf(settled, id).pending.length > 0)
      settled = this.#step(settled, id, { kind: "flush" });
    return settled;
  }

  #step(state: State, id: number, action: LocalAction): State {
    const step = this.steps.step(state.nodes[id - 1]!, action);
    if (step.violation !== null) throw step.violation;
    const nodes = [...state.nodes];
    nodes[id - 1] = step.node;
    let { messages } = state;
    if (step.sent.length > 0 || action.kind === "crash") {
      const all = [...messages];
      for (const message of step.sent) add(all, message);
      messages = this.#awaited(nodes, all);
    }
    const judge = this.#judged(state.judge, nodes, id, step.facts);
    return { nodes, messages, judge, spent: state.spent };
  }

  /** Answers that nobody waits for any more are gone. */
  #awaited(nodes: readonly number[], messages: readonly number[]): number[] {
    return messages.filter((number) => {
      const { from, life, answer } = this.steps.messages[number]!;
      if (answer === undefined) return true;
      const asker = this.steps.nodes[nodes[from - 1]!]!;
      return asker.alive && asker.life === life;
    });
  }

  #judged(
    before: number,
    numbers: readonly number[],
    id: number,
    facts: ReturnType<LocalSteps["step"]>["facts"],
  ): number {
    if (facts.length === 0) return before;
    const nodes = numbers.map((number) => this.steps.nodes[number]!);
    const judge = this.#judges[before]!.clone(nodes);
    for (const fact of facts) judge.see(nodes[id - 1]!, fact);
    return this.#judgeNumber(judge);
  }

  #judgeNumber(judge: Judge): number {
    const key = judge.key();
    let number = this.#judgeNumbers.get(key);
    if (number === undefined) {
      number = this.#judges.push(judge) - 1;
      this.#judgeNumbers.set(key, number);
    }
    return number;
  }
}

function configOf(id: number): Node["state"]["config"] {
  return {
    id,
    others: [1, 2, 3].filter((other) => other !== id),
    quorum: QUORUM,
    startId: `${id}.1`,
    leaderLeaseMs: 0,
    votePatienceMs: 0,
    tailRowsMax: 2,
    replicateRowsMax: 2,
    formatRow,
    checksumOf: mixIn,
    isSnapshot: () => true,
  };
}

function found(states: number, depth: number, what: SearchResult["found"]): SearchResult {
  return { states, depth, isExhausted: false, found: what };
}

/** Keeps the numbers ascending. */
function add(messages: number[], message: number): void {
  let at = messages.length;
  while (at > 0 && messages[at - 1]! > message) at--;
  messages.splice(at, 0, message);
}

function meet(met: StateSet, { nodes, messages, judge, spent }: State): boolean {
  let high = 0x811c9dc5 ^ judge;
  let low = spent ^ 0x9e3779b9;
  const mix = (number: number) => {
    high = Math.imul(high ^ number, 0x01000193) ^ (high >>> 13);
    low = Math.imul(low + number, 0x85ebca6b) ^ (low >>> 15);
  };
  mix(spent);
  mix(judge);
  for (const number of nodes) mix(number);
  for (const number of messages) mix(number);
  mix(messages.length);
  return met.add(high >>> 0, low >>> 0);
}

function pathTo(state: number, parents: number[], made: number[]): number[] {
  const moves: number[] = [];
  for (let at = state; parents[at]! >= 0; at = parents[at]!) moves.unshift(made[at]!);
  return moves;
}
