/**
 * A group of replicas in one thread: the real state machines on a network and
 * disks that the test moves by hand. Nothing happens by itself: a message is
 * delivered, an effect reaches a disk, time passes, only when the test says.
 * Everything that happens is written down, for transcripts and for failing
 * random runs.
 */
import { strict as assert } from "node:assert";
import { formatRow } from "../../../shared/replication/codec.ts";
import { LogIndex } from "../../../shared/replication/log_index.ts";
import type { Reply, Row } from "../../../shared/replication/messages.ts";
import { step } from "../../../shared/replication/replica.ts";
import {
  createReplica,
  hasMajorities,
  type Input,
  type Output,
} from "../../../shared/replication/replica_state.ts";
import { describeAnswer, describeQuestion } from "./describe.ts";
import { applyToDisk, rowOf, type Node, type Packet } from "./node.ts";

export type { Node, Packet };

export const FRONTEND = 0;
const PAGE_ROWS = 3;

export class Group {
  readonly nodes = new Map<number, Node>();
  readonly lines: string[] = [];
  nowMs = 10_000;
  network: Packet[] = [];
  /** Links that lose everything: "from>to". */
  readonly blocked = new Set<string>();
  /** Rows known committed by anyone, by index: never to change. */
  readonly committed = new Map<number, Row>();
  readonly leaders = new Map<number, number>();
  /** What nominations were answered. */
  readonly led: Reply[] = [];
  readonly confirmed: { token: number; ok: boolean }[] = [];
  /** Delivered and not answered yet, by token. */
  #questions = new Map<number, Packet & { kind: "question" }>();
  #lastToken = 0;

  constructor(size: number, quorum = Math.floor(size / 2) + 1) {
    const ids = Array.from({ length: size }, (_, i) => i + 1);
    for (const id of ids) {
      const config = {
        id,
        others: ids.filter((other) => other !== id),
        quorum,
        startId: `${id}.1`,
        leaderLeaseMs: 400,
        votePatienceMs: 100,
        tailRowsMax: 4,
        replicateRowsMax: 3,
        formatRow,
      };
      const state = createReplica(config, {
        term: 0,
        vote: null,
        log: new LogIndex(),
        checkpointIndex: 0,
        isRecovering: false,
      });
      const disk = { term: 0, vote: null, rows: [], recovering: false };
      this.nodes.set(id, { id, state, alive: true, life: 1, disk, pending: [] });
    }
  }

  node(id: number): Node {
    return this.nodes.get(id)!;
  }

  say(line: string): void {
    this.lines.push(line);
  }

  nominate(id: number, handover: number | null = null): void {
    this.say(`nominate ${id}`);
    const message = { kind: "lead", handover } as const;
    this.network.push({ kind: "question", from: FRONTEND, to: id, life: 0, question: message });
  }

  propose(id: number, ...payloads: string[]): void {
    this.say(`propose at ${id}: ${payloads.join(" ")}`);
    this.input(this.node(id), { kind: "propose", payloads });
  }

  confirm(id: number): number {
    const token = ++this.#lastToken;
    this.say(`confirm at ${id}`);
    this.input(this.node(id), { kind: "confirm", token });
    return token;
  }

  tick(id: number): void {
    const node = this.node(id);
    if (node.alive) this.input(node, { kind: "tick" });
  }

  /** Loses what is in memory and what the disk had not taken; `flushed` effects still made it. */
  crash(id: number, flushed = 0): void {
    const node = this.node(id);
    for (const effect of node.pending.slice(0, flushed)) applyToDisk(node.disk, effect);
    this.say(`crash ${id}`);
    node.alive = false;
    node.pending = [];
    // Its connections end: who waits for an answer learns that none will come.
    const open = [...this.#questions].filter(([, packet]) => packet.to === id);
    for (const [token] of open) this.#questions.delete(token);
    const onTheWay = this.network.filter((one) => one.to === id && one.kind === "question");
    for (const packet of [...onTheWay, ...open.map(([, packet]) => packet)]) this.lose(packet);
  }

  restart(id: number): void {
    const node = this.node(id);
    assert(!node.alive);
    this.say(`restart ${id}`);
    const log = new LogIndex();
    for (const row of node.disk.rows) log.append(row.term, row.checksum);
    const { term, vote, recovering: isRecovering } = node.disk;
    node.life++;
    const config = { ...node.state.config, startId: `${id}.${node.life}` };
    const durable = { term, vote, log, checkpointIndex: 0, isRecovering };
    node.state = createReplica(config, durable);
    node.alive = true;
  }

  /** A disk that lost its promises and the end of its log; the replica is down. */
  damage(id: number, rowsLeft: number): void {
    const { alive, disk } = this.node(id);
    assert(!alive);
    this.say(`damage ${id}: ${rowsLeft} rows left`);
    disk.term = 0;
    disk.vote = null;
    disk.rows.length = Math.min(disk.rows.length, rowsLeft);
    disk.recovering = true;
  }

  /** Runs until nothing is on its way and no disk has work. */
  settle(): void {
    for (let steps = 0; steps < 10_000; steps++) {
      const busy = [...this.nodes.values()].find((node) => node.alive && node.pending.length > 0);
      if (busy !== undefined) this.flush(busy);
      else if (this.network.length > 0) this.deliver(0);
      else return;
    }
    throw new Error("the group does not settle");
  }

  /** A heartbeat of everyone and all that follows from it. */
  beat(ms = 100): void {
    this.nowMs += ms;
    for (const id of this.nodes.keys()) this.tick(id);
    this.settle();
  }

  deliver(at: number): void {
    const [packet] = this.network.splice(at, 1);
    const node = this.nodes.get(packet!.to);
    if (packet!.kind === "question") this.#deliverQuestion(packet!, node!);
    else if (node !== undefined) this.#deliverAnswer(packet!, node);
  }

  /** The packet is gone; who asked finds out by a deadline. */
  lose(packet: Packet): void {
    this.network = this.network.filter((one) => one !== packet);
    const { question } = packet;
    if (question.kind === "lead") return;
    const asker = packet.kind === "question" ? packet.from : packet.to;
    const other = packet.kind === "question" ? packet.to : packet.from;
    this.network.push({
      kind: "answer",
      from: other,
      to: asker,
      life: packet.life,
      question,
      answer: null,
    });
  }

  flush(node: Node): void {
    const effect = node.pending.shift()!;
    applyToDisk(node.disk, effect);
    this.input(node, { kind: "written", op: effect.op });
  }

  leader(): Node {
    const leading = [...this.nodes.values()].filter(
      (node) => node.alive && node.state.leading?.open,
    );
    assert.equal(leading.length, 1, "one replica leads");
    return leading[0]!;
  }

  rowsOf(id: number): string[] {
    return this.node(id).disk.rows.map((row) => row.text);
  }

  input(node: Node, input: Input): void {
    for (const output of step(node.state, input, this.nowMs)) this.#carryOut(node, output);
  }

  #deliverQuestion(packet: Packet & { kind: "question" }, node: Node): void {
    const { from, to, question } = packet;
    if (!node.alive || this.blocked.has(`${from}>${to}`)) return this.lose(packet);
    this.say(`> ${from} -> ${to}  ${describeQuestion(question)}`);
    const token = ++this.#lastToken;
    this.#questions.set(token, packet);
    this.input(node, { kind: "request", token, message: question });
  }

