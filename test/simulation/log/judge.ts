/**
 * Knows what was promised, and nothing of how. It is told facts as they
 * happen, looks at the replicas only to count copies, and throws a Violation
 * the moment a promise is broken. It is itself tested with one bad history
 * for each invariant (judge_test.ts).
 *
 * "Committed" is what a leader called committed: the first time is what
 * counts, and in which term.
 */
import type { Row } from "../../../shared/replication/core/messages.ts";
import type { LogIndex, Position } from "../../../shared/replication/core/log_index.ts";

export const INVARIANTS = {
  oneLeader: "one leader a term",
  committedStays: "committed rows never change",
  checkpointIsTrue: "a checkpoint stands for committed rows",
  logsMatch: "same index and term, same rows",
  termsRise: "terms never go back",
  oneVote: "one vote a term",
  onQuorum: "committed rows are on a quorum of disks",
  leaderComplete: "a leader has all that was committed",
  freshReads: "a confirmed read is not stale",
  followersWait: "a follower commits what its leader did",
  progress: "without faults all goes on",
  replicaAsserts: "the replica's own asserts hold",
} as const;

export type Invariant = keyof typeof INVARIANTS;

export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: Invariant;

  constructor(invariant: Invariant, message: string, options?: ErrorOptions) {
    super(`${INVARIANTS[invariant]}: ${message}`, options);
    this.invariant = invariant;
  }
}

export type Fact =
  /** Rows entered a log, in memory. */
  | { kind: "appended"; rows: readonly Row[] }
  | { kind: "won"; term: number }
  | { kind: "opened"; term: number }
  | { kind: "stepped_down" }
  /** A replica said that rows after `from` up to `to` are committed. */
  | { kind: "committed"; from: number; to: number }
  /** An answer left that promises to refuse all terms below this one. */
  | { kind: "promised"; term: number }
  | { kind: "voted"; term: number; candidate: number }
  /** A leader was confirmed; `known` rows were committed when that was asked. */
  | { kind: "confirmed"; known: number }
  /** A checkpoint after this row took the place of a log; `isTrue`: its text is whole. */
  | { kind: "restored"; from: number; at: Position; isTrue: boolean }
  /** Rows after this one left the disk. */
  | { kind: "shrunk"; after: number }
  | { kind: "restarted" }
  /** The disk lost promises and rows; until it recovered, the replica counts for nothing. */
  | { kind: "damaged" }
  | { kind: "recovered" };

/** What the judge sees of a replica. */
export interface Witness {
  readonly id: number;
  readonly alive: boolean;
  readonly state: {
    readonly term: number;
    readonly commitIndex: number;
    readonly log: Pick<LogIndex, "at" | "base" | "lastIndex">;
    readonly leading: object | null;
  };
  readonly disk: {
    readonly base: { readonly index: number };
    readonly rows: readonly { readonly checksum: number }[];
    readonly isRecovering: boolean;
  };
}

interface CommittedRow {
  checksum: number;
  /** Term of the leader that first called it committed. */
  within: number;
}

/** Above every id. */
const IDS = 16;

export class Judge {
  nodes: readonly Witness[];
  readonly quorum: number;
  /** committed[0] has index 1. */
  #committed: CommittedRow[] = [];
  #leaders = new Map<number, number>();
  #votes = new Map<number, number>();
  /** Replicas whose disk was damaged at some time. */
  #forgotten = new Set<number>();
  /** Highest term that each replica has promised, by id. */
  #promised: number[] = [];

  constructor(nodes: readonly Witness[], quorum: number) {
    this.nodes = nodes;
    this.quorum = quorum;
  }

  get committedCount(): number {
    return this.#committed.length;
  }

  get termsWon(): number {
    return this.#leaders.size;
  }

  /** @throws Violation */
  see(node: Witness, fact: Fact): void {
    switch (fact.kind) {
      case "appended":
        return this.#seeAppended(node, fact.rows);
      case "won":
        return this.#seeWon(node, fact.term);
      case "committed":
        return this.#seeCommitted(node, fact.from, fact.to);
      case "promised":
        return this.#seeTerm(node, fact.term);
      case "voted":
        return this.#seeVote(node.id, fact.term, fact.candidate);
      case "confirmed":
        if (node.state.commitIndex < fact.known) {
          const { commitIndex } = node.state;
          fail("freshReads", `${node.id} knows ${commitIndex} rows of ${fact.known} committed`);
        }
        return;
      case "restored":
        return this.#seeRestored(node, fact);
      case "shrunk":
        return this.#checkCopies(fact.after + 1);
      case "damaged":
        this.#promised[node.id] = 0;
        this.#forgotten.add(node.id);
        return;
      case "recovered":
        return this.#checkCopies(1);
      case "restarted":
        return this.#seeTerm(node, node.state.term);
    }
  }

