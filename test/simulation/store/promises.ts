/**
 * Hears what replicas answer each other, and holds them to it over all their
 * lives: a vote is given once in a term, who promised a term follows no lower
 * one, and who said that rows are on its disk has them, or rows of a later
 * leader in their place, whenever it votes. Elections rest on just that; a
 * disk that forgot some of it shows here long before a row is lost.
 *
 * Whose disk was damaged may forget, if it says so: until it promises again it
 * has to fetch what was final when the damage came.
 */
import type {
  Replicate, Replicated, Vote, Voted,
} from "../../../shared/replication/core/messages.ts";
import { Violation } from "./violation.ts";

/** Where a row stands. */
export interface Place {
  term: number;
  index: number;
}

/** What one replica stands by. */
interface Word {
  term: number;
  vote: number | null;
  /** The latest row that it said was on its disk. */
  held: Place;
  /** Rows that were final when its disk was damaged; null: it was not. */
  lost: number | null;
  /** It has said since that it is recovering. */
  hasTold: boolean;
}

const NOTHING: Word = {
  term: 0, vote: null, held: { term: 0, index: 0 }, lost: null, hasTold: false,
};

/** A question to a replica, and what it answers. */
export interface Exchange {
  kind: string;
  body: unknown;
  answer: unknown;
}

/** True: it has this row as it was committed. */
type Holds = (index: number) => boolean;

/** As it travels: rows are the text of the log. */
type ReplicateBody = Omit<Replicate, "rows"> & { rows: string };

export class Promises {
  readonly #words = new Map<string, Word>();

  /** @param final rows that were committed when its disk was damaged */
  damaged(name: string, final: number): void {
    this.#words.set(name, { ...this.#wordOf(name), lost: final, hasTold: false });
  }

  /** A leader's rows took the place of those after this one, or are about to. */
  cut(name: string, last: Place): void {
    const word = this.#wordOf(name);
    if (word.held.index > last.index) this.#words.set(name, { ...word, held: last });
  }

  /** An answer of a replica, before it leaves. @throws Violation */
  hear(name: string, { kind, body, answer }: Exchange, holds: Holds): void {
    if (kind === "POST /vote") this.#onVoted(name, body as Vote, answer as Voted, holds);
    if (kind === "POST /replicate") {
      this.#onReplicated(name, body as ReplicateBody, answer as Replicated, holds);
    }
  }

  #onVoted(name: string, { ask, term, candidate }: Vote, voted: Voted, holds: Holds): void {
    if (ask || !voted.granted) return;
    const word = this.#standBy(name, holds);
    const what = `${name} voted for ${candidate} in term ${term}`;
    if (term < word.term) throw broken(`${what}, and had promised term ${word.term}`);
    if (term === word.term && word.vote !== null && word.vote !== candidate) {
      throw broken(`${what}, and had voted for ${word.vote}`);
    }
    const { last } = voted;
    if (isLater(word.held, last)) {
      throw broken(`${what}, its log up to ${at(last)}; it had said that it has ${at(word.held)}`);
    }
    this.#words.set(name, { ...word, term, vote: candidate });
  }

  #onReplicated(name: string, body: ReplicateBody, answer: Replicated, holds: Holds): void {
    if (answer.recovery !== null) {
      this.#words.set(name, { ...this.#wordOf(name), hasTold: true });
      return;
    }
    if (answer.result !== "appended") return;
    const { term, leader, prev, rows } = body;
    const word = this.#standBy(name, holds);
    if (term < word.term) {
      throw broken(`${name} follows ${leader} in term ${term}, and had promised term ${word.term}`);
    }
    const vote = term > word.term ? null : word.vote;
    const last = rows === "" ? prev : { index: answer.match, term: lastTermOf(rows) };
    const held = isLater(last, word.held) ? last : word.held;
    this.#words.set(name, { ...word, term, vote, held });
  }

  /** What it stood by until now; who recovered begins anew, with all that was final. */
  #standBy(name: string, holds: Holds): Word {
    const word = this.#wordOf(name);
    const { lost, hasTold } = word;
    if (lost === null || !hasTold) return word;
    for (let index = 1; index <= lost; index++) {
      if (holds(index)) continue;
      throw broken(`${name} was damaged, and promises again without row ${index} of ${lost}`);
    }
    return NOTHING;
  }

  #wordOf(name: string): Word {
    return this.#words.get(name) ?? NOTHING;
  }
}

function isLater(one: Place, other: Place): boolean {
  return one.term !== other.term ? one.term > other.term : one.index > other.index;
}

function lastTermOf(rows: string): number {
  const line = rows.slice(rows.lastIndexOf("\n", rows.length - 2) + 1);
  return Number.parseInt(line.slice(line.indexOf(",") + 1), 10);
}

function at({ term, index }: Place): string {
  return `row ${index} of term ${term}`;
}

function broken(message: string): Violation {
  return new Violation("a replica is as good as its word", message);
}
