/** A simulated replica, what of it survives a crash, and what is on its way to it. */
import { strict as assert } from "node:assert";
import type { Answer, Question, Request, Row } from "../../../shared/replication/messages.ts";
import type { Output, ReplicaState } from "../../../shared/replication/replica_state.ts";

export type DiskEffect = Output & { kind: "append" | "cut" | "save" | "recovered" };

export interface Disk {
  term: number;
  vote: number | null;
  rows: Row[];
  /** The mark of a recovery that is not over. */
  recovering: boolean;
}

export interface Node {
  id: number;
  state: ReplicaState;
  alive: boolean;
  /** Counts restarts: what was asked before one is answered to nobody. */
  life: number;
  disk: Disk;
  pending: DiskEffect[];
}

export type Packet =
  | { kind: "question"; from: number; to: number; life: number; question: Question | Request }
  | {
      kind: "answer";
      from: number;
      to: number;
      life: number;
      question: Question;
      answer: Answer | null;
    };

export function applyToDisk(disk: Disk, effect: DiskEffect): void {
  if (effect.kind === "save") {
    assert(effect.term >= disk.term, "a promised term never falls");
    assert(effect.term > disk.term || disk.vote === null, "one vote a term");
    disk.term = effect.term;
    disk.vote = effect.vote;
  } else if (effect.kind === "recovered") {
    disk.recovering = false;
  } else if (effect.kind === "cut") {
    disk.rows.length = Math.min(disk.rows.length, effect.after);
  } else {
    disk.rows.push(...effect.rows);
  }
}

/** A row of a node's log, on disk or on its way there. */
export function rowOf({ disk, pending }: Node, index: number): Row | undefined {
  let row: Row | undefined = disk.rows[index - 1];
  for (const effect of pending) {
    if (effect.kind === "cut" && effect.after < index) row = undefined;
    if (effect.kind === "append") row = effect.rows.find((one) => one.index === index) ?? row;
  }
  return row;
}
