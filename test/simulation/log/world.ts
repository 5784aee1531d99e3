/**
 * A group of replicas, their disks and what they have asked each other. The
 * world does what it is told (deliver this, crash that, this disk goes on)
 * and never decides what comes next: a driver does, by chance (history.ts),
 * from a script (replay.ts) or by hand (a test). After every step the judge
 * has seen what happened.
 *
 * A question is asked once; it may be delivered any number of times, and each
 * delivery may be answered. No answer is the answer null.
 */
import type { Answer, Lead, Question, Reply } from "../../../shared/replication/core/messages.ts";
import type {
  Input, Output, ReplicaConfig,
} from "../../../shared/replication/core/replica_state.ts";
import { noCounts, type Counts } from "./coverage.ts";
import { describeAnswer, describeQuestion } from "./describe.ts";
import { formatRow, mixIn } from "./disk.ts";
import { Judge, Violation, type Fact } from "./judge.ts";
import * as nodes from "./node.ts";
import type { Node, Sink } from "./node.ts";
import { Observer } from "./observer.ts";

export const FRONTEND = 0;

export interface Ask {
  readonly from: number;
  readonly to: number;
  /** Of the asker: after its restart nobody waits for the answer. */
  readonly life: number;
  readonly question: Question | Lead;
  /** Counts all that was asked. */
  readonly order: number;
  /** No answer, not even null, has reached the asker. */
  isOpen: boolean;
}

/** Told by the world what is to happen at some time. */
export interface Driver {
  onAsk(ask: Ask): void;
  onReply(ask: Ask, answer: Answer): void;
  onLed(reply: Reply): void;
  /** Writes wait for the disk of this node. */
  onWork(node: Node): void;
  /** The one who was asked is gone, and the connection with it. */
  onReset(ask: Ask): void;
  onConfirmed(token: number, ok: boolean): void;
  onCrash(node: Node): void;
}

export interface WorldOptions {
  size: number;
  leaderLeaseMs: number;
  driver: Driver;
  counts?: Counts;
  quorum?: number;
  formatRow?: ReplicaConfig["formatRow"];
  /** Rows between two checkpoints of the service; Infinity: it has none. */
  checkpointEveryRows?: number;
}

/** So small that they are outgrown at once. */
const TAIL_ROWS_MAX = 4;
const REPLICATE_ROWS_MAX = 3;
const PAGE_ROWS = 3;
/** A checkpoint is two pieces, or three. */
const PIECE_LENGTH = 8;

export class World implements Sink {
  readonly nodes: readonly Node[];
  readonly judge: Judge;
  /** Less than a majority promises nothing but to go on. */
  readonly isJudged: boolean;
  readonly counts: Counts;
  readonly pageRows = PAGE_ROWS;
  readonly pieceLength = PIECE_LENGTH;
  readonly startMs = 10_000;
  nowMs = this.startMs;
  /** What a millisecond is on each member's clock, by id - 1. */
  readonly rates: number[];
  /** Gets what happens, in words; null in the runs that count. */
  trace: ((line: string) => void) | null = null;
  #driver: Driver;
  #observer: Observer;
  /** Questions delivered and not answered, by token, for each node. */
  #open: Map<number, Ask>[];
  /** Rows that were committed when a leader was asked to confirm, by token. */
  #known = new Map<number, number>();
  #lastToken = 0;
  #lastAsk = 0;

  constructor(options: WorldOptions) {
    const { size, leaderLeaseMs, driver, counts, quorum } = options;
    const ids = Array.from({ length: size }, (_, i) => i + 1);
    const majority = Math.floor(size / 2) + 1;
    this.nodes = ids.map((id) =>
      nodes.createNode({
        id,
        others: ids.filter((other) => other !== id),
        quorum: quorum ?? majority,
        startId: `${id}.1`,
        leaderLeaseMs,
        votePatienceMs: leaderLeaseMs / 4,
        tailRowsMax: TAIL_ROWS_MAX,
        replicateRowsMax: REPLICATE_ROWS_MAX,
        formatRow: options.formatRow ?? formatRow,
        checksumOf: mixIn,
        isSnapshot: () => true,
      }, options.checkpointEveryRows),
    );
    this.rates = ids.map(() => 1);
    this.judge = new Judge(this.nodes, quorum ?? majority);
    this.isJudged = quorum === undefined || quorum >= majority;
    this.counts = counts ?? noCounts();
    this.#driver = driver;
    this.#observer = new Observer(this.counts);
    this.#open = ids.map(() => new Map());
  }

  node(id: number): Node {
    return this.nodes[id - 1]!;
  }

  /** Any other error than a Violation is an assert of the replica. @throws Violation */
  input(node: Node, input: Input): void {
    try {
      nodes.handle(node, input, this.nowMs * this.rates[node.id - 1]!, this);
    } catch (error) {
      throw asViolation(error);
    }
  }

  /** Says whether anybody was there to hear it. */
  deliver(ask: Ask): boolean {
    const node = this.node(ask.to);
    if (!node.alive) return false;
    if (this.trace !== null)
      this.trace(`> ${ask.from} -> ${ask.to}  ${describeQuestion(ask.question)}`);
    const token = ++this.#lastToken;
    this.#open[ask.to - 1]!.set(token, ask);
    this.input(node, { kind: "request", token, message: ask.question });
    return true;
  }

  answer(ask: Ask, answer: Answer | null, note = ""): boolean {
    const { question } = ask;
    if (question.kind === "lead") return false;
    const node = this.node(ask.from);
    if (!node.alive || node.life !== ask.life) return false;
    ask.isOpen = false;
    if (this.trace !== null)
      this.trace(`< ${ask.to} -> ${ask.from}  ${note || describeAnswer(answer)}`);
    this.input(node, { kind: "answer", from: ask.to, question, answer });
    return true;
  }

