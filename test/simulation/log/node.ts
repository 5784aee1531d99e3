/**
 * A simulated replica: the real state machine, a disk that takes its writes
 * later and in order, and what of it survives a crash. Who carries messages
 * and decides what happens next is elsewhere; here is only what a step of the
 * replica means. The random histories, the exhaustive search and the groups
 * moved by hand share it.
 */
import { strict as assert } from "node:assert";
import type { Question, Reply } from "../../../shared/replication/core/messages.ts";
import { step } from "../../../shared/replication/core/replica.ts";
import {
  cloneReplica,
  createReplica,
  type DiskEffect,
  type Input,
  type Output,
  type ReplicaConfig,
  type ReplicaState,
} from "../../../shared/replication/core/replica_state.ts";
import {
  carryOutOn, damage, emptyDisk, keepLatest, lastIndexOf, pageOf, pieceOf, readDisk, snapshotAfter,
  type Disk,
} from "./disk.ts";
import type { Fact } from "./judge.ts";

export interface Node {
  readonly id: number;
  state: ReplicaState;
  alive: boolean;
  /** Counts restarts: what was asked before one is answered to nobody. */
  life: number;
  disk: Disk;
  /** Writes that the disk has not taken yet. */
  pending: DiskEffect[];
  /** Up to here its commits of this life were judged. */
  judgedCommit: number;
  /** Its service keeps a checkpoint at every multiple of this; Infinity: it has none. */
  readonly checkpointEveryRows: number;
  /** It crashes after carrying out so many more outputs. */
  outputsLeft: number;
}

/** Where the outputs of a step go. */
export interface Sink {
  ask(node: Node, to: number, question: Question): void;
  reply(node: Node, token: number, reply: Reply): void;
  confirmed(node: Node, token: number, ok: boolean): void;
  /** Something that a judge wants to know. */
  fact(node: Node, fact: Fact): void;
  /** Another write waits for this node's disk. */
  wrote(node: Node): void;
  /** The step is done in memory; its outputs come next. */
  observe(node: Node, input: Input, outputs: readonly Output[]): void;
  /** `outputsLeft` came to its end. */
  crash(node: Node): void;
  readonly pageRows: number;
  /** Of a checkpoint, in one answer. */
  readonly pieceLength: number;
}

export function createNode(config: ReplicaConfig, checkpointEveryRows = Infinity): Node {
  const disk = emptyDisk();
  return {
    id: config.id,
    state: createReplica(config, readDisk(disk)),
    alive: true,
    life: 1,
    disk,
    pending: [],
    judgedCommit: 0,
    checkpointEveryRows,
    outputsLeft: Infinity,
  };
}

export function cloneNode(node: Node): Node {
  return {
    ...node,
    state: cloneReplica(node.state),
    disk: { ...node.disk, rows: [...node.disk.rows] },
    pending: [...node.pending],
  };
}

export function handle(node: Node, input: Input, nowMs: number, sink: Sink): void {
  const outputs = step(node.state, input, nowMs);
  sink.observe(node, input, outputs);
  for (let i = 0; i < outputs.length; i++) {
    if (node.outputsLeft === 0) return sink.crash(node);
    node.outputsLeft--;
    carryOut(node, outputs[i]!, nowMs, sink);
    // A term that is won proposes its opening row from within, and may crash there.
    if (!node.alive) return;
  }
}

