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
import { assert } from "../assert.ts";
import { failpoint } from "../failpoint.ts";
import { CHECKPOINT_EVERY_ROWS, HEARTBEAT_MS, LOG_PAGE_BYTES } from "../limits.ts";
import type { ReplicaHealth } from "../messages/messages.ts";
import { climb } from "../terms.ts";
import { admit, leaving } from "./admission.ts";
import { payloadOf } from "./storage/row_format.ts";
import { DiskSpace } from "./storage/disk_space.ts";
import { handOver, hasRoom } from "./leadership_transfer.ts";
import type { Answer, Question, Reply } from "./core/messages.ts";
import { step } from "./core/replica.ts";
import {
  createReplica, hasMajorities, type Input, type Output, type ReplicaState,
} from "./core/replica_state.ts";
import { replicaConfig } from "./replica_config.ts";
import { describeReplica, notLeader } from "./replica_status.ts";
import { ReplicaNetwork } from "./replica_network.ts";
import { decodeRequest, encodePage, encodeReply } from "./wire_format.ts";
import type { ReplicaHostOptions } from "./replicated_service.ts";
import { RowDoor } from "./row_door.ts";
import { LogApplier } from "./log_applier.ts";
import { Storage } from "./storage/storage.ts";
import { PendingReplies } from "./pending_replies.ts";

export class ReplicaHost {
  /** Differs at every start of this process. */
  readonly startId: string;
  #options: ReplicaHostOptions;
  #state: ReplicaState;
  #storage: Storage;
  #network: ReplicaNetwork;
  #waiters = new PendingReplies();
  #outputs: Output[] = [];
  #isDraining = false;
  #isRetiring = false;
  #handingOver: Promise<boolean> | null = null;
  #room: DiskSpace;
  #endTicks: (() => void) | null = null;
  #startedAtMs: number;
  #teller: LogApplier;
  #door: RowDoor;

  /** Reads the folder and follows nobody yet. @throws damaged */
  static async open(options: ReplicaHostOptions): Promise<ReplicaHost> {
    const { service, disk, log } = options;
    const { columns } = service;
    const storage = await Storage.open({
      ...{ disk, columns, log },
      canRecover: options.others.size > 0,
      restore: (text, index) => service.restore?.(text, index),
      onRow: (row) => service.onRow(row.index, row.term, payloadOf(row.text)),
    });
    return new ReplicaHost(options, storage);
  }

