/**
 * Runs a replica in a process: gives the pure state machine its messages,
 * ticks and disk reports, carries out the effects it returns, in order, and
 * tells the service which rows entered the log, left it, or are committed.
 *
 *   HTTP thread ──▶ handle() ─┐                 ┌─▶ Storage (log.csv, term.json)
 *   answers of others ────────┼─▶ step() ──▶ effects ─▶ Peers: POST /replicate …
 *   tick, written ────────────┘                 └─▶ service: onRow, onCommit …
 *
 * The service hears of a row before the disk does and may propose from within
 * any call back: what it proposes is queued behind the effects under way.
 */
import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { monotonicMs } from "../clock.ts";
import { AppError } from "../errors.ts";
import { Peer } from "../http/peer.ts";
import {
  HEARTBEAT_MS, LEADER_LEASE_MS, LOG_PAGE_BYTES, REPLICATE_ROWS_MAX, REPLICATE_TIMEOUT_MS,
  TAIL_ROWS_MAX, TERM_JUMP_MAX,
} from "../limits.ts";
import type { Log } from "../logging.ts";
import type { ReplicaHealth } from "../wire.ts";
import { formatChecksum, formatRow, payloadOf } from "./codec.ts";
import type { Position } from "./log_index.ts";
import type { Answer, LogPage, Question, Reply, Row } from "./messages.ts";
import { step } from "./replica.ts";
import { createReplica, type Input, type LogPageFrame, type Output, type ReplicaState } from "./replica_state.ts";
import { REPLICATION_CALLS, decodeAnswer, decodeRequest, encodeQuestion } from "./replica_wire.ts";
import { isCheckpointIndex, Storage } from "./storage.ts";

/** What a replicated service does with its log. All calls are synchronous. */
export interface ReplicatedService {
  /** Names of the CSV columns between `term` and `checksum`. */
  columns: readonly string[];
  /** CSV text of those columns for a term's opening row. */
  openingPayload(): string;
  /** Every row as it enters this replica's log: from disk, from a leader, or proposed. Not yet durable. */
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
  restore?(text: string, index: number): void;
}

export interface ReplicaHostOptions {
  id: number;
  /** Internal addresses of the whole group, the own one among them. */
  members: Map<number, string>;
  quorum: number;
  folder: string;
  service: ReplicatedService;
  birth: string;
  secret: string;
  log: Log;
  /** A disk that failed or a bug: ends the process. */
  fail: (error: unknown) => void;
}

interface Waiter {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

export class ReplicaHost {
  /** Differs at every start of this process. */
  readonly startId = randomBytes(4).toString("hex");
  readonly calls = REPLICATION_CALLS;
  #options: ReplicaHostOptions;
  #state: ReplicaState;
  #storage: Storage;
  #peers = new Map<number, Peer>();
  #waiters = new Map<number, Waiter>();
  #lastToken = 0;
  #outputs: Output[] = [];
  #isDraining = false;
  #ticking: NodeJS.Timeout | null = null;
  #startedAtMs = monotonicMs();
  /** A checkpoint taken as its row entered the log; kept on disk once that row is committed. */
  #snapshots: { at: Position; text: string }[] = [];

  /** Reads the folder and follows nobody yet. @throws damaged */
  static async open(options: ReplicaHostOptions): Promise<ReplicaHost> {
    const { service, folder, log } = options;
    const storage = await Storage.open({
      folder,
      columns: service.columns,
      log,
      restore: (text, index) => service.restore?.(text, index),
      onRow: (row) => service.onRow(row.index, row.term, payloadOf(row.text)),
    });
    return new ReplicaHost(options, storage);
  }

  private constructor(options: ReplicaHostOptions, storage: Storage) {
    const { id, members, quorum, birth, secret } = options;
    this.#options = options;
    this.#storage = storage;
    for (const [other, url] of members) {
      if (other !== id) this.#peers.set(other, new Peer({ url, secret, birth }));
    }
    this.#state = createReplica(
      {
        id,
        others: [...this.#peers.keys()],
        quorum,
        leaderLeaseMs: LEADER_LEASE_MS,
        tailRowsMax: TAIL_ROWS_MAX,
        replicateRowsMax: REPLICATE_ROWS_MAX,
        formatRow,
      },
      { term: storage.term, vote: storage.vote, log: storage.index },
    );
    this.#commitCheckpoint();
    storage.start({
      onWritten: (op) => this.#step({ kind: "written", op }),
      onCompacted: (index) => this.#step({ kind: "compacted", index }),
      fail: options.fail,
    });
    this.#ticking = setInterval(() => this.#step({ kind: "tick" }), HEARTBEAT_MS);
  }

