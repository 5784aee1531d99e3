/**
 * What replicas say to each other, as the pure replica sees it: rows are
 * objects here, and the CSV text that lands on disk when they travel
 * (row_format.ts). Every question gets one answer; a lost one is the answer null.
 */
import type { Position } from "./log_index.ts";

/** One line of the log. */
export interface Row {
  index: number;
  term: number;
  /** CRC-32 over this row's text and the checksum of the row before it. */
  checksum: number;
  /** The whole line as on disk, without its line break. */
  text: string;
}

/** Leader to follower: rows after `prev`, or none: a heartbeat. Raft, figure 2, AppendEntries. */
export interface Replicate {
  kind: "replicate";
  term: number;
  leader: number;
  prev: Position;
  rows: Row[];
  /** The leader's commit index. */
  commit: number;
  /** Numbers the leader's rounds: an answer confirms its leadership as of that round's start. */
  round: number;
  /**
   * To a recovering replica, the recovery it told of: since then a quorum of the
   * others has confirmed this leader, so what is committed here is all there is.
   */
  vouch: string | null;
}
export interface Replicated {
  kind: "replicated";
  term: number;
  /** `behind`: prev is not in this log, and the follower fetches what it lacks by itself. */
  result: "appended" | "behind" | "stale_term";
  /** prev + rows, on this follower's disk; never its own length. 0 unless appended. */
  match: number;
  round: number;
  /** Names the recovery under way: this answer confirms and promises nothing. */
  recovery: string | null;
}

/**
 * Nominee to all: `ask` is the dry run that writes nothing. Raft thesis 9.6 (PreVote), VSR's
 * StartViewChange.
 */
export interface Vote {
  kind: "vote";
  term: number;
  candidate: number;
  ask: boolean;
  /** A planned hand-over by the leader of exactly this term, which no longer counts as alive. */
  handover: number | null;
}
export interface Voted {
  kind: "voted";
  term: number;
  granted: boolean;
  /** The end of the voter's log, on disk, at the time of the promise. */
  last: Position;
  /** The live leader that made it say no, and how long it will go on saying so. */
  leader: number | null;
  leaseMs: number;
}

/** Anyone to a replica: lead. */
export interface Lead {
  kind: "lead";
  handover: number | null;
}
export type Led =
  | { kind: "led"; result: "leading"; term: number }
  | { kind: "led"; result: "leader_alive"; term: number; leader: number; leaseMs: number }
  | { kind: "led"; result: "no_votes"; term: number };

/** Follower to leader, or nominee to voter: the rows after a row, a page at a time. */
export interface ReadLog {
  kind: "read_log";
  reader: number;
  /** Answered only in exactly this term: the log cannot change under the reader then. */
  term: number;
  after: Position;
}
export interface LogPage {
  kind: "log_page";
  term: number;
  /**
   * `conflict`: `after` is not in this log; `dropped`: it is before the oldest row kept, and the
   * reader is to take the checkpoint.
   */
  result: "rows" | "conflict" | "dropped" | "other_term";
  prev: Position;
  rows: Row[];
  commit: number;
  /** The rows end the log: what follows comes by replicate. */
  complete: boolean;
}

/**
 * The same two, when a checkpoint has taken the rows that are asked for: its text, a piece at a
 * time. Raft, figure 13, InstallSnapshot; fetched here, not pushed.
 */
export interface ReadCheckpoint {
  kind: "read_checkpoint";
  reader: number;
  /** Answered as in ReadLog. */
  term: number;
  /** Characters of the text before this piece. */
  offset: number;
}
export interface CheckpointPage {
  kind: "checkpoint_page";
  term: number;
  /** Null: not shown, as `other_term` is, or there is none. */
  piece: CheckpointPiece | null;
}

/** What tells one checkpoint from another: where these are equal, so are the texts. */
export interface CheckpointName {
  /** The row, committed, after which the service's state stood so. */
  at: Position;
  /** Of the text, in characters. */
  length: number;
  /** CRC-32 of the text. */
  checksum: number;
}
/** A part of the text of the checkpoint that the sender has now: it may have a newer one next. */
export interface CheckpointPiece extends CheckpointName {
  offset: number;
  text: string;
}

export type Question = Replicate | Vote | ReadLog | ReadCheckpoint;
export type Answer = Replicated | Voted | LogPage | CheckpointPage;
export type Request = Question | Lead;
export type Reply = Answer | Led;