  private constructor(options: ReplicaHostOptions, storage: Storage) {
    const { id, others, quorum, startId, clock, service, tailRowsMax } = options;
    this.startId = startId;
    this.#options = options;
    this.#storage = storage;
    this.#room = new DiskSpace(options.disk, options.log);
    this.#startedAtMs = clock.monotonicMs();
    this.#teller = new LogApplier(service, options.checkpointEveryRows ?? CHECKPOINT_EVERY_ROWS);
    this.#network = new ReplicaNetwork(others, clock);
    this.#door = new RowDoor(service, options.log);
    const isSnapshot = this.#door.isSnapshot.bind(this.#door);
    const group = { id, others: [...others.keys()], quorum, startId };
    const config = replicaConfig({ ...group, isSnapshot, tailRowsMax });
    assert(service.snapshot === undefined || hasMajorities(config), "a checkpoint is final");
    this.#state = createReplica(config, storage);
    // What a checkpoint holds is committed: the service hears so before anything else.
    if (storage.checkpointIndex > 0) service.onCommit(storage.checkpointIndex);
    storage.start({
      onWritten: (op) => this.#step({ kind: "written", op }),
      onCompacted: (index) => this.#step({ kind: "compacted", index }),
      fail: options.fail,
    });
    this.#endTicks = clock.every(HEARTBEAT_MS, () => {
      this.#room.look();
      if (!this.isFull) this.#storage.tick(); // What can wait must not fail for want of room.
      this.#step({ kind: "tick" });
    });
  }

  get term(): number {
    return this.#state.term;
  }

  get leader(): number | null { return this.#state.leader; }

  /** The term is open: this replica may serve. */
  get leading(): boolean { return this.#state.leading?.open ?? false; }

  /** Its own vote of this term is its own, so it may have led, if only in an earlier life. */
  get mayHaveLed(): boolean {
    return this.#state.vote === this.#options.id;
  }

  get lastIndex(): number { return this.#state.log.lastIndex; }

  get commitIndex(): number { return this.#state.commitIndex; }

  /** The group's log was empty before this leader opened its term. */
  get bornNow(): boolean { return this.#state.leading?.bornNow ?? false; }

  /** The disk has no room for new work; what is under way may still be proposed. */
  get isFull(): boolean { return this.#room.isFull; }

  /** Appends, rows and flushes of the log file since the start. */
  get counts(): { appends: number; rows: number; flushes: number } {
    return this.#storage.counts;
  }

  /** Monotonic start of the latest round that a majority answered; now, in a group of one. */
  confirmedAtMs(): number {
    const { leading, config } = this.#state;
    if (leading === null) return -Infinity;
    return config.quorum === 1 ? this.#nowMs : leading.confirmedAtMs;
  }

  /** Index of the last of these rows. @throws not_leader */
  propose(payloads: readonly string[]): number {
    if (!this.leading) throw notLeader(this.#state);
    this.#step({ kind: "propose", payloads });
    return this.lastIndex;
  }

  /** Resolves once a majority, asked after this call, confirmed this leader. @throws not_leader */
  confirm(): Promise<void> {
    return this.#waiters.wait((token) => this.#step({ kind: "confirm", token }));
  }

  /** Steps down: the catalog has been fenced by a leader of this term. */
  resign(term: number): void {
    this.#step({ kind: "outranked", term: climb(this.term, term) });
  }

  /** The service's columns of a row in the log. */
  read(index: number): string {
    const { leading } = this.#state;
    const recent = leading?.tail[index - leading.tailFirst];
    return recent === undefined ? this.#storage.read(index) : payloadOf(recent.text);
  }

  health(at: number | null): Omit<ReplicaHealth, "details"> {
    const nowMs = this.#nowMs;
    const moment = { nowMs, confirmedAtMs: this.confirmedAtMs(), full: this.isFull };
    const uptimeMs = Math.round(nowMs - this.#startedAtMs);
    return { ...describeReplica(this.#state, moment, at), uptimeMs };
  }

  /**
   * Asks another replica to lead in this one's place, of those that are fit
   * (with room on their disk, if nothing is said) the one that has most first.
   * Meanwhile this one is not nominated; when nobody took over it leads on.
   * @returns true when another leads
   */
  handOver(isFit: (health: ReplicaHealth) => boolean = hasRoom): Promise<boolean> {
    const options = { state: this.#state, network: this.#network, isFit };
    this.#handingOver ??= handOver(options).finally(() => (this.#handingOver = null));
    return this.#handingOver;
  }

  /** A planned stop, once nothing is in flight: hands over and is not nominated any more. */
  async retire(): Promise<void> {
    this.#isRetiring = true;
    await this.#handingOver;
    await this.handOver();
  }

  /** A call of another member or a front-end. @throws as admit; leader_alive, no_votes */
  async handle(kind: string, body: unknown): Promise<object> {
    const message = admit(decodeRequest(kind, body), {
      state: this.#state,
      rows: this.#door,
      room: this.#room,
      isLeaving: this.#isRetiring || this.#handingOver !== null,
      climbTowards: (term) => this.resign(term),
    });
    const reply = await this.#waiters.wait<Reply | { kind: "page"; body: object }>((token) =>
      this.#step({ kind: "request", token, message }));
    return reply.kind === "page" ? reply.body : encodeReply(reply, this.#options.id);
  }

  async close(): Promise<void> {
    this.#endTicks?.();
    this.#endTicks = null;
    this.#waiters.rejectAll(leaving());
    await this.#storage.close();
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  /** Every change of the replica happens here. */
  #step(input: Input): void {
    if (this.#endTicks === null) return;
    let outputs: Output[];
    try {
      outputs = step(this.#state, input, this.#nowMs);
      for (const output of outputs) this.#teller.tell(output);
    } catch (error) {
      return this.#options.fail(error);
    }
    for (const output of outputs) this.#outputs.push(output);
    if (!this.#isDraining) this.#drain();
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
      case "install":
      case "recovered":
        return this.#storage.carryOut(output);
      case "ask":
        return this.#ask(output.to, output.question);
      case "reply":
        return this.#waiters.resolve(output.token, output.reply);
      case "page":
      case "piece":
        return this.#show(output);
      case "confirmed":
        if (output.ok) return this.#waiters.resolve(output.token, undefined);
        return this.#waiters.reject(output.token, notLeader(this.#state));
      case "committed":
        failpoint("log.committed");
        for (const { at, text } of this.#teller.takeThrough(output.index)) {
          this.#storage.keepCheckpoint(at, text);
        }
        return service.onCommit(output.index);
      case "won":
        failpoint("nominee.fetched");
        log.info("won the votes", { replica: id, term: output.term });
        return this.#step({ kind: "propose", payloads: [service.openingPayload()] });
      case "opened":
        failpoint("leader.opened");
        log.info("leads: its term is open", { replica: id, term: output.term });
        return service.onLead(output.term);
      case "stepped_down":
        log.warn("no longer leads", { replica: id, term: this.#state.term });
        return service.onStepDown();
    }
  }

  #ask(to: number, question: Question): void {
    // No answer for want of room is one that may come later.
    const isUrgent = this.#state.campaign !== null;
    const asked = this.#isTooMuch(question) ? null : this.#network.ask(to, question, { isUrgent });
    const taken = Promise.resolve(asked).then((said) => this.#take(to, question, said));
    taken.catch(this.#options.fail);
  }

  #take(from: number, question: Question, said: Answer | null): void {
    const answer = this.#door.believe(this.#state, { from, question, said });
    this.#step({ kind: "answer", from, question, answer });
  }

  /** What comes back would not fit the own disk. */
  #isTooMuch({ kind }: Question): boolean {
    const length = this.#state.incoming?.length ?? 0;
    if (kind === "read_checkpoint") return !this.#storage.hasRoomFor(length);
    return kind === "read_log" && !this.#room.takesRows;
  }

  #show(output: Output & { kind: "page" | "piece" }): void {
    const storage = this.#storage;
    const body = output.kind === "page"
      ? encodePage(output.page, storage.page(output.page, LOG_PAGE_BYTES))
      : { kind: "checkpoint_page", term: output.term, piece: storage.piece(output.offset) };
    this.#waiters.resolve(output.token, { kind: "page", body });
  }
}