  get term(): number {
    return this.#state.term;
  }

  get leader(): number | null {
    return this.#state.leader;
  }

  /** The term is open: this replica may serve. */
  get leading(): boolean {
    return this.#state.leading?.open ?? false;
  }

  get lastIndex(): number {
    return this.#state.log.lastIndex;
  }

  get commitIndex(): number {
    return this.#state.commitIndex;
  }

  /** The group's log was empty before this leader opened its term. */
  get bornNow(): boolean {
    return this.#state.leading?.bornNow ?? false;
  }

  /** Appends, rows and flushes of the log file since the start. */
  get counts(): { appends: number; rows: number; flushes: number } {
    return this.#storage.counts;
  }

  /** Monotonic start of the latest round that a majority answered; now, in a group of one. */
  confirmedAtMs(): number {
    const { leading, config } = this.#state;
    if (leading === null) return -Infinity;
    return config.quorum === 1 ? monotonicMs() : leading.confirmedAtMs;
  }

  /** Index of the last of these rows. @throws not_leader */
  propose(payloads: readonly string[]): number {
    if (!this.leading) throw this.#notLeader();
    this.#step({ kind: "propose", payloads });
    return this.lastIndex;
  }

  /** Resolves once a majority, asked after this call, confirmed this leader. @throws not_leader */
  confirm(): Promise<void> {
    return this.#wait((token) => this.#step({ kind: "confirm", token }));
  }

  /** Steps down: the catalog has been fenced by a leader of this term. */
  resign(term: number): void {
    this.#step({ kind: "outranked", term });
  }

  /** The service's columns of a row in the log. */
  read(index: number): string {
    const { leading } = this.#state;
    const recent = leading?.tail[index - leading.tailFirst];
    return recent === undefined ? this.#storage.read(index) : payloadOf(recent.text);
  }

  health(at: number | null): Omit<ReplicaHealth, "details"> {
    const { log, leading, config, term, role, leader, heardAtMs, commitIndex } = this.#state;
    const heard = leading === null ? heardAtMs : this.confirmedAtMs();
    const leaseMs = leader === null ? 0 : Math.max(0, heard + LEADER_LEASE_MS - monotonicMs());
    const isHeld = at !== null && at >= log.base.index && at <= log.lastIndex;
    return {
      id: config.id,
      state: "normal",
      role,
      term,
      leader,
      lastIndex: log.lastIndex,
      commitIndex,
      serving: this.leading,
      majority: leading !== null && leaseMs > 0,
      leaseMs: Math.ceil(leaseMs),
      checksum: isHeld ? formatChecksum(log.at(at).checksum) : null,
      uptimeMs: Math.round(monotonicMs() - this.#startedAtMs),
    };
  }

  handles(kind: string): boolean {
    return REPLICATION_CALLS.some(({ method, path }) => kind === `${method} ${path}`);
  }

  /** One call of another member or a front-end. @throws bad_request, leader_alive, no_votes */
  async handle(kind: string, body: unknown): Promise<object> {
    const message = decodeRequest(kind, body);
    if ("term" in message && message.term > this.#state.term + TERM_JUMP_MAX) {
      throw new AppError("bad_request", `Term ${message.term} is too far above ${this.#state.term}`);
    }
    const reply = await this.#wait<Reply | { kind: "page"; body: object }>((token) => {
      this.#step({ kind: "request", token, message });
    });
    if (reply.kind === "page") return reply.body;
    if (reply.kind === "log_page") return { ...reply, rows: "" };
    if (reply.kind !== "led") return reply;
    if (reply.result === "leading") return { leader: this.#options.id, term: reply.term };
    const { result, ...details } = reply;
    throw new AppError(result, result === "no_votes"
      ? `Replica ${this.#options.id} found no majority of votes`
      : `Replica ${reply.result === "leader_alive" ? reply.leader : "?"} leads`, details);
  }

