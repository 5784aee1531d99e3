/**
 * A history as a list of what was done to the world, played again without any
 * chance. Messages are named by what they say and not by a count of all that
 * were sent, so that a script from which something was left out still means
 * the same by what is left.
 */
import type { Answer } from "../../../shared/replication/core/messages.ts";
import { describeQuestion } from "./describe.ts";
import { perform, type NodeAction } from "./actions.ts";
import { Violation } from "./judge.ts";
import { World, type Ask, type Driver } from "./world.ts";

export type MessageAction =
  | { kind: "deliver"; ask: string }
  /** The nth answer that the question was given. */
  | { kind: "answer"; ask: string; nth: number }
  | { kind: "no answer"; ask: string };

export interface Script {
  size: number;
  quorum: number | undefined;
  leaderLeaseMs: number;
  checkpointEveryRows: number;
  /** What a millisecond is on each member's clock, by id - 1. */
  rates: number[];
  actions: { atMs: number; action: NodeAction | MessageAction }[];
}

/** Names for questions, and what each was answered, in order. */
export class Letters {
  #counts = new Map<string, number>();
  #names = new Map<Ask, string>();
  #byName = new Map<string, Ask>();
  #answers = new Map<Ask, Answer[]>();

  onAsk(ask: Ask): void {
    const text = `${ask.from}>${ask.to} ${describeQuestion(ask.question)}`;
    const nth = (this.#counts.get(text) ?? 0) + 1;
    this.#counts.set(text, nth);
    const name = `${text} #${nth}`;
    this.#names.set(ask, name);
    this.#byName.set(name, ask);
  }

  onReply(ask: Ask, answer: Answer): void {
    const answers = this.#answers.get(ask);
    if (answers === undefined) this.#answers.set(ask, [answer]);
    else answers.push(answer);
  }

  nameOf(ask: Ask): string {
    return this.#names.get(ask)!;
  }

  find(name: string): Ask | undefined {
    return this.#byName.get(name);
  }

  answersTo(ask: Ask): readonly Answer[] {
    return this.#answers.get(ask) ?? [];
  }
}

/** Writes down what a history does. */
export class ScriptWriter {
  readonly letters = new Letters();
  readonly script: Script = {
    size: 0,
    quorum: undefined,
    leaderLeaseMs: 0,
    checkpointEveryRows: Infinity,
    rates: [],
    actions: [],
  };
  #world: World | null = null;

  begin(world: World, options: Omit<Script, "rates" | "actions">): void {
    this.#world = world;
    Object.assign(this.script, options, { rates: world.rates });
  }

  note(action: NodeAction | MessageAction): void {
    this.script.actions.push({ atMs: this.#world!.nowMs, action });
  }

  noteMessage(kind: MessageAction["kind"], asked: Ask, answer: Answer | null = null): void {
    const ask = this.letters.nameOf(asked);
    if (kind !== "answer") return this.note({ kind, ask });
    this.note({ kind, ask, nth: this.letters.answersTo(asked).indexOf(answer!) });
  }
}

/** What broke when the script was played, and after how many of its actions; null: nothing. */
export interface Outcome {
  violation: Violation;
  played: number;
}

export function play(script: Script, trace: ((line: string) => void) | null): Outcome | null {
  const letters = new Letters();
  const world = new World({ ...script, driver: new Listener(letters) });
  for (let i = 0; i < script.rates.length; i++) world.rates[i] = script.rates[i]!;
  if (trace !== null) world.trace = (line) => trace(withTime(world, line));
  for (let i = 0; i < script.actions.length; i++) {
    const { atMs, action } = script.actions[i]!;
    world.nowMs = atMs;
    try {
      if ("ask" in action) performMessage(world, letters, action);
      else perform(world, action);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { violation: error, played: i + 1 };
    }
  }
  return null;
}

export function withTime({ nowMs, startMs }: World, line: string): string {
  return `${(nowMs - startMs).toFixed(1).padStart(8)} ms  ${line}`;
}

function performMessage(world: World, letters: Letters, action: MessageAction): void {
  const ask = letters.find(action.ask);
  if (ask === undefined) return;
  if (action.kind === "deliver") {
    world.deliver(ask);
    return;
  }
  const answer = action.kind === "answer" ? letters.answersTo(ask)[action.nth] : null;
  if (answer !== undefined) world.answer(ask, answer);
}

/** A script moves everything itself: the world's wishes are only noted. */
class Listener implements Driver {
  #letters: Letters;

  constructor(letters: Letters) {
    this.#letters = letters;
  }

  onAsk(ask: Ask): void {
    this.#letters.onAsk(ask);
  }

  onReply(ask: Ask, answer: Answer): void {
    this.#letters.onReply(ask, answer);
  }

  onLed(): void {}
  onWork(): void {}
  onReset(): void {}
  onConfirmed(): void {}
  onCrash(): void {}
}

/** Leaves out what is not needed for the same promise to break, the larger pieces first. */
export function shorten(script: Script, triesMax: number): Script {
  const first = play(script, null);
  if (first === null) return script;
  const { invariant } = first.violation;
  let actions = script.actions.slice(0, first.played);
  let tries = 0;
  for (let size = actions.length >> 1; size >= 1 && tries < triesMax; ) {
    const before = actions.length;
    for (let at = actions.length - size; tries < triesMax; at -= size) {
      const from = Math.max(0, at);
      const fewer = [...actions.slice(0, from), ...actions.slice(from + size)];
      tries++;
      const outcome = play({ ...script, actions: fewer }, null);
      if (outcome?.violation.invariant === invariant) actions = fewer.slice(0, outcome.played);
      if (at <= 0) break;
    }
    // Single actions are tried again until all of them are needed.
    if (size > 1 || actions.length === before) size >>= 1;
  }
  return { ...script, actions };
}
