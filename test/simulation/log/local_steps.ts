/**
 * What single replicas can do, each thing worked out once. A state of the
 * group is three states of replicas and the messages between them; millions of
 * group states share some ten thousand replica states. So replicas and
 * messages get small numbers, a step of a replica is looked up by number, and
 * the search (search.ts) runs on whole numbers only.
 *
 * Everything that makes equal states look different is taken out: disk effects
 * are numbered from the last one done, a token is the message it answers, time
 * stands still. Rounds are not: few are ever begun.
 */
import type { Answer, Question, Reply } from "../../../shared/replication/core/messages.ts";
import type { LogIndex } from "../../../shared/replication/core/log_index.ts";
import type { Input, ReplicaState } from "../../../shared/replication/core/replica_state.ts";
import type { Fact, Violation } from "./judge.ts";
import * as nodes from "./node.ts";
import type { Node, Sink } from "./node.ts";
import { asViolation, seeReply } from "./world.ts";

/** A question on its way or, with an answer, on its way back; null: none will come. */
export interface Message {
  /** Who asked, and which of its lives; whom. */
  from: number;
  life: number;
  to: number;
  question: Question;
  answer?: Answer | null;
}

export type LocalAction =
  | { kind: "hear"; message: number }
  | { kind: "flush" | "nominate" | "propose" | "tick" | "restart" }
  | { kind: "confirm"; known: number }
  | { kind: "crash"; flushed: number; tornRows: number }
  | { kind: "damage"; rowsKept: number };

export interface LocalStep {
  node: number;
  /** Messages that it sent. */
  sent: number[];
  facts: Fact[];
  violation: Violation | null;
}

const NOBODY = -1;
/** Above every number of an action. */
const ACTIONS = 2 ** 22;
/** Numbers of messages begin here; below are those of the other actions. */
const MESSAGES_FROM = 1024;
const PAGE_ROWS = 2;
/** A checkpoint is one piece. */
const PIECE_LENGTH = 100;

export class LocalSteps implements Sink {
  readonly pageRows = PAGE_ROWS;
  readonly pieceLength = PIECE_LENGTH;
  readonly nodes: Node[] = [];
  readonly messages: Message[] = [];
  #nodeNumbers = new Map<string, number>();
  #messageNumbers = new Map<string, number>();
  #steps = new Map<number, LocalStep>();
  #sent: number[] = [];
  #facts: Fact[] = [];

  numberOf(node: Node): number {
    renumberDisk(node);
    const key = JSON.stringify(canonical(node));
    let number = this.#nodeNumbers.get(key);
    if (number === undefined) {
      number = this.nodes.push(node) - 1;
      this.#nodeNumbers.set(key, number);
    }
    return number;
  }

  #messageNumber(message: Message): number {
    const key = JSON.stringify(message);
    let number = this.#messageNumbers.get(key);
    if (number === undefined) {
      number = this.messages.push(message) - 1;
      this.#messageNumbers.set(key, number);
    }
    return number;
  }

  /** The message that tells the asker that no answer will come. */
  lost(message: number): number {
    return this.#messageNumber({ ...this.messages[message]!, answer: null });
  }

  step(node: number, action: LocalAction): LocalStep {
    const key = node * ACTIONS + codeOf(action);
    let step = this.#steps.get(key);
    if (step === undefined) {
      step = this.#work(nodes.cloneNode(this.nodes[node]!), action);
      this.#steps.set(key, step);
    }
    return step;
  }

  #work(node: Node, action: LocalAction): LocalStep {
    this.#sent = [];
    this.#facts = [];
    let violation: Violation | null = null;
    try {
      this.#act(node, action);
    } catch (error) {
      violation = asViolation(error);
    }
    const number = violation === null ? this.numberOf(node) : NOBODY;
    return { node: number, sent: this.#sent, facts: this.#facts, violation };
  }

  #act(node: Node, action: LocalAction): void {
    switch (action.kind) {
      case "hear":
        return nodes.handle(node, this.#inputOf(action.message), 0, this);
      case "flush":
        return nodes.flushNode(node, 1, 0, this);
      case "nominate": {
        const message = { kind: "lead", handover: null } as const;
        return nodes.handle(node, { kind: "request", token: NOBODY, message }, 0, this);
      }
      case "propose":
        return nodes.handle(node, { kind: "propose", payloads: [`row${node.id}`] }, 0, this);
      case "tick":
        return nodes.handle(node, { kind: "tick" }, 0, this);
      case "confirm":
        return nodes.handle(node, { kind: "confirm", token: action.known }, 0, this);
      case "restart":
        return nodes.restartNode(node, this);
      case "damage":
        return nodes.damageNode(node, action.rowsKept, false, this);
      case "crash":
        for (const { token } of node.state.resting) this.#sent.push(this.lost(token));
        return nodes.crashNode(node, action.flushed, action.tornRows, this);
    }
  }

  #inputOf(number: number): Input {
    const { to, question, answer } = this.messages[number]!;
    if (answer === undefined) return { kind: "request", token: number, message: question };
    return { kind: "answer", from: to, question, answer };
  }

  ask(node: Node, to: number, question: Question): void {
    this.#sent.push(this.#messageNumber({ from: node.id, life: node.life, to, question }));
  }

  reply(node: Node, token: number, reply: Reply): void {
    if (reply.kind === "led") return;
    const asked = this.messages[token]!;
    seeReply(this, node, asked.question, reply);
    this.#sent.push(this.#messageNumber({ ...asked, answer: reply }));
  }

  confirmed(node: Node, token: number, ok: boolean): void {
    if (ok) this.fact(node, { kind: "confirmed", known: token });
  }

  fact(_node: Node, fact: Fact): void {
    this.#facts.push(fact);
  }

  observe(): void {}
  wrote(): void {}
  crash(): void {}
}