  async close(): Promise<void> {
    if (this.#ticking !== null) clearInterval(this.#ticking);
    this.#ticking = null;
    const stopped = new AppError("unavailable", "This replica is stopping");
    for (const [token, waiter] of this.#waiters) {
      this.#waiters.delete(token);
      waiter.reject(stopped);
    }
    for (const peer of this.#peers.values()) peer.close();
    await this.#storage.close();
  }

  /** Every change of the replica happens here. */
  #step(input: Input): void {
    if (this.#ticking === null) return;
    let outputs: Output[];
    try {
      outputs = step(this.#state, input, monotonicMs());
      for (const output of outputs) this.#tellRows(output);
    } catch (error) {
      return this.#options.fail(error);
    }
    for (const output of outputs) this.#outputs.push(output);
    if (!this.#isDraining) this.#drain();
  }

  #tellRows(output: Output): void {
    const { service } = this.#options;
    if (output.kind === "append") for (const row of output.rows) this.#tellRow(row);
    if (output.kind !== "cut") return;
    service.onCut(output.after);
    this.#snapshots = this.#snapshots.filter(({ at }) => at.index <= output.after);
  }

  #tellRow(row: Row): void {
    const { service } = this.#options;
    service.onRow(row.index, row.term, payloadOf(row.text));
    if (service.snapshot === undefined || !isCheckpointIndex(row.index)) return;
    const { index, term, checksum } = row;
    this.#snapshots.push({ at: { index, term, checksum }, text: service.snapshot() });
  }

  #drain(): void {
    this.#isDraining = true;
    try {
      for (let i = 0; i < this.#outputs.length; i++) this.#carryOut(this.#outputs[i]!);
    } catch (error) {
      return this.#options.fail(error);
    }
    this.#outputs = [];
    this.#isDraining = false;
  }

  #carryOut(output: Output): void {
    const { service, log, id } = this.#options;
    switch (output.kind) {
      case "append":
      case "cut":
      case "save":
        return this.#storage.carryOut(output);
      case "ask":
        return void this.#ask(output.to, output.question);
      case "reply":
        return this.#settle(output.token, output.reply);
      case "page":
        return this.#settle(output.token, { kind: "page", body: this.#page(output.page) });
      case "confirmed":
        return output.ok ? this.#settle(output.token, undefined) : this.#reject(output.token, this.#notLeader());
      case "committed":
        this.#keepCheckpoints(output.index);
        return service.onCommit(output.index);
      case "won":
        log.info("won the votes", { replica: id, term: output.term });
        return this.#step({ kind: "propose", payloads: [service.openingPayload()] });
      case "opened":
        log.info("leads: its term is open", { replica: id, term: output.term });
        return service.onLead(output.term);
      case "stepped_down":
        log.warn("no longer leads", { replica: id, term: this.#state.term });
        return service.onStepDown();
    }
  }

  async #ask(to: number, question: Question): Promise<void> {
    const { path, body } = encodeQuestion(question);
    const peer = this.#peers.get(to);
    assert(peer !== undefined, `replica ${to} is a member`);
    let answer: Answer | null = null;
    try {
      const options = { timeoutMs: REPLICATE_TIMEOUT_MS };
      const reply: object = body === null ? await peer.get(path, options) : await peer.post(path, body, options);
      answer = decodeAnswer(question, reply);
    } catch (error) {
      if (!(error instanceof AppError)) return this.#options.fail(error);
    }
    this.#step({ kind: "answer", from: to, question, answer });
  }

  #page({ term, prev, through, commit }: LogPageFrame): object {
    const rows = this.#storage.page(prev.index + 1, through, LOG_PAGE_BYTES);
    const page: Omit<LogPage, "rows"> = {
      kind: "log_page", term, result: "rows", prev, commit, complete: false,
    };
    return { ...page, rows };
  }

  #keepCheckpoints(committed: number): void {
    while (this.#snapshots.length > 0 && this.#snapshots[0]!.at.index <= committed) {
      const { at, text } = this.#snapshots.shift()!;
      this.#storage.keepCheckpoint(at, text);
    }
  }

  /** What a checkpoint holds is committed: the service hears so before anything else. */
  #commitCheckpoint(): void {
    const { checkpointIndex } = this.#storage;
    this.#state.commitIndex = Math.max(this.#state.commitIndex, checkpointIndex);
    if (checkpointIndex > 0) this.#options.service.onCommit(checkpointIndex);
  }

  #wait<T>(ask: (token: number) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const token = ++this.#lastToken;
      this.#waiters.set(token, { resolve: resolve as Waiter["resolve"], reject });
      ask(token);
    });
  }

  #settle(token: number, value: unknown): void {
    const waiter = this.#waiters.get(token);
    this.#waiters.delete(token);
    waiter?.resolve(value as never);
  }

  #reject(token: number, error: unknown): void {
    const waiter = this.#waiters.get(token);
    this.#waiters.delete(token);
    waiter?.reject(error);
  }

  #notLeader(): AppError {
    const { term, leader, config } = this.#state;
    const named = leader === config.id ? null : leader;
    return new AppError("not_leader", `Replica ${config.id} does not lead`, { term, leader: named });
  }
}
