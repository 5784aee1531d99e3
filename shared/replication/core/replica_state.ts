/**
 * All that a replica knows, and the effects it can ask for. The state is one
 * plain object: the simulator copies it, the exhaustive search compares it,
 * and every rule that changes it is in the files beside it:
 *
 *   election.ts   from a nomination to a term that is won
 *   leader.ts      proposals, followers' progress, commit, rounds
 *   follower.ts    rows from a leader, catching up, votes given
 *   checkpoint_transfer.ts   catching up by a checkpoint, where the rows are gone
 *
 * The disk works behind the replica's back and in order: each effect that
 * touches it has a number, and 'written n' reports that all up to n are on
 * disk. An answer that rests on the disk waits in `resting` for its number.
 */
import { LogIndex, type Position } from "./log_index.ts";
import type {
  Answer, CheckpointName, Question, ReadCheckpoint, ReadLog, Reply, Request, Row,
} from "./messages.ts";

export interface ReplicaConfig {
  id: number;
  /** The other members of the group; fixed, so that "majority" means one thing. */
  others: readonly number[];
  /** Copies that commit and votes that elect, own ones included. */
  quorum: number;
  /** Differs at every start of the process: names a recovery. */
  startId: string;
  leaderLeaseMs: number;
  /** Only below a majority: how long a nominee waits for members that stay silent. */
  votePatienceMs: number;
  tailRowsMax: number;
  replicateRowsMax: number;
  /** Makes the line, with its checksum chained to that of the row before. */
  formatRow: (index: number, term: number, payload: string, before: number) => Row;
  /** CRC-32 of a text that goes on from one with this checksum; 0 before the first. */
  checksumOf: (text: string, before: number) => number;
  /** The service can go on from this text as what its state was after this row. */
  isSnapshot: (text: string, index: number) => boolean;
}

/**
 * Any two quorums share a member: one leader a term, and what is committed
 * stays. Below that (ORDER_QUORUM=1) the group sells on with one member left
 * and gives both up.
 */
export function hasMajorities({ quorum, others }: ReplicaConfig): boolean {
  return 2 * quorum > others.length + 1;
}

export interface ReplicaState {
  readonly config: ReplicaConfig;
  /** Highest term met. Never falls; on disk before any answer that shows it. */
  term: number;
  /** Whom this replica promised the term to; at most one a term. */
  vote: number | null;
  role: "follower" | "candidate" | "leader";
  leader: number | null;
  /** When a leader of the current term was last heard, monotonic ms. */
  heardAtMs: number;
  /** Rows as they entered this log, on disk or on their way there. */
  log: LogIndex;
  /**
   * Highest index known committed. Never falls within a process, and rows up to it never
   * change; but for a quorum below a majority, whose leader another may overrule.
   */
  commitIndex: number;
  /** Highest index on this replica's disk. Invariant: durableIndex <= log.lastIndex. */
  durableIndex: number;
  /** Number of the last disk effect asked for, and of the last one reported done. */
  diskOpsIssued: number;
  diskOpsDone: number;
  /** Where the log ends once each of these disk effects is done; ascending `op`. */
  appends: { op: number; lastIndex: number }[];
  /** Answers that leave when the disk has done `op`. */
  resting: { op: number; token: number; reply: Reply }[];
  campaign: Campaign | null;
  leading: Leading | null;
  /**
   * A follower's own fetching of what a leader's replicate did not fit, or a nominee's of a
   * voter's log: whom it asked what. Null when none is under way.
   */
  catchUp: { from: number; question: ReadLog | ReadCheckpoint } | null;
  /**
   * A checkpoint that is being fetched, in memory until it is whole: who stops sending it in the
   * middle can be followed by another. Null when none is needed. Invariant: its row is not
   * known committed here.
   */
  incoming: Incoming | null;
  /** Set while this replica's disk has lost what it once promised: see recovery.ts. */
  recovering: Recovery | null;
}

/** The first part of a checkpoint's text, and the checksum of that part. */
export interface Incoming extends CheckpointName {
  text: string;
  sum: number;
}

export interface Recovery {
  /** What a leader vouched for is on disk before this replica counts again; null until then. */
  goal: number | null;
  /** Highest index up to which the own log is known to be that leader's. */
  matched: number;
  /** Disk effect that ends it; 0 until it is asked for. */
  endOp: number;
}

/** A nomination under way. Votes carry logs: see election.ts. */
export interface Campaign {
  phase: "asking" | "voting" | "fetching";
  startedAtMs: number;
  handover: number | null;
  /**
   * Who said yes in this phase, with the end of its log; the own entry comes when the
   * promise is on disk.
   */
  yes: Map<number, Position>;
  no: Set<number>;
  /** Members whose answer is waited for though there are votes enough; see election.ts. */
  awaited: Set<number>;
  /** When this phase began, monotonic ms. */
  phaseSinceMs: number;
  /** Highest term met while asking: the campaign's own will be above it. */
  highestTerm: number;
  /** The log to have before the term is opened, and the voter that holds it. */
  goal: { from: number; last: Position } | null;
  /** Disk effect of the own promise. */
  promiseOp: number;
  /** Nominations to answer. */
  tokens: number[];
}

export interface Leading {
  /** Index of the row that opens this term; 0 until it is proposed. */
  openingIndex: number;
  /** The opening row is committed: the service may serve. */
  open: boolean;
  /** The log held no row before the opening row: this group was born just now. */
  bornNow: boolean;
  followers: Map<number, Progress>;
  /** Number of the latest round of replicate; see confirm() in leader.ts. */
  round: number;
  rounds: { round: number; startedAtMs: number; tokens: number[] }[];
  /** The latest round that a quorum answered. */
  settledRound: number;
  /** Start of the latest round that a majority answered, monotonic ms. */
  confirmedAtMs: number;
  /** The latest rows, kept for followers; tail[0] has index tailFirst. */
  tail: Row[];
  tailFirst: number;
  /** Nominations to answer when the term is open. */
  tokens: number[];
}

