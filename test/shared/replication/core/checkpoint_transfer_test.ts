/**
 * A replica that is told that its rows are gone, one message at a time: what it asks, what it
 * takes, and what it does with answers that are late, of another checkpoint, or do not come.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { formatRow } from "../../../../shared/replication/storage/row_format.ts";
import { pieceOf } from "../../../../shared/replication/checkpoint_pieces.ts";
import type { Checkpoint } from "../../../../shared/replication/storage/checkpoint_file.ts";
import { CHECKPOINT_PIECE_LENGTH } from "../../../../shared/limits.ts";
import { LogIndex, START, type Position } from "../../../../shared/replication/core/log_index.ts";
import type {
  Answer, CheckpointPiece, LogPage, Question, Row,
} from "../../../../shared/replication/core/messages.ts";
import { step } from "../../../../shared/replication/core/replica.ts";
import { replicaConfig } from "../../../../shared/replication/replica_config.ts";
import {
  createReplica, type Output, type ReplicaState,
} from "../../../../shared/replication/core/replica_state.ts";
import { makeRows } from "../stored_log.ts";

const LEADER = 3;
const TERM = 2;
const TEXT = "the state after row 30";
/** The leader's log: the last rows are of its own term. */
const OLD_ROWS = makeRows(32);
const ROWS = [...OLD_ROWS, ...makeRows(3, OLD_ROWS.at(-1), TERM)];
const AT = positionOf(ROWS[29]!);

function positionOf({ index, term, checksum }: Row): Position {
  return { index, term, checksum };
}

/** Rows that nobody else has. */
function ownRows(count: number, after: Row): Row[] {
  const rows = [after];
  for (let last = after; rows.length <= count; rows.push(last)) {
    last = formatRow(last.index + 1, last.term, `own ${last.index + 1}`, last.checksum);
  }
  return rows.slice(1);
}

/** A follower with these rows on its disk, of which the leader's heartbeat fits none. */
class Follower {
  readonly state: ReplicaState;
  outputs: Output[] = [];

  constructor(rows: readonly Row[]) {
    const log = new LogIndex();
    for (const row of rows) log.append(row.term, row.checksum);
    const group = { id: 1, others: [2, 3], quorum: 2, startId: "1.1" };
    const config = replicaConfig({ ...group, isSnapshot: () => true });
    const promised = { term: TERM, vote: LEADER, checkpointIndex: 0, isRecovering: false };
    this.state = createReplica(config, { ...promised, log });
  }

  hears(term = TERM, leader = LEADER): void {
    const round = { rows: [], commit: 30, round: 1, vouch: null };
    const prev = positionOf(ROWS.at(-1)!);
    const message = { kind: "replicate", term, leader, prev, ...round } as const;
    this.outputs = step(this.state, { kind: "request", token: 1, message }, 0);
    this.written();
  }

  /** @returns what it asks next; null: nothing */
  answered(question: Question, answer: Answer | null, from = LEADER): Question | null {
    this.outputs = step(this.state, { kind: "answer", from, question, answer }, 0);
    return this.asked;
  }

  written(): void {
    const { diskOpsDone, diskOpsIssued } = this.state;
    if (diskOpsDone < diskOpsIssued) step(this.state, { kind: "written", op: diskOpsIssued }, 0);
  }

  get asked(): Question | null {
    return this.outputs.find((output) => output.kind === "ask")?.question ?? null;
  }

  get installed(): (Output & { kind: "install" }) | null {
    return this.outputs.find((output) => output.kind === "install") ?? null;
  }

  /** Told that its rows are gone, it asks for the checkpoint. */
  asksForPiece(): Question {
    this.hears();
    const question = this.answered(this.asked!, dropped(TERM))!;
    assert.equal(question.kind, "read_checkpoint");
    return question;
  }
}

function dropped(term: number): LogPage {
  const rest = { prev: START, rows: [], commit: 30, complete: false };
  return { kind: "log_page", term, result: "dropped", ...rest };
}

function page(piece: Partial<CheckpointPiece> = {}, term = TERM): Answer {
  const whole = { at: AT, length: TEXT.length, checksum: crc32(TEXT), offset: 0, text: TEXT };
  return { kind: "checkpoint_page", term, piece: { ...whole, ...piece } };
}

test("a proven checkpoint takes the place of the log, which goes on behind it", () => {
  const follower = new Follower([...ROWS.slice(0, 5), ...ownRows(40, ROWS[4]!)]);
  const { state } = follower;
  const next = follower.answered(follower.asksForPiece(), page());
  const { at, text, committed } = follower.installed!;
  assert.deepEqual({ at, text, committed }, { at: AT, text: TEXT, committed: 0 });
  assert.deepEqual(next, { kind: "read_log", reader: 1, term: TERM, after: AT });
  assert.deepEqual([state.log.base, state.log.lastIndex], [AT, 30]);
  assert.equal(state.commitIndex, 30);
  assert(state.durableIndex < 30, "not yet on disk");
  follower.written();
  assert.equal(state.durableIndex, 30);
  assert.deepEqual(follower.outputs.map(({ kind }) => kind), ["install", "committed", "ask"]);
});

for (const result of ["rows", "conflict", "dropped"] as const) {
  test(`a page that comes when its question is behind the base, ${result}, is late`, () => {
    const follower = new Follower(ROWS.slice(0, 5));
    follower.hears();
    const question = follower.asked!;
    assert.equal(question.kind, "read_log");
    const head = { kind: "replicate", term: TERM, leader: LEADER, round: 2, vouch: null } as const;
    const rows = { prev: positionOf(ROWS[4]!), rows: ROWS.slice(5, 12), commit: 12 };
    step(follower.state, { kind: "request", token: 1, message: { ...head, ...rows } }, 0);
    follower.written();
    step(follower.state, { kind: "compacted", index: 10 }, 0);
    const missed = result === "rows" ? ROWS.slice(5, 8) : [];
    const late = { ...dropped(TERM), result, rows: missed, commit: 12 };
    assert.equal(follower.answered(question, late), null);
    assert.equal(follower.state.catchUp, null);
    assert.equal(follower.state.log.lastIndex, 12);
  });
}

