/**
 * States met, by a hash of 64 bits, in open addressing: 8 bytes a state, where
 * a Set of texts would take hundreds. Two states of one hash would hide one of
 * them (chance below one in a million for five million states); it could never
 * invent a violation.
 */
export class StateSet {
  #slots = new Uint32Array(2 ** 17);
  #mask = 2 ** 16 - 1;
  size = 0;

  /** False when it was there. */
  add(high: number, low: number): boolean {
    if (this.size * 2 > this.#mask) this.#grow();
    // 0, 0 marks an empty slot.
    const isNew = this.#put(high, (low | 1) >>> 0);
    if (isNew) this.size++;
    return isNew;
  }

  #put(high: number, low: number): boolean {
    const slots = this.#slots;
    for (let at = (high ^ low) & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = at * 2;
      if (slots[slot + 1] === 0) {
        slots[slot] = high;
        slots[slot + 1] = low;
        return true;
      }
      if (slots[slot] === high && slots[slot + 1] === low) return false;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
    }
  }
}
