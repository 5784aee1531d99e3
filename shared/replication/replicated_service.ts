/**
 * What a service that keeps its state in a replicated log has to answer: the
 * catalog and the orders alike. The log tells it of every row in order, first
 * as it enters, later when it is committed; what it does with them is its own.
 */
import type { Clock } from "../clock.ts";
import type { Log } from "../logging.ts";
import type { Peer } from "../cluster/peer.ts";
import type { Disk } from "./storage/disk.ts";

/** What a replicated service does with its log. All calls are synchronous. */
export interface ReplicatedService {
  /** Names of the CSV columns between `term` and `checksum`. */
  columns: readonly string[];
  /** CSV text of those columns for a term's opening row. */
  openingPayload(): string;
  /**
   * Rows of another replica, before the log takes any of them: they would stand behind its row
   * `after`, in the place of what stands there now. Changes nothing.
   * @throws bad_request, conflict: one is none of this service's, or cannot follow what is before
   */
  checkRows(after: number, payloads: readonly string[]): void;
  /**
   * Every row as it enters this replica's log: from disk, from a leader, or proposed. Not
   * yet durable.
   */
  onRow(index: number, term: number, payload: string): void;
  /** The rows after this index have left the log; they never were committed. */
  onCut(after: number): void;
  /** Rows up to this index are committed; starts again at 0 in a new process. */
  onCommit(index: number): void;
  /** This replica leads and may serve: its opening row is committed. */
  onLead(term: number): void;
  /** It no longer leads: whoever waits for a commit will not hear of it here. */
  onStepDown(): void;
  /** The state exactly at the last row given to onRow. Without it the log is kept whole. */
  snapshot?(): string;
  /**
   * Another replica's, before it takes the place of anything. Changes nothing.
   * @throws bad_request: it is not what `snapshot` says at this index
   */
  checkSnapshot?(text: string, index: number): void;
  /**
   * What another replica's snapshot said takes the place of all that this service holds: at the
   * start, or while it runs and does not lead. `index` is not below what it knows committed.
   */
  restore?(text: string, index: number): void;
}

export interface ReplicaHostOptions {
  id: number;
  /** The other members of the group; who made them closes them. */
  others: ReadonlyMap<number, Peer>;
  quorum: number;
  disk: Disk;
  service: ReplicatedService;
  /** Differs at every start of this member. */
  startId: string;
  clock: Clock;
  /** A checkpoint stands at every multiple of this index; the same on all members. */
  checkpointEveryRows?: number;
  /** Rows that a leader keeps in memory for its followers. */
  tailRowsMax?: number | undefined;
  log: Log;
  /** A disk that failed or a bug: ends the process. */
  fail: (error: unknown) => void;
}