  flush(node: Node, count = 1): void {
    if (count > 1) this.counts["appends flushed together"]++;
    try {
      nodes.flushNode(node, count, this.nowMs * this.rates[node.id - 1]!, this);
    } catch (error) {
      throw asViolation(error);
    }
  }

  /** Whether the disk of this node has that much to do, as one write. */
  canFlush(node: Node, count: number): boolean {
    return count === 1 ? node.pending.length > 0 : nodes.appendsWaiting(node) >= count;
  }

  nominate(id: number, handover: number | null): void {
    this.trace?.(`nominate ${id}`);
    const question: Lead = { kind: "lead", handover };
    this.#ask(FRONTEND, id, 0, question);
  }

  propose(node: Node, payloads: readonly string[]): void {
    if (this.trace !== null) this.trace(`propose at ${node.id}: ${payloads.join(" ")}`);
    this.input(node, { kind: "propose", payloads });
  }

  askConfirm(node: Node): number {
    this.trace?.(`confirm at ${node.id}`);
    const token = ++this.#lastToken;
    this.#known.set(token, this.judge.committedCount);
    this.input(node, { kind: "confirm", token });
    return token;
  }

  /** The service of this node met a fence of a term so much above its own; 0: of its own. */
  outrank(node: Node, above: number): void {
    this.trace?.(`${node.id} is outranked`);
    this.input(node, { kind: "outranked", term: node.state.term + above });
  }

  crash(node: Node, flushed = 0, tornRows = 0): void {
    if (this.trace !== null) {
      const torn = tornRows > 0 ? `, tearing an append after ${tornRows} rows` : "";
      this.trace(`crash ${node.id}${flushed > 0 ? `, ${flushed} writes made it` : ""}${torn}`);
    }
    const { counts } = this;
    counts.crashes++;
    if (node.outputsLeft === 0) counts["crashes between two effects"]++;
    if (node.pending.length > flushed) counts["crashes that lost writes"]++;
    if (tornRows > 0) counts["crashes that tore an append"]++;
    nodes.crashNode(node, flushed, tornRows, this);
    const open = this.#open[node.id - 1]!;
    this.#open[node.id - 1] = new Map();
    for (const ask of open.values()) this.#driver.onReset(ask);
    this.#driver.onCrash(node);
  }

  restart(node: Node): void {
    this.trace?.(`restart ${node.id}`);
    nodes.restartNode(node, this);
  }

  damage(node: Node, rowsKept: number, keepsPromise: boolean): void {
    this.trace?.(`the disk of ${node.id} is damaged: ${rowsKept} rows are left`);
    this.counts["disks damaged"]++;
    nodes.damageNode(node, rowsKept, keepsPromise, this);
  }

  wrote(node: Node): void {
    this.#driver.onWork(node);
  }

  ask(node: Node, to: number, question: Question): void {
    this.#ask(node.id, to, node.life, question);
  }

  #ask(from: number, to: number, life: number, question: Question | Lead): void {
    this.#driver.onAsk({ from, to, life, question, order: ++this.#lastAsk, isOpen: true });
  }

  reply(node: Node, token: number, reply: Reply): void {
    const open = this.#open[node.id - 1]!;
    const ask = open.get(token)!;
    open.delete(token);
    if (reply.kind === "led") {
      if (this.trace !== null) this.trace(`< ${node.id} -> ${FRONTEND}  ${describeAnswer(reply)}`);
      return this.#driver.onLed(reply);
    }
    seeReply(this, node, ask.question, reply);
    this.#driver.onReply(ask, reply);
  }

  confirmed(node: Node, token: number, ok: boolean): void {
    const known = this.#known.get(token)!;
    this.#known.delete(token);
    if (ok) this.fact(node, { kind: "confirmed", known });
    this.#driver.onConfirmed(token, ok);
  }

  fact(node: Node, fact: Fact): void {
    if (this.trace !== null) this.#say(node, fact);
    this.#observer.fact(node, fact, this.nodes);
    if (this.isJudged) this.judge.see(node, fact);
  }

  #say({ id, state }: Node, fact: Fact): void {
    if (fact.kind === "committed") this.trace!(`${id} commits ${fact.to}`);
    else if (fact.kind === "won") this.trace!(`${id} won term ${fact.term}`);
    else if (fact.kind === "opened") this.trace!(`${id} leads term ${state.term}`);
    else if (fact.kind === "restored")
      this.trace!(`${id} takes the checkpoint at ${fact.at.index}`);
    else if (fact.kind === "recovered") this.trace!(`${id} has recovered`);
    else if (fact.kind === "stepped_down") this.trace!(`${id} steps down`);
  }

  observe(node: Node, input: Input, outputs: readonly Output[]): void {
    this.#observer.step(node, input, outputs);
  }
}

/** A vote given and rows acknowledged are promises. */
export function seeReply(
  sink: Pick<Sink, "fact">,
  node: Node,
  question: Question | Lead,
  reply: Answer,
): void {
  const isVote = reply.kind === "voted" && reply.granted && question.kind === "vote";
  if (isVote && !question.ask) {
    sink.fact(node, { kind: "voted", term: question.term, candidate: question.candidate });
    sink.fact(node, { kind: "promised", term: question.term });
  } else if (reply.kind === "replicated" && reply.result === "appended") {
    sink.fact(node, { kind: "promised", term: reply.term });
  }
}

export function asViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  const { message } = error as Error;
  return new Violation("replicaAsserts", message, { cause: error });
}
