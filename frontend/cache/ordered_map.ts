/**
 * A map that knows the order in which its keys were last used, for the cache
 * to know whom to drop. Reading moves nothing: `moveToFront` does, so that
 * the owner decides what counts as use. Every operation takes constant time.
 *
 * The order is a doubly linked ring in one Uint32Array and not the insertion
 * order of a Map: deleting and inserting again leaves a hole in its table
 * each time, and the table is copied when there are enough of them. No object
 * a key either, so a million entries are nothing to the garbage collector.
 *
 *   slot  s: an even number, the same one in both arrays; 0 is the ring's root
 *   links s: towards the newer   s + 1: towards the older
 *   items s: the key             s + 1: the value
 *
 *   root.older = newest … oldest.older = root
 */
import assert from "node:assert/strict";

const ROOT = 0;
const SLOTS_AT_FIRST = 16;

export class OrderedMap<K, V> {
  readonly #slots = new Map<K, number>();
  #links = new Uint32Array(2 * SLOTS_AT_FIRST);
  /** Invariant: a slot that holds no key holds undefined twice. */
  #items: unknown[] = [undefined, undefined];
  /** Slots that were given back, chained by their first link; ROOT ends the chain. */
  #free = ROOT;

  get size(): number {
    return this.#slots.size;
  }

  has(key: K): boolean {
    return this.#slots.has(key);
  }

  /** The value; the order stays as it is. */
  get(key: K): V | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : (this.#items[slot + 1] as V);
  }

  /** The value, and its key is now the newest: `get` and `moveToFront` in one search. */
  use(key: K): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const links = this.#links;
    if (links[ROOT + 1] !== slot) moveToFront(links, slot);
    return this.#items[slot + 1] as V;
  }

  /** A new key becomes the newest; a known one keeps its place and gets the value. */
  set(key: K, value: V): void {
    const known = this.#slots.get(key);
    if (known !== undefined) {
      this.#items[known + 1] = value;
      return;
    }
    const slot = this.#takeSlot();
    this.#items[slot] = key;
    this.#items[slot + 1] = value;
    this.#slots.set(key, slot);
    linkAtFront(this.#links, slot);
  }

  /** False when there is no such key. */
  moveToFront(key: K): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    if (this.#links[ROOT + 1] !== slot) moveToFront(this.#links, slot);
    return true;
  }

  /** False when there was no such key. */
  delete(key: K): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#slots.delete(key);
    unlink(this.#links, slot);
    this.#items[slot] = undefined;
    this.#items[slot + 1] = undefined;
    this.#links[slot] = this.#free;
    this.#free = slot;
    return true;
  }

  /**
   * What a full cache does on each miss, in as few searches as can be: the key
   * gets the value and is the newest; in a map that has `limit` keys already,
   * a new one takes the slot of the oldest, which leaves.
   * @returns true when one left
   */
  put(key: K, value: V, limit: number): boolean {
    const known = this.#slots.get(key);
    if (known !== undefined) {
      this.#items[known + 1] = value;
      moveToFront(this.#links, known);
      return false;
    }
    const isFull = this.#slots.size >= limit;
    const slot = isFull ? this.#links[ROOT]! : this.#takeSlot();
    assert(slot !== ROOT, "a map without a key has no room to give");
    if (isFull) {
      this.#slots.delete(this.#items[slot] as K);
      moveToFront(this.#links, slot);
    } else {
      linkAtFront(this.#links, slot);
    }
    this.#slots.set(key, slot);
    this.#items[slot] = key;
    this.#items[slot + 1] = value;
    return isFull;
  }

  /** The key that was not used for longest; undefined when there is none. */
  oldest(): K | undefined {
    return this.#items[this.#links[ROOT]!] as K | undefined;
  }

  clear(): void {
    this.#slots.clear();
    this.#links = new Uint32Array(2 * SLOTS_AT_FIRST);
    this.#items = [undefined, undefined];
    this.#free = ROOT;
  }

  /** Newest first. The map must not change meanwhile. */
  *keys(): IterableIterator<K> {
    const links = this.#links;
    for (let slot = links[ROOT + 1]!; slot !== ROOT; slot = links[slot + 1]!) {
      yield this.#items[slot] as K;
    }
  }

  #takeSlot(): number {
    const free = this.#free;
    if (free !== ROOT) {
      this.#free = this.#links[free]!;
      return free;
    }
    const slot = this.#items.length;
    if (slot === this.#links.length) this.#grow();
    this.#items.push(undefined, undefined);
    return slot;
  }

  #grow(): void {
    const grown = new Uint32Array(this.#links.length * 2);
    grown.set(this.#links);
    this.#links = grown;
  }
}

function linkAtFront(links: Uint32Array, slot: number): void {
  const newest = links[ROOT + 1]!;
  links[slot] = ROOT;
  links[slot + 1] = newest;
  links[newest] = slot;
  links[ROOT + 1] = slot;
}

function unlink(links: Uint32Array, slot: number): void {
  const newer = links[slot]!;
  const older = links[slot + 1]!;
  links[newer + 1] = older;
  links[older] = newer;
}

function moveToFront(links: Uint32Array, slot: number): void {
  unlink(links, slot);
  linkAtFront(links, slot);
}
