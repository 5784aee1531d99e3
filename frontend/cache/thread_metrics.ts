/**
 * What each HTTP thread counts, in memory that the owner reads for /health
 * and /status without asking. Each thread has a row of its own and is the
 * only one that writes it, so a count is a plain addition and no atomic one;
 * a reader may be one request behind.
 */
import assert from "node:assert/strict";
import type { CacheCounts } from "./lru_cache.ts";

const FIELDS = 5;
const HITS = 0;
const MISSES = 1;
const EVICTIONS = 2;
const ENTRIES = 3;
const REQUESTS = 4;

export function threadCountsBytes(threads: number): number {
  // The last cell hands out the rows.
  return (threads * FIELDS + 1) * Float64Array.BYTES_PER_ELEMENT;
}

/** One thread's row. */
export class ThreadCounts implements CacheCounts {
  readonly #cells: Float64Array;

  constructor(cells: Float64Array) {
    assert.equal(cells.length, FIELDS);
    this.#cells = cells;
  }

  /** The next row that no thread has taken yet. */
  static take(buffer: SharedArrayBuffer): ThreadCounts {
    const bytes = Float64Array.BYTES_PER_ELEMENT;
    const rows = (buffer.byteLength / bytes - 1) / FIELDS;
    const taken = new Int32Array(buffer, rows * FIELDS * bytes, 1);
    const row = Atomics.add(taken, 0, 1);
    assert(row < rows, "there is a row for each thread");
    return new ThreadCounts(new Float64Array(buffer, row * FIELDS * bytes, FIELDS));
  }

  get hits(): number {
    return this.#cells[HITS]!;
  }
  set hits(value: number) {
    this.#cells[HITS] = value;
  }

  get misses(): number {
    return this.#cells[MISSES]!;
  }
  set misses(value: number) {
    this.#cells[MISSES] = value;
  }

  get evictions(): number {
    return this.#cells[EVICTIONS]!;
  }
  set evictions(value: number) {
    this.#cells[EVICTIONS] = value;
  }

  get entries(): number {
    return this.#cells[ENTRIES]!;
  }
  set entries(value: number) {
    this.#cells[ENTRIES] = value;
  }

  get requests(): number {
    return this.#cells[REQUESTS]!;
  }
  set requests(value: number) {
    this.#cells[REQUESTS] = value;
  }
}

export interface CountsTotal extends CacheCounts {
  requests: number;
}

/** All threads' rows added up. */
export function totalOf(buffer: SharedArrayBuffer): CountsTotal {
  const cells = new Float64Array(buffer);
  const total = { hits: 0, misses: 0, evictions: 0, entries: 0, requests: 0 };
  for (let at = 0; at + FIELDS <= cells.length - 1; at += FIELDS) {
    total.hits += cells[at + HITS]!;
    total.misses += cells[at + MISSES]!;
    total.evictions += cells[at + EVICTIONS]!;
    total.entries += cells[at + ENTRIES]!;
    total.requests += cells[at + REQUESTS]!;
  }
  return total;
}