function codeOf(action: LocalAction): number {
  switch (action.kind) {
    case "hear":
      return MESSAGES_FROM + action.message;
    case "flush":
      return 0;
    case "nominate":
      return 1;
    case "propose":
      return 2;
    case "tick":
      return 3;
    case "restart":
      return 4;
    case "confirm":
      return 32 + action.known;
    case "damage":
      return 64 + action.rowsKept;
    case "crash":
      return 128 + action.flushed * 16 + action.tornRows;
  }
}

/** Counts disk effects from the last one done. */
function renumberDisk(node: Node): void {
  const { state } = node;
  const done = state.diskOpsDone;
  if (done === 0) return;
  state.diskOpsDone = 0;
  state.diskOpsIssued -= done;
  for (const entry of state.appends) entry.op -= done;
  state.resting = state.resting.map((entry) => ({ ...entry, op: entry.op - done }));
  if (state.campaign !== null)
    state.campaign.promiseOp = Math.max(0, state.campaign.promiseOp - done);
  if (state.recovering !== null && state.recovering.endOp > 0) state.recovering.endOp -= done;
  node.pending = node.pending.map((effect) => ({ ...effect, op: effect.op - done }));
}

/** Equal texts: replicas that will do the same from now on. */
function canonical(node: Node): unknown {
  const { alive, life, disk, pending, judgedCommit, state } = node;
  const { base, checkpoint, rows } = disk;
  const onDisk = [disk.term, disk.vote, base, checkpoint, checksums(rows), disk.isRecovering];
  if (!alive) return [node.id, life, onDisk];
  const writes = pending.map((effect) =>
    effect.kind === "append" ? checksums(effect.rows) : effect,
  );
  return [node.id, life, onDisk, writes, judgedCommit, canonicalState(state)];
}

function canonicalState(state: ReplicaState): unknown {
  const { campaign, leading } = state;
  return {
    ...state,
    config: null,
    // Time stands still, and the lease with it.
    heardAtMs: 0,
    log: positions(state.log),
    campaign: campaign && {
      ...campaign,
      yes: sorted(campaign.yes),
      no: [...campaign.no].sort(),
      awaited: [...campaign.awaited].sort(),
    },
    leading: leading && {
      ...leading,
      followers: [...leading.followers],
      tail: checksums(leading.tail),
    },
  };
}

function sorted<V>(map: Map<number, V>): [number, V][] {
  return [...map].sort((one, other) => one[0] - other[0]);
}

function checksums(rows: readonly { checksum: number }[]): number[] {
  return rows.map(({ checksum }) => checksum);
}

function positions(log: LogIndex): number[] {
  const { base } = log;
  const found: number[] = [base.index, base.term, base.checksum];
  for (let at = base.index + 1; at <= log.lastIndex; at++) {
    found.push(log.termAt(at), log.at(at).checksum);
  }
  return found;
}
