/**
 * What a replica knows of its own log without reading the file: for each row
 * its term and its checksum, which is all that log matching and voting ask.
 * A million rows cost four megabytes: checksums stand in one typed array, and
 * terms, which seldom change, as the list of indexes at which they begin.
 *
 *   base            first row                            last row
 *    │  (not held)   │                                      │
 *    ▼               ▼                                      ▼
 *   100            101 102 103 … 4711 4712 …              9000
 *   term 3          └──── term 3 ───┘ └──── term 5 ──────────┘
 *
 * A log that starts with a checkpoint has a base other than zero: the rows up
 * to it are committed for ever and no longer here.
 */
import { assert } from "../../assert.ts";

/** A row named so that two logs can be compared: equal positions, equal logs up to them. */
export interface Position {
  /** 0 stands before the first row. */
  index: number;
  term: number;
  /** CRC-32 of the row and, through its chain, of every row before it. */
  checksum: number;
}

export const START: Position = { index: 0, term: 0, checksum: 0 };

const ROWS_AT_FIRST = 1024;

export class LogIndex {
  #base: Position;
  #length = 0;
  #checksums = new Uint32Array(ROWS_AT_FIRST);
  /** First indexes of each run of one term, and that term; ascending. */
  #runs: { from: number; term: number }[] = [];

  constructor(base: Position = START) {
    this.#base = base;
  }

  get base(): Position {
    return this.#base;
  }

  get lastIndex(): number {
    return this.#base.index + this.#length;
  }

  get last(): Position {
    return this.at(this.lastIndex);
  }

  /** The position of a row held, or of the base. */
  at(index: number): Position {
    if (index === this.#base.index) return this.#base;
    const run = this.#runAt(index);
    return { index, term: run.term, checksum: this.#checksums[index - this.#base.index - 1]! };
  }

  termAt(index: number): number {
    return index === this.#base.index ? this.#base.term : this.#runAt(index).term;
  }

  /**
   * True when this log has just that row there, and so all before it alike. Of rows before the
   * base nothing is known but that they are committed: a leader's word for them is taken.
   */
  holds({ index, term, checksum }: Position): boolean {
    if (index < this.#base.index) return true;
    if (index > this.lastIndex) return false;
    const own = this.at(index);
    return own.checksum === checksum && own.term === term;
  }

  /** Of rows that follow one another behind one that is held: how many are held, too. */
  countHeld(rows: readonly Position[]): number {
    let count = 0;
    while (count < rows.length && this.holds(rows[count]!)) count++;
    return count;
  }

  /** Index of the first row of the run of one term that this row stands in. */
  termStart(index: number): number {
    return index <= this.#base.index ? this.#base.index : this.#runAt(index).from;
  }

  append(term: number, checksum: number): void {
    assert(term >= this.termAt(this.lastIndex), "terms never fall along a log");
    if (this.#length === this.#checksums.length) this.#grow();
    this.#checksums[this.#length] = checksum;
    this.#length++;
    const run = this.#runs.at(-1);
    if (run === undefined || run.term !== term) this.#runs.push({ from: this.lastIndex, term });
  }

  /** Forgets every row after this index. */
  cut(after: number): void {
    assert(after >= this.#base.index && after <= this.lastIndex, "a cut is within the log");
    this.#length = after - this.#base.index;
    while (this.#runs.length > 0 && this.#runs.at(-1)!.from > after) this.#runs.pop();
  }

  /** Moves the base up to a row held: it and those before it are in a checkpoint. */
  dropThrough(index: number): void {
    const base = this.at(index);
    this.#checksums = this.#checksums.slice(index - this.#base.index);
    this.#length -= index - this.#base.index;
    while (this.#runs.length > 1 && this.#runs[1]!.from <= index + 1) this.#runs.shift();
    if (this.#length === 0) this.#runs = [];
    else
      this.#runs[0] = {
        from: Math.max(this.#runs[0]!.from, index + 1),
        term: this.#runs[0]!.term,
      };
    this.#base = base;
    if (this.#checksums.length === 0) this.#checksums = new Uint32Array(ROWS_AT_FIRST);
  }

  /** Forgets every row: the log begins behind this one, which a checkpoint holds. */
  startAfter(base: Position): void {
    assert(base.index > this.#base.index, "a log never begins earlier than before");
    this.#base = base;
    this.#length = 0;
    this.#checksums = new Uint32Array(ROWS_AT_FIRST);
    this.#runs = [];
  }

  /** An equal log of its own, no larger than it needs: the exhaustive search copies states. */
  clone(): LogIndex {
    const copy = new LogIndex(this.#base);
    copy.#length = this.#length;
    copy.#checksums = new Uint32Array(this.#length + 4);
    copy.#checksums.set(this.#checksums.subarray(0, this.#length));
    copy.#runs = this.#runs.map(({ from, term }) => ({ from, term }));
    return copy;
  }

  #runAt(index: number): { from: number; term: number } {
    assert(index > this.#base.index && index <= this.lastIndex, `row ${index} is in the log`);
    // Almost always the last run is meant; before it, search from the end: terms are few.
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!;
      if (run.from <= index) return run;
    }
    throw new RangeError(`no term holds row ${index}`);
  }

  #grow(): void {
    const larger = new Uint32Array(Math.ceil(this.#checksums.length * 1.5));
    larger.set(this.#checksums);
    this.#checksums = larger;
  }
}
