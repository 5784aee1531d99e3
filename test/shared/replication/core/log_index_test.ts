/** The index of a log beside a plain list of its rows. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { LogIndex, START, type Position } from "../../../../shared/replication/core/log_index.ts";

/** The same, as simply as can be. */
class NaiveIndex {
  rows: Position[] = [];
  base: Position = START;

  get lastIndex(): number {
    return this.rows.at(-1)?.index ?? this.base.index;
  }
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

test("a random walk of appending, cutting and dropping agrees with a plain list", () => {
  const random = randomFrom(5);
  const index = new LogIndex();
  const naive = new NaiveIndex();
  let term = 1;
  for (let i = 0; i < 20_000; i++) {
    const roll = random();
    if (roll < 0.7) {
      if (random() < 0.1) term++;
      const checksum = Math.floor(random() * 2 ** 32);
      index.append(term, checksum);
      naive.rows.push({ index: naive.lastIndex + 1, term, checksum });
    } else if (roll < 0.98) {
      const after = naive.lastIndex - Math.floor(random() * Math.min(4, naive.rows.length + 1));
      index.cut(after);
      naive.rows = naive.rows.filter((row) => row.index <= after);
    } else if (naive.rows.length > 0) {
      const drop = naive.rows[Math.floor(random() * naive.rows.length)]!;
      index.dropThrough(drop.index);
      naive.base = drop;
      naive.rows = naive.rows.filter((row) => row.index > drop.index);
    }
    checkSame(index, naive, random);
  }
});

function checkSame(index: LogIndex, naive: NaiveIndex, random: () => number): void {
  assert.equal(index.lastIndex, naive.lastIndex);
  assert.deepEqual(index.base, naive.base);
  const row = naive.rows[Math.floor(random() * naive.rows.length)] ?? naive.base;
  assert.deepEqual(index.at(row.index), row);
  assert(index.holds(row));
  if (row.index === naive.base.index) return;
  assert(!index.holds({ ...row, checksum: (row.checksum + 1) % 2 ** 32 }));
  const first = naive.rows.find((one) => one.term === row.term)!;
  assert.equal(index.termStart(row.index), first.index);
}

test("what is not in the log is not held; what is before its base is", () => {
  const index = new LogIndex({ index: 10, term: 2, checksum: 77 });
  index.append(3, 5);
  assert(index.holds({ index: 10, term: 2, checksum: 77 }));
  assert(!index.holds({ index: 10, term: 2, checksum: 78 }));
  assert(!index.holds({ index: 10, term: 1, checksum: 77 }));
  assert(!index.holds({ index: 12, term: 3, checksum: 5 }));
  assert(!index.holds({ index: 11, term: 2, checksum: 5 }));
  assert(index.holds({ index: 4, term: 1, checksum: 0 }));
  assert.throws(() => index.append(2, 1), /never fall/);
  assert.throws(() => index.cut(9), /within the log/);
});
