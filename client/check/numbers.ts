/**
 * One number per row in typed arrays that grow: a log of a million rows is
 * held as its numbers in a few megabytes, while its text streams by.
 */
type Store = Uint32Array | Float64Array;

export class Numbers {
  #values: Store;
  #length = 0;

  /** @param kind what fits: whole numbers below 2^32, or any number */
  constructor(kind: "uint32" | "float64") {
    this.#values = kind === "uint32" ? new Uint32Array(1_024) : new Float64Array(1_024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const size = this.#length * 2;
      const isWhole = this.#values instanceof Uint32Array;
      const larger = isWhole ? new Uint32Array(size) : new Float64Array(size);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** NaN where there is none. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? this.#values[index]! : Number.NaN;
  }

  /** Values that are there more than once, each with where it stands, ascending. */
  repeated(): Map<number, number[]> {
    const sorted = this.#values.slice(0, this.#length).sort();
    const found = new Map<number, number[]>();
    for (let at = 1; at < sorted.length; at++) {
      if (sorted[at] === sorted[at - 1]) found.set(sorted[at]!, []);
    }
    if (found.size === 0) return found;
    for (let at = 0; at < this.#length; at++) found.get(this.#values[at]!)?.push(at);
    return found;
  }
}

/** Texts as small whole numbers, each text once. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    this.#texts.push(text);
    return this.#texts.length - 1;
  }

  textOf(number: number): string {
    return this.#texts[number]!;
  }
}

/**
 * 53 bits that stand for a text: in a million texts two share them with a
 * chance of 1 in 18,000. (cyrb53 by bryc, public domain.)
 */
export function fingerprint(text: string): number {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & two) + (one >>> 0);
}
