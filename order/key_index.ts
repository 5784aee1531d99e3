/**
 * Which order a key belongs to, for the latest orders, in about 20 bytes each:
 * a hash table of numbers alone. Neither keys nor rows are held; a hash that
 * is found names an order to read from the log, and the row there tells
 * whether it is that key. A hash that is not found, the usual case, costs no
 * read.
 *
 *   slots  │ hash │ number │ hash │ number │ …    open addressing, linear
 *                                                 probing (Knuth 6.4 R for
 *                                                 deletion without marks)
 *   hashes │ of order 1 │ of order 2 │ …          a ring of the latest KEYS_MAX,
 *                                                 to find the slot to free
 */
import { strict as assert } from "node:assert";

const SLOTS_AT_FIRST = 2048;

export class KeyIndex {
  readonly #max: number;
  /** Differs a process, so that nobody can choose keys that collide. */
  readonly #seed: number;
  #slots = new Uint32Array(2 * SLOTS_AT_FIRST);
  #hashes = new Uint32Array(SLOTS_AT_FIRST);
  /** Numbers held are last - size + 1 to last. */
  #last = 0;
  #size = 0;

  constructor(max: number, seed: number) {
    this.#max = max;
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** Binds the key to the next order; the oldest is forgotten when there are too many. */
  add(number: number, key: string): void {
    assert.equal(number, this.#last + 1, "orders are numbered without gaps");
    if (this.#size === this.#max) this.#removeOldest();
    this.#makeRoom();
    const hash = this.#hash(key);
    this.#hashes[number % this.#hashes.length] = hash;
    this.#insert(hash, number);
    this.#last = number;
    this.#size++;
  }

  /** Forgets the latest order again: its row was cut from the log. */
  removeLatest(): void {
    assert(this.#size > 0, "there is an order to forget");
    this.#remove(this.#hashes[this.#last % this.#hashes.length]!, this.#last);
    this.#last--;
    this.#size--;
  }

  /** Numbers of orders whose key may be this one; seldom more than the right one. */
  candidates(key: string): number[] {
    const hash = this.#hash(key);
    const found: number[] = [];
    const mask = this.#slots.length / 2 - 1;
    for (let slot = hash & mask; this.#slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      if (this.#slots[2 * slot] === hash) found.push(this.#slots[2 * slot + 1]!);
    }
    return found;
  }

  #removeOldest(): void {
    const oldest = this.#last - this.#size + 1;
    this.#remove(this.#hashes[oldest % this.#hashes.length]!, oldest);
    this.#size--;
  }

  #insert(hash: number, number: number): void {
    const mask = this.#slots.length / 2 - 1;
    let slot = hash & mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    this.#slots[2 * slot] = hash;
    this.#slots[2 * slot + 1] = number;
  }

  #remove(hash: number, number: number): void {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    let free = hash & mask;
    while (slots[2 * free + 1] !== number) {
      assert(slots[2 * free + 1] !== 0, `order ${number} is in the index`);
      free = (free + 1) & mask;
    }
    // Moves back what stood behind, unless it would then stand before its own place.
    for (let slot = (free + 1) & mask; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      const home = slots[2 * slot]! & mask;
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      slots[2 * free] = slots[2 * slot]!;
      slots[2 * free + 1] = slots[2 * slot + 1]!;
      free = slot;
    }
    slots[2 * free + 1] = 0;
  }

  /** At most half of the slots are taken, so that a miss is found out soon. */
  #makeRoom(): void {
    if (this.#size === this.#hashes.length) this.#growHashes();
    if (this.#size * 4 < this.#slots.length) return;
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#insert(old[i]!, old[i + 1]!);
    }
  }

  #growHashes(): void {
    const old = this.#hashes;
    this.#hashes = new Uint32Array(Math.min(this.#max, old.length * 2));
    for (let number = this.#last - this.#size + 1; number <= this.#last; number++) {
      this.#hashes[number % this.#hashes.length] = old[number % old.length]!;
    }
  }

  /** FNV-1a from a seed, with the finisher of MurmurHash3. */
  #hash(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}