test("what is said of the own disk leaves after the checkpoint is on it", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  follower.answered(follower.asksForPiece(), page());
  const rows = ROWS.slice(30, 32);
  const round = { commit: 30, round: 2, vouch: null };
  const head = { kind: "replicate", term: TERM, leader: LEADER } as const;
  const message = { ...head, prev: AT, rows, ...round };
  const outputs = step(follower.state, { kind: "request", token: 7, message }, 0);
  assert(!outputs.some(({ kind }) => kind === "reply"));
  const written = step(follower.state, { kind: "written", op: follower.state.diskOpsIssued }, 0);
  const reply = written.find((output) => output.kind === "reply")!.reply;
  assert.equal(reply.kind === "replicated" && reply.match, 32);
});

test("until the last piece nothing of the own is touched", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  let question = follower.asksForPiece();
  for (let offset = 0; offset < TEXT.length; offset += 5) {
    assert.equal(follower.state.log.lastIndex, 5);
    assert.equal(follower.installed, null);
    assert.equal(question.kind === "read_checkpoint" && question.offset, offset);
    const text = TEXT.slice(offset, offset + 5);
    question = follower.answered(question, page({ offset, text }))!;
  }
  assert.equal(follower.installed?.text, TEXT);
});

test("a checkpoint whose checksum is another is not taken, and asked for anew", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  const question = follower.asksForPiece();
  assert.equal(follower.answered(question, page({ text: TEXT.replace("30", "31") })), null);
  assert.deepEqual([follower.state.log.lastIndex, follower.state.incoming], [5, null]);
  const again = follower.asksForPiece();
  assert.deepEqual(again, { kind: "read_checkpoint", reader: 1, term: TERM, offset: 0 });
});

test("a sender that keeps a newer one meanwhile makes it begin again", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  const first = follower.answered(follower.asksForPiece(), page({ text: TEXT.slice(0, 5) }))!;
  const at = positionOf(ROWS[31]!);
  const again = follower.answered(first, page({ at, offset: 5, text: TEXT.slice(5) }))!;
  assert.equal(follower.installed, null);
  assert.equal(again.kind === "read_checkpoint" && again.offset, 0);
  follower.answered(again, page({ at }));
  assert.equal(follower.state.log.base.index, 32);
});

test("a piece that does not come is asked for again, of the next leader too", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  const second = follower.answered(follower.asksForPiece(), page({ text: TEXT.slice(0, 5) }))!;
  assert.equal(follower.answered(second, null), null, "with the next heartbeat");
  follower.hears(TERM + 1, 2);
  const after = follower.answered(follower.asked!, dropped(TERM + 1), 2)!;
  assert.deepEqual(after, { ...second, term: TERM + 1 });
  const rest = { offset: 5, text: TEXT.slice(5) };
  assert.equal(follower.answered(second, page(rest)), null, "of the leader before: too late");
  follower.answered(after, page(rest, TERM + 1), 2);
  assert.equal(follower.installed?.text, TEXT);
});

test("a piece that comes twice, or late, changes nothing", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  const first = follower.asksForPiece();
  const second = follower.answered(first, page({ text: TEXT.slice(0, 5) }))!;
  assert.equal(follower.answered(first, page({ text: TEXT.slice(0, 5) })), null);
  assert.equal(follower.state.incoming?.text, TEXT.slice(0, 5));
  follower.answered(second, page({ offset: 5, text: TEXT.slice(5) }));
  assert(follower.installed !== null);
  assert.equal(follower.answered(second, page({ offset: 5, text: TEXT.slice(5) })), null);
  assert.equal(follower.installed, null);
});

test("where the own log has the checkpoint's row, it only goes on from there", () => {
  const follower = new Follower([...ROWS.slice(0, 32), ...ownRows(9, ROWS[31]!)]);
  const next = follower.answered(follower.asksForPiece(), page({ text: TEXT.slice(0, 5) }));
  assert.deepEqual(next, { kind: "read_log", reader: 1, term: TERM, after: AT });
  assert.deepEqual([follower.installed, follower.state.incoming], [null, null]);
  assert.equal(follower.state.log.lastIndex, 41, "its rows stay");
  assert.equal(follower.state.commitIndex, 30, "and are committed up to there");
});

test("its own checkpoint, written late, does not take a newer one's place", () => {
  const follower = new Follower(ROWS.slice(0, 5));
  follower.answered(follower.asksForPiece(), page());
  step(follower.state, { kind: "compacted", index: 2 }, 0);
  assert.deepEqual(follower.state.log.base, AT);
});

test("pieces end between characters, and their checksums go on from each other", () => {
  const text = "x" + "🦊".repeat(CHECKPOINT_PIECE_LENGTH);
  const checkpoint: Checkpoint = { at: AT, base: START, baseBefore: START, text };
  let [sum, length] = [0, 0];
  while (length < text.length) {
    const piece = pieceOf(checkpoint, length);
    assert(piece.text.isWellFormed() && piece.text.length > 0);
    assert(piece.text.length <= CHECKPOINT_PIECE_LENGTH);
    assert.deepEqual([piece.length, piece.checksum], [text.length, crc32(text)]);
    sum = crc32(piece.text, sum);
    length += piece.text.length;
  }
  assert.deepEqual([sum, length], [crc32(text), text.length]);
});