  #seeAppended(node: Witness, rows: readonly Row[]): void {
    for (const other of this.nodes) {
      if (other === node || !other.alive) continue;
      const { log } = other.state;
      for (const { index, term, checksum } of rows) {
        if (index > log.lastIndex) break;
        if (index < log.base.index) continue;
        const held = log.at(index);
        if (held.term === term && held.checksum !== checksum)
          fail("logsMatch", `${node.id} and ${other.id} differ in row ${index} of term ${term}`);
      }
    }
  }

  #seeWon(node: Witness, term: number): void {
    const other = this.#leaders.get(term);
    if (other !== undefined) fail("oneLeader", `${node.id} won term ${term}, as ${other} did`);
    this.#leaders.set(term, node.id);
    this.#seeVote(node.id, term, node.id);
    this.#seeTerm(node, term);
    for (let index = 1; index <= this.#committed.length; index++) {
      // A late leader of an old term can do no harm and need not have what came after it.
      if (this.#committed[index - 1]!.within < term) this.#checkHolds(node, index);
    }
  }

  #checkHolds(node: Witness, index: number): void {
    const { log, term } = node.state;
    if (index < log.base.index) return;
    const held = index <= log.lastIndex ? log.at(index).checksum : null;
    if (held !== this.#committed[index - 1]!.checksum)
      fail("leaderComplete", `${node.id} leads term ${term} without committed row ${index}`);
  }

  #seeTerm({ id, state }: Witness, term: number): void {
    const promised = Math.max(this.#promised[id] ?? 0, term);
    if (state.term < promised)
      fail("termsRise", `${id} is in term ${state.term} after it promised ${promised}`);
    this.#promised[id] = promised;
  }

  #seeVote(id: number, term: number, candidate: number): void {
    const key = term * IDS + id;
    const known = this.#votes.get(key);
    // A replica that lost its disk may have lost a vote: what matters then is that it did no harm.
    if (known === undefined || this.#forgotten.has(id)) this.#votes.set(key, candidate);
    else if (known !== candidate)
      fail("oneVote", `${id} gave term ${term} to ${known} and to ${candidate}`);
  }

  #seeCommitted(node: Witness, from: number, to: number): void {
    const { log, term } = node.state;
    const before = this.#committed.length;
    for (let index = Math.max(from + 1, log.base.index); index <= to; index++) {
      const { checksum } = log.at(index);
      const known = this.#committed[index - 1];
      if (known === undefined) this.#committed.push({ checksum, within: term });
      else if (known.checksum !== checksum)
        fail("committedStays", `${node.id} has another row ${index}`);
    }
    if (to <= before) return;
    if (node.state.leading === null) {
      fail("followersWait", `${node.id} follows and is the first to commit row ${to}`);
    }
    this.#checkCopies(before + 1);
    for (const other of this.nodes) {
      const leadsLater = other.alive && other.state.leading !== null && other.state.term > term;
      if (leadsLater) for (let i = before + 1; i <= to; i++) this.#checkHolds(other, i);
    }
  }

  #seeRestored({ id }: Witness, { from, at, isTrue }: Fact & { kind: "restored" }): void {
    const known = this.#committed[at.index - 1];
    if (at.index <= from)
      fail("committedStays", `${id} goes back from row ${from} to a checkpoint at ${at.index}`);
    if (!isTrue || known?.checksum !== at.checksum)
      fail("checkpointIsTrue", `${id} takes what is not the state after row ${at.index}`);
  }

  /** Counts the copies of each committed row from this index on. */
  #checkCopies(from: number): void {
    for (let index = from; index <= this.#committed.length; index++) {
      const { checksum } = this.#committed[index - 1]!;
      let copies = 0;
      for (const { disk } of this.nodes) {
        const { base, rows, isRecovering } = disk;
        const isCopy =
          index <= base.index || rows[index - base.index - 1]?.checksum === checksum;
        if (isRecovering || isCopy) copies++;
      }
      if (copies < this.quorum) fail("onQuorum", `row ${index} is on ${copies} disks`);
    }
  }

  /** The exhaustive search goes on from one past in many ways. */
  clone(nodes: readonly Witness[]): Judge {
    const copy = new Judge(nodes, this.quorum);
    copy.#committed = [...this.#committed];
    copy.#leaders = new Map(this.#leaders);
    copy.#votes = new Map(this.#votes);
    copy.#forgotten = new Set(this.#forgotten);
    copy.#promised = [...this.#promised];
    return copy;
  }

  /**
   * Equal texts: judges that will say the same of the same future. Votes in terms that their
   * giver has left would first break another promise.
   */
  key(): string {
    const votes = [...this.#votes].filter(
      ([key]) => Math.floor(key / IDS) >= (this.#promised[key % IDS] ?? 0),
    );
    const sorted = (entries: [number, number][]) => entries.sort((a, b) => a[0] - b[0]);
    return JSON.stringify([
      this.#committed.map(({ checksum, within }) => [checksum, within]),
      sorted([...this.#leaders]),
      sorted(votes),
      this.#promised,
      [...this.#forgotten],
    ]);
  }
}

function fail(invariant: Invariant, message: string): never {
  throw new Violation(invariant, message);
}