  #deliverAnswer(packet: Packet & { kind: "answer" }, node: Node): void {
    const { from, to, life, question, answer } = packet;
    if (!node.alive || node.life !== life) return;
    const isLost = this.blocked.has(`${from}>${to}`);
    this.say(`< ${from} -> ${to}  ${isLost ? "lost" : describeAnswer(answer)}`);
    this.input(node, { kind: "answer", from, question, answer: isLost ? null : answer });
  }

  #carryOut(node: Node, output: Output): void {
    switch (output.kind) {
      case "append":
      case "cut":
      case "save":
      case "recovered":
        node.pending.push(output);
        return;
      case "ask": {
        const { to, question } = output;
        this.network.push({ kind: "question", from: node.id, to, life: node.life, question });
        return;
      }
      case "reply":
        return this.#reply(node, output.token, output.reply);
      case "page": {
        const { term, prev, through, commit } = output.page;
        const rows = node.disk.rows.slice(prev.index, Math.min(through, prev.index + PAGE_ROWS));
        const page = { term, prev, rows, commit, result: "rows", complete: false } as const;
        return this.#reply(node, output.token, { kind: "log_page", ...page });
      }
      case "committed":
        return this.#checkCommitted(node, output.index);
      case "won":
        assert(
          !this.leaders.has(output.term) || !hasMajorities(node.state.config),
          `term ${output.term} has one leader`,
        );
        this.leaders.set(output.term, node.id);
        this.say(`${node.id} won term ${output.term}`);
        return this.input(node, { kind: "propose", payloads: ["open"] });
      case "opened":
        return this.say(`${node.id} leads term ${output.term}`);
      case "stepped_down":
        return this.say(`${node.id} steps down`);
      case "confirmed":
        this.confirmed.push({ token: output.token, ok: output.ok });
        return;
    }
  }

  #reply(node: Node, token: number, reply: Reply): void {
    const { from, life, question } = this.#questions.get(token)!;
    this.#questions.delete(token);
    if (reply.kind === "led") {
      this.led.push(reply);
      return this.say(`< ${node.id} -> ${from}  ${describeAnswer(reply)}`);
    }
    assert(question.kind !== "lead");
    this.network.push({ kind: "answer", from: node.id, to: from, life, question, answer: reply });
  }

  /** Committed rows are the same for everyone, for ever; and a quorum has them on disk. */
  #checkCommitted(node: Node, index: number): void {
    this.say(`${node.id} commits ${index}`);
    // Less than a majority promises nothing that could be checked here.
    if (!hasMajorities(node.state.config)) return;
    for (let at = this.committed.size + 1; at <= index; at++) {
      const row = rowOf(node, at)!;
      this.committed.set(at, row);
      const nodes = [...this.nodes.values()];
      const copies = nodes.filter(({ disk }) => disk.rows[at - 1]?.text === row.text).length;
      // A disk that is damaged now may have held it when it said so.
      const lost = nodes.filter(({ disk }) => disk.recovering).length;
      const { quorum } = node.state.config;
      assert(copies + lost >= quorum, `row ${at} is committed on ${copies} disks`);
    }
    for (let at = 1; at <= index; at++) {
      const { checksum } = node.state.log.at(at);
      assert.equal(
        checksum,
        this.committed.get(at)!.checksum,
        `committed row ${at} never changes`,
      );
    }
  }
}
