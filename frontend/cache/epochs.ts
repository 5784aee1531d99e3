/**
 * What keeps the caches of all threads exact: a table of counters that all of
 * them see at once. A name hashes to a slot; an invalidation adds one to it;
 * a look-up reads the slot before it asks the catalog and stores the answer
 * with that epoch; an entry whose epoch is no longer its slot's is a miss.
 * Two names in one slot cost a miss, never a wrong answer. Lists and
 * searches hang on one more slot, for 'anything changed'.
 *
 * A counter wraps after 2^32 changes; an entry would have to lie unread
 * through exactly that many changes of its slot to be mistaken for fresh.
 */
import assert from "node:assert/strict";

/** A power of two: 256 KiB, and of 10,000 names nine in ten have a slot of their own. */
const NAME_SLOTS = 65_536;

/** The slot of lists and searches; those of names follow. */
export const ANYTHING = 0;

/** @param nameSlots a power of two */
export function epochsBytes(nameSlots = NAME_SLOTS): number {
  return (1 + nameSlots) * Int32Array.BYTES_PER_ELEMENT;
}

export class Epochs {
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** @param buffer of epochsBytes(), the same for all threads */
  constructor(buffer: SharedArrayBuffer) {
    this.#slots = new Int32Array(buffer);
    this.#mask = this.#slots.length - 2;
    assert.equal(this.#mask & (this.#mask + 1), 0, "the slots of names are a power of two");
  }

  slotOf(name: string): number {
    // FNV-1a over UTF-16 units: names are short, and nobody gains by a collision.
    let hash = 0x811c9dc5;
    for (let at = 0; at < name.length; at++) {
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    }
    return 1 + ((hash ^ (hash >>> 16)) & this.#mask);
  }

  current(slot: number): number {
    return Atomics.load(this.#slots, slot);
  }

  /** From here on no thread serves what it held of these names, nor any list. */
  raise(names: readonly string[]): void {
    for (const name of names) Atomics.add(this.#slots, this.slotOf(name), 1);
    Atomics.add(this.#slots, ANYTHING, 1);
  }

  /** From here on no thread serves anything that it held. */
  raiseAll(): void {
    for (let slot = 0; slot < this.#slots.length; slot++) Atomics.add(this.#slots, slot, 1);
  }
}