function carryOut(node: Node, output: Output, nowMs: number, sink: Sink): void {
  switch (output.kind) {
    case "append":
      node.pending.push(output);
      sink.wrote(node);
      return sink.fact(node, { kind: "appended", rows: output.rows });
    case "install": {
      const { at, text } = output;
      node.pending.push(output);
      sink.wrote(node);
      const isTrue = text === snapshotAfter(at);
      return sink.fact(node, { kind: "restored", from: node.judgedCommit, at, isTrue });
    }
    case "cut":
    case "save":
    case "recovered":
      node.pending.push(output);
      return sink.wrote(node);
    case "ask":
      return sink.ask(node, output.to, output.question);
    case "reply":
      return sink.reply(node, output.token, output.reply);
    case "page": {
      const page = pageOf(node.disk, output.page, sink.pageRows);
      for (const row of page.rows) assert(node.state.log.holds(row), "it shows the log as it is");
      return sink.reply(node, output.token, page);
    }
    case "piece":
      return sink.reply(node, output.token, pieceOf(node.disk, output, sink.pieceLength));
    case "committed": {
      const from = node.judgedCommit;
      node.judgedCommit = output.index;
      return sink.fact(node, { kind: "committed", from, to: output.index });
    }
    case "won":
      sink.fact(node, { kind: "won", term: output.term });
      return handle(node, { kind: "propose", payloads: [`open${node.id}`] }, nowMs, sink);
    case "opened":
    case "stepped_down":
      return sink.fact(node, output);
    case "confirmed":
      return sink.confirmed(node, output.token, output.ok);
  }
}

/** The disk takes the next writes; several only if they are all appends, as one flush. */
export function flushNode(node: Node, count: number, nowMs: number, sink: Sink): void {
  let op = 0;
  for (let i = 0; i < count; i++) {
    const effect = node.pending.shift()!;
    assert(count === 1 || effect.kind === "append", "only appends are flushed together");
    op = effect.op;
    write(node, effect, sink);
  }
  handle(node, { kind: "written", op }, nowMs, sink);
  if (node.alive) keepCheckpoint(node, nowMs, sink);
}

function keepCheckpoint(node: Node, nowMs: number, sink: Sink): void {
  const { disk, state, judgedCommit, checkpointEveryRows } = node;
  const dropped = keepLatest(disk, state, { committed: judgedCommit, checkpointEveryRows });
  if (dropped > 0) handle(node, { kind: "compacted", index: dropped }, nowMs, sink);
}

function write(node: Node, effect: DiskEffect, sink: Sink): void {
  const { disk } = node;
  const before = lastIndexOf(disk);
  carryOutOn(disk, effect, node.state.term);
  if (effect.kind === "recovered") sink.fact(node, { kind: "recovered" });
  else if (effect.kind === "install") sink.fact(node, { kind: "shrunk", after: effect.at.index });
  else if (lastIndexOf(disk) < before) {
    sink.fact(node, { kind: "shrunk", after: lastIndexOf(disk) });
  }
}

/** Appends that wait at the head of the queue: the disk may take them as one. */
export function appendsWaiting(node: Node): number {
  const { pending } = node;
  let count = 0;
  while (count < pending.length && pending[count]!.kind === "append") count++;
  return count;
}

/**
 * Loses what is in memory and what the disk had not taken. `flushed` writes still made it,
 * and of the next, if it is an append, the first `tornRows` rows.
 */
export function crashNode(node: Node, flushed: number, tornRows: number, sink: Sink): void {
  for (const effect of node.pending.slice(0, flushed)) write(node, effect, sink);
  const torn = node.pending[flushed];
  if (torn?.kind === "append") {
    for (const row of torn.rows.slice(0, tornRows)) node.disk.rows.push(row);
  }
  node.alive = false;
  node.pending = [];
  node.outputsLeft = Infinity;
}

export function restartNode(node: Node, sink: Sink): void {
  assert(!node.alive, `replica ${node.id} is down`);
  node.life++;
  const config = { ...node.state.config, startId: `${node.id}.${node.life}` };
  node.state = createReplica(config, readDisk(node.disk));
  node.alive = true;
  node.judgedCommit = node.state.commitIndex;
  sink.fact(node, { kind: "restarted" });
}

/** The disk of a replica that is down loses rows, and perhaps its promise; a start notices. */
export function damageNode(node: Node, rowsKept: number, keepsPromise: boolean, sink: Sink): void {
  damage(node.disk, rowsKept, keepsPromise);
  sink.fact(node, { kind: "damaged" });
}
