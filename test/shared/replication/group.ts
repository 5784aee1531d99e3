/**
 * A group of replicas moved by hand: the simulated world, on a network where
 * nothing happens by itself. A message is delivered, a write reaches a disk,
 * time passes, only when the test says. The judge looks on, and everything
 * that happens is written down, for transcripts.
 */
import { strict as assert } from "node:assert";
import { formatRow } from "../../../shared/replication/storage/row_format.ts";
import type { Answer, Reply } from "../../../shared/replication/core/messages.ts";
import type { Input } from "../../../shared/replication/core/replica_state.ts";
import type { Node } from "../../simulation/log/node.ts";
import { World, type Ask, type Driver } from "../../simulation/log/world.ts";

/** On its way: a question, or what it was answered; null: nothing will come. */
export interface Packet {
  kind: "question" | "answer";
  from: number;
  to: number;
  question: Ask["question"];
  answer: Answer | null;
  ask: Ask;
}

export class Group implements Driver {
  readonly world: World;
  readonly nodes: ReadonlyMap<number, Node>;
  readonly lines: string[] = [];
  network: Packet[] = [];
  /** Links that lose everything: "from>to". */
  readonly blocked = new Set<string>();
  /** What nominations were answered. */
  readonly led: Reply[] = [];
  readonly confirmed: { token: number; ok: boolean }[] = [];

  constructor(size: number, quorum?: number, checkpointEveryRows?: number) {
    const group = { size, quorum, checkpointEveryRows };
    this.world = new World({ ...group, leaderLeaseMs: 400, driver: this, formatRow });
    this.world.trace = (line) => this.lines.push(line);
    this.nodes = new Map(this.world.nodes.map((node) => [node.id, node]));
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  set nowMs(nowMs: number) {
    this.world.nowMs = nowMs;
  }

  node(id: number): Node {
    return this.world.node(id);
  }

  nominate(id: number, handover: number | null = null): void {
    this.world.nominate(id, handover);
  }

  propose(id: number, ...payloads: string[]): void {
    this.world.propose(this.node(id), payloads);
  }

  confirm(id: number): number {
    return this.world.askConfirm(this.node(id));
  }

  tick(id: number): void {
    const node = this.node(id);
    if (node.alive) this.input(node, { kind: "tick" });
  }

  /** Loses what is in memory and what the disk had not taken. */
  crash(id: number): void {
    for (const packet of this.network) {
      if (packet.to === id && packet.kind === "question") this.lose(packet);
    }
    this.world.crash(this.node(id));
  }

  restart(id: number): void {
    this.world.restart(this.node(id));
  }

  /** A disk that lost its promises and the end of its log; the replica is down. */
  damage(id: number, rowsLeft: number): void {
    assert(!this.node(id).alive);
    this.world.damage(this.node(id), rowsLeft, false);
  }

  /** Runs until nothing is on its way and no disk has work. */
  settle(): void {
    for (let steps = 0; steps < 10_000; steps++) {
      const busy = this.world.nodes.find((node) => node.alive && node.pending.length > 0);
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
    const { kind, from, to, ask, answer } = packet!;
    const isBlocked = this.blocked.has(`${from}>${to}`);
    if (kind === "answer" && isBlocked) this.world.answer(ask, null, "lost");
    else if (kind === "answer") this.world.answer(ask, answer);
    else if (isBlocked || !this.world.deliver(ask)) this.lose(packet!);
  }

  /** The packet is gone; who asked finds out by a deadline. */
  lose(packet: Packet): void {
    this.network = this.network.filter((one) => one !== packet);
    this.onReset(packet.ask);
  }

  flush(node: Node): void {
    this.world.flush(node);
  }

  leader(): Node {
    const leading = this.world.nodes.filter((node) => node.alive && node.state.leading?.open);
    assert.equal(leading.length, 1, "one replica leads");
    return leading[0]!;
  }

  rowsOf(id: number): string[] {
    return this.node(id).disk.rows.map((row) => row.text);
  }

  input(node: Node, input: Input): void {
    this.world.input(node, input);
  }

  onAsk(ask: Ask): void {
    const { from, to, question } = ask;
    this.network.push({ kind: "question", from, to, question, answer: null, ask });
  }

  onReply(ask: Ask, answer: Answer): void {
    this.#sendBack(ask, answer);
  }

  onReset(ask: Ask): void {
    if (ask.question.kind !== "lead") this.#sendBack(ask, null);
  }

  #sendBack(ask: Ask, answer: Answer | null): void {
    const { from, to, question } = ask;
    this.network.push({ kind: "answer", from: to, to: from, question, answer, ask });
  }

  onLed(reply: Reply): void {
    this.led.push(reply);
  }

  onConfirmed(token: number, ok: boolean): void {
    this.confirmed.push({ token, ok });
  }

  onWork(): void {}
  onCrash(): void {}
}
