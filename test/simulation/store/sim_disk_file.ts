/**
 * A file's content twice: as processes see it, and as it is on disk. Between
 * them are the pieces that were written and not flushed; nothing is ever
 * copied whole but after a crash.
 *
 *   seen   ████████████████░░░░░   all that was written
 *   safe   ████████████████        what was flushed
 *   pieces                 └─┴─┘   copies of what was written since, in order
 */
import type { Random } from "../random.ts";

interface Piece {
  /** Of its writing: a flush covers what was written before it began. */
  order: number;
  /** Where in the file; of a cut: the length that it leaves. */
  at: number;
  /** Where in the copies, and how long; CUT: no bytes. */
  from: number;
  length: number;
}

/** What a loss of power did to the pieces of a file. */
export interface Losses {
  lost: number;
  torn: boolean;
  zeroed: boolean;
}

const CUT = -1;
const SECTOR_BYTES = 512;
const FIRST_BYTES = 256;
/** Shares at a loss of power. */
const TEAR = 0.5;
const ZERO = 0.7;

export class SimFile {
  readonly #seen = new Bytes();
  readonly #safe = new Bytes();
  readonly #copies = new Bytes();
  #pieces: Piece[] = [];
  #written = 0;

  get size(): number {
    return this.#seen.length;
  }

  /** All that was written so far: what a flush that begins now covers. */
  get written(): number {
    return this.#written;
  }

  read(into: Uint8Array, at: number): number {
    const bytes = this.#seen.view(at, at + into.length);
    into.set(bytes);
    return bytes.length;
  }

  /** As they are now: the next write may change them. */
  bytes(): Buffer {
    return this.#seen.view(0, this.#seen.length);
  }

  write(bytes: Uint8Array, at: number): void {
    const from = this.#copies.length;
    this.#copies.write(bytes, from);
    this.#pieces.push({ order: this.#written++, at, from, length: bytes.length });
    this.#seen.write(bytes, at);
  }

  truncate(length: number): void {
    this.#pieces.push({ order: this.#written++, at: length, from: 0, length: CUT });
    this.#seen.truncate(length);
  }

  /** What was written before is on disk. */
  settle(written: number): void {
    const pieces = this.#pieces;
    let done = 0;
    for (; done < pieces.length && pieces[done]!.order < written; done++) {
      this.#apply(pieces[done]!);
    }
    this.#drop(done);
  }

  /** What was written before will never be on disk, although it is seen. */
  forget(written: number): void {
    let done = 0;
    while (done < this.#pieces.length && this.#pieces[done]!.order < written) done++;
    this.#drop(done);
  }

  /**
   * Power fails: of the pieces, the first ones got to disk, the next perhaps
   * in part; and of those that did, a whole new sector may have stayed behind
   * (one that is written over then holds what it did before).
   */
  lose(random: Random): Losses {
    const pieces = this.#pieces;
    if (pieces.length === 0) {
      this.#seeWhatIsSafe();
      return { lost: 0, torn: false, zeroed: false };
    }
    const before = this.#safe.length;
    const kept = random.below(pieces.length + 1);
    for (let at = 0; at < kept; at++) this.#apply(pieces[at]!);
    const next = pieces[kept];
    const isTorn = next !== undefined && next.length > 1 && random.chance(TEAR);
    if (isTorn) this.#apply(next, 1 + random.below(next.length - 1));
    const last = random.chance(ZERO) ? pieces[kept - 1] : undefined;
    const isZeroed = last !== undefined && this.#zero(last, before, random);
    const losses = { lost: pieces.length - kept, torn: isTorn, zeroed: isZeroed };
    this.#drop(pieces.length);
    this.#seeWhatIsSafe();
    return losses;
  }

  /** For damage: changes what is on disk, which nobody has open. */
  damage(change: (bytes: Buffer) => number): void {
    this.settle(this.#written);
    const length = change(this.#safe.view(0, this.#safe.length));
    this.#safe.truncate(length);
    this.#seeWhatIsSafe();
  }

  #apply({ at, from, length }: Piece, most = length): void {
    if (length === CUT) this.#safe.truncate(at);
    else this.#safe.write(this.#copies.view(from, from + most), at);
  }

  /** One sector of the piece to its end, as far as it held nothing before. */
  #zero({ at, length }: Piece, before: number, random: Random): boolean {
    const fresh = Math.max(at, before);
    const first = Math.floor(fresh / SECTOR_BYTES);
    const sectors = Math.floor((at + length) / SECTOR_BYTES) - first;
    if (length === CUT || sectors <= 0) return false;
    const start = (first + random.below(sectors)) * SECTOR_BYTES;
    this.#safe.view(Math.max(fresh, start), start + SECTOR_BYTES).fill(0);
    return true;
  }

  #drop(count: number): void {
    if (count < this.#pieces.length) {
      this.#pieces.splice(0, count);
      return;
    }
    this.#pieces.length = 0;
    this.#copies.truncate(0);
  }

  #seeWhatIsSafe(): void {
    this.#seen.truncate(0);
    this.#seen.write(this.#safe.view(0, this.#safe.length), 0);
  }
}

/** Bytes that grow. */
class Bytes {
  length = 0;
  #buffer: Buffer = NOTHING;

  view(start: number, end: number): Buffer {
    return this.#buffer.subarray(start, Math.min(end, this.length));
  }

  /** Where nothing was written before there are zeros. */
  write(bytes: Uint8Array, at: number): void {
    const end = at + bytes.length;
    if (end > this.#buffer.length) this.#grow(end);
    if (at > this.length) this.#buffer.fill(0, this.length, at);
    this.#buffer.set(bytes, at);
    if (end > this.length) this.length = end;
  }

  /** Longer: with zeros. */
  truncate(length: number): void {
    if (length > this.#buffer.length) this.#grow(length);
    if (length > this.length) this.#buffer.fill(0, this.length, length);
    this.length = length;
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 * this.#buffer.length, least));
    this.#buffer.copy(larger, 0, 0, this.length);
    this.#buffer = larger;
  }
}

const NOTHING = Buffer.alloc(0);
