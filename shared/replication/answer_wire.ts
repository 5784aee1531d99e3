/**
 * The answers of the other replicas as they travel, read at this door: what has
 * not the shape of an answer to the question is none.
 */
import { AppError } from "../errors.ts";
import {
  CHECKPOINT_LENGTH_MAX, CHECKPOINT_PIECE_LENGTH, INTERNAL_BODY_BYTES_MAX,
} from "../limits.ts";
import { asIntegerIn, asRecord, asText } from "../messages/parse.ts";
import { asTerm } from "../terms.ts";
import { parseRows } from "./storage/row_format.ts";
import type {
  Answer, CheckpointPage, LogPage, Question, Replicated, Voted,
} from "./core/messages.ts";
import { asChecksum, asCount, decodePosition, ID_MAX } from "./wire_format.ts";

type Fields = Record<string, unknown>;

/** Rows follow from the row that was asked after. @throws bad_request */
export function decodeAnswer(question: Question, body: unknown): Answer {
  switch (question.kind) {
    case "replicate":
      return decodeReplicated(body);
    case "vote":
      return decodeVoted(body);
    case "read_log": {
      const fields = fieldsOf(body, "log_page", [
        "result", "prev", "rows", "commit", "complete",
      ]);
      return {
        kind: "log_page",
        term: asTerm(fields.term, "term"),
        result: asOneOf(fields.result, ["rows", "conflict", "dropped", "other_term"]),
        prev: decodePosition(fields.prev),
        rows: parseRows(asText(fields.rows, "rows", INTERNAL_BODY_BYTES_MAX), question.after),
        commit: asCount(fields.commit, "commit"),
        complete: asBoolean(fields.complete),
      } satisfies LogPage;
    }
    case "read_checkpoint":
      return decodeCheckpointPage(body);
  }
}

function decodeReplicated(body: unknown): Replicated {
  const fields = fieldsOf(body, "replicated", ["result", "match", "round", "recovery"]);
  return {
    kind: "replicated",
    term: asTerm(fields.term, "term"),
    result: asOneOf(fields.result, ["appended", "behind", "stale_term"]),
    match: asCount(fields.match, "match"),
    round: asCount(fields.round, "round"),
    recovery: fields.recovery === null ? null : asText(fields.recovery, "recovery", 64),
  };
}

function decodeVoted(body: unknown): Voted {
  const fields = fieldsOf(body, "voted", ["granted", "last", "leader", "leaseMs"]);
  const { leader, leaseMs } = fields;
  if (typeof leaseMs !== "number" || !(leaseMs >= 0)) throw notRight();
  return {
    kind: "voted",
    term: asTerm(fields.term, "term"),
    granted: asBoolean(fields.granted),
    last: decodePosition(fields.last),
    leader: leader === null ? null : asIntegerIn(leader, "leader", 1, ID_MAX),
    leaseMs,
  };
}

/** What is put together in memory is bounded. */
function decodeCheckpointPage(body: unknown): CheckpointPage {
  const fields = fieldsOf(body, "checkpoint_page", ["piece"]);
  const term = asTerm(fields.term, "term");
  if (fields.piece === null) return { kind: "checkpoint_page", term, piece: null };
  const piece = asRecord(fields.piece, ["at", "length", "checksum", "offset", "text"]);
  return {
    kind: "checkpoint_page",
    term,
    piece: {
      at: decodePosition(piece.at),
      length: asIntegerIn(piece.length, "length", 1, CHECKPOINT_LENGTH_MAX),
      checksum: asChecksum(piece.checksum),
      offset: asCount(piece.offset, "offset"),
      text: asText(piece.text, "text", CHECKPOINT_PIECE_LENGTH),
    },
  };
}

function fieldsOf(body: unknown, kind: Answer["kind"], names: readonly string[]): Fields {
  const fields = asRecord(body, ["kind", "term", ...names]);
  if (fields.kind !== kind) throw new AppError("bad_request", `Expected an answer: ${kind}`);
  return fields;
}

function asOneOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw notRight();
  return found;
}

function asBoolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw notRight();
}

function notRight(): AppError {
  return new AppError("bad_request", "A field of an answer has no value that it can have");
}