export interface Progress {
  /** Highest index known to be on that follower's disk in this term. */
  match: number;
  /** Next index to send. Invariant: match < next. */
  next: number;
  /** `behind`: it fetches by itself; it gets heartbeats only. */
  mode: "streaming" | "behind";
  inFlight: boolean;
  /** The last message got no answer: try again with the next heartbeat, not at once. */
  failed: boolean;
  /** `next` as the message in flight found it: a late refusal of it says nothing about now. */
  sentNext: number;
  /** Highest round it answered, and the round of the last message sent to it. */
  round: number;
  sentRound: number;
  /** Highest round it answered at all, recovering or not. */
  heardRound: number;
  /** The recovery it told of, and the round that was the latest then; null when it is normal. */
  recovery: { id: string; sinceRound: number } | null;
}

export type Input =
  | { kind: "request"; token: number; message: Request }
  /** What came back for a question that this replica asked; null: nothing did. */
  | { kind: "answer"; from: number; question: Question; answer: Answer | null }
  /** Once a heartbeat. */
  | { kind: "tick" }
  /** Every disk effect up to this number is done, durably. */
  | { kind: "written"; op: number }
  | { kind: "propose"; payloads: readonly string[] }
  /** Is this replica still the leader? Answered after a round begun now. */
  | { kind: "confirm"; token: number }
  /** The service met a newer leader's fence: this term can do nothing more. */
  | { kind: "outranked"; term: number }
  /** The log now starts with a checkpoint at this index. */
  | { kind: "compacted"; index: number };

export type Output =
  | { kind: "ask"; to: number; question: Question }
  | { kind: "reply"; token: number; reply: Reply }
  /** Read a page after `prev` from the own disk and send it as the reply. */
  | { kind: "page"; token: number; page: LogPageFrame }
  | { kind: "append"; op: number; rows: readonly Row[] }
  | { kind: "cut"; op: number; after: number }
  | { kind: "save"; op: number; term: number; vote: number | null }
  /** Read a piece of the own checkpoint and send it as the reply. */
  | { kind: "piece"; token: number; term: number; offset: number }
  /**
   * A checkpoint, proven, takes the place of the whole log and of the service's state. The rows
   * after `committed` were not known to be so.
   */
  | { kind: "install"; op: number; at: Position; text: string; committed: number }
  /** The recovery is over: take its mark off the disk. */
  | { kind: "recovered"; op: number }
  | { kind: "committed"; index: number }
  /** The term is won: propose its opening row. */
  | { kind: "won"; term: number }
  /** The opening row is committed. */
  | { kind: "opened"; term: number }
  | { kind: "stepped_down" }
  | { kind: "confirmed"; token: number; ok: boolean };

export type DiskEffect = Output & { kind: "append" | "cut" | "save" | "install" | "recovered" };

/** But for its rows, on disk from prev.index + 1 to `through`. */
export interface LogPageFrame {
  term: number;
  prev: Position;
  through: number;
  commit: number;
}

/** One step under way: the state it changes, the time it happens at, the effects it asks for. */
export interface Turn {
  readonly state: ReplicaState;
  readonly nowMs: number;
  readonly out: Output[];
}

export interface Durable {
  term: number;
  vote: number | null;
  log: LogIndex;
  /** Rows up to this one are in a checkpoint, and so committed; 0 without one. */
  checkpointIndex: number;
  /** The disk has lost something, or an earlier recovery was not finished. */
  isRecovering: boolean;
}

/** A replica as it comes up: what its disk held, a follower of nobody. */
export function createReplica(config: ReplicaConfig, durable: Durable): ReplicaState {
  return {
    config,
    term: durable.term,
    vote: durable.vote,
    role: "follower",
    leader: null,
    heardAtMs: -Infinity,
    log: durable.log,
    commitIndex: durable.checkpointIndex,
    durableIndex: durable.log.lastIndex,
    diskOpsIssued: 0,
    diskOpsDone: 0,
    appends: [],
    resting: [],
    campaign: null,
    leading: null,
    catchUp: null,
    incoming: null,
    recovering: durable.isRecovering ? { goal: null, matched: 0, endOp: 0 } : null,
  };
}

/**
 * An equal state that shares nothing that a step changes: the exhaustive search copies states.
 * Config, rows, replies, questions and positions are never changed and stay shared.
 */
export function cloneReplica(state: ReplicaState): ReplicaState {
  return {
    ...state,
    log: state.log.clone(),
    appends: state.appends.map((entry) => ({ ...entry })),
    resting: [...state.resting],
    campaign: state.campaign === null ? null : cloneCampaign(state.campaign),
    leading: state.leading === null ? null : cloneLeading(state.leading),
    recovering: state.recovering === null ? null : { ...state.recovering },
  };
}

function cloneCampaign(campaign: Campaign): Campaign {
  return {
    ...campaign,
    yes: new Map(campaign.yes),
    no: new Set(campaign.no),
    awaited: new Set(campaign.awaited),
    tokens: [...campaign.tokens],
  };
}

function cloneLeading(leading: Leading): Leading {
  const followers = new Map<number, Progress>();
  for (const [id, progress] of leading.followers) followers.set(id, { ...progress });
  const rounds = leading.rounds.map((round) => ({ ...round, tokens: [...round.tokens] }));
  return { ...leading, followers, rounds, tail: [...leading.tail], tokens: [...leading.tokens] };
}
