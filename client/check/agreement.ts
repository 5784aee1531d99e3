/**
 * Whether the replicas of a group hold the same rows. A checksum covers every
 * row before it, so two logs are equal up to the last index at which their
 * checksums are, and that is found by halving.
 *
 *   order 1   ─────────────────┬──────        Behind the fork at most one of
 *   order 2   ─────────────────┘  ╌╌╌╌╌╌      them was committed. Rows of one
 *                              fork           term must be the same wherever
 *                                             they are: that is log matching.
 */
import type { ReadLog } from "./log_reader.ts";

export interface Replica {
  /** As people say it: `order 3`. */
  name: string;
  log: ReadLog;
  /** Up to here the rows are known to be committed: a checkpoint, or it said so. */
  committed: number;
}

export interface Fork {
  one: Replica;
  other: Replica;
  /** The first row that is not the same. */
  index: number;
  /** Why this must not be; null for what a dead leader may leave behind. */
  why: string | null;
}

export interface Agreement {
  /** The log that a leader would be chosen for: it has every committed row. */
  reference: Replica | null;
  /** The part of it that a majority holds: what was committed lies within. */
  majority: number;
  forks: Fork[];
  /** Enough logs are whole to be sure that the reference has every committed row. */
  isWhole: boolean;
}

/** @param members how many the group has; missing or damaged ones are not among the replicas */
export function agree(
  replicas: readonly Replica[],
  { members, quorum }: { members: number; quorum: number },
): Agreement {
  const forks: Fork[] = [];
  const common = new Map<Replica, number[]>();
  for (const replica of replicas) common.set(replica, [replica.log.last.index]);
  for (const [at, one] of replicas.entries()) {
    for (const other of replicas.slice(at + 1)) {
      const { index, fork } = compare(one, other);
      common.get(one)!.push(index);
      common.get(other)!.push(index);
      if (fork !== null) forks.push(fork);
    }
  }
  const copies = Math.min(quorum, replicas.length);
  const majorityOf = (replica: Replica) =>
    common.get(replica)!.sort((a, b) => b - a)[copies - 1]!;
  const [reference = null] = [...replicas].sort((one, other) =>
    majorityOf(other) - majorityOf(one) || compareEnds(other, one));
  return {
    reference,
    majority: reference === null ? 0 : majorityOf(reference),
    forks,
    isWhole: replicas.filter(({ log }) => log.damage === null).length > members - quorum,
  };
}

/** As votes compare logs: the higher last term, then the longer one. */
function compareEnds({ log: one }: Replica, { log: other }: Replica): number {
  return one.last.term - other.last.term || one.last.index - other.last.index;
}

/** The last index up to which two logs are equal. */
function compare(one: Replica, other: Replica): { index: number; fork: Fork | null } {
  let low = Math.max(one.log.base, other.log.base);
  let high = Math.min(one.log.last.index, other.log.last.index);
  // Of one nothing is left that the other still has: there is nothing to compare.
  if (high < low) return { index: high, fork: null };
  if (!isSame(one, other, low)) {
    const why = "a checkpoint holds that row, so it was committed";
    return { index: low - 1, fork: { one, other, index: low, why } };
  }
  const end = high;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isSame(one, other, middle)) low = middle;
    else high = middle - 1;
  }
  if (low === end) return { index: low, fork: null };
  const { index, why } = judgeFork(one, other, { first: low + 1, last: end });
  return { index: low, fork: { one, other, index, why } };
}

function isSame({ log: one }: Replica, { log: other }: Replica, index: number): boolean {
  return one.checksumAt(index) === other.checksumAt(index) &&
    one.termAt(index) === other.termAt(index);
}

function judgeFork(
  one: Replica,
  other: Replica,
  { first, last }: { first: number; last: number },
): { index: number; why: string | null } {
  if (Math.min(one.committed, other.committed) >= first) {
    return { index: first, why: "both count it as committed" };
  }
  for (let index = first; index <= last; index++) {
    if (one.log.termAt(index) === other.log.termAt(index)) {
      return { index, why: `both are of term ${one.log.termAt(index)}` };
    }
  }
  return { index: first, why: null };
}
