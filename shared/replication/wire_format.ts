/**
 * The replicas' messages as HTTP carries them: POST /replicate, /vote and
 * /lead with JSON bodies, GET /log and /checkpoint with a query. Rows travel as the CSV text
 * that lands on disk, and their chain is checked at the door: a row whose
 * checksum does not follow never reaches the replica.
 */
import { AppError } from "../errors.ts";
import { asIntegerIn, asRecord, asText } from "../messages/parse.ts";
import { INTERNAL_REQUEST_BYTES_MAX } from "../limits.ts";
import { asTerm } from "../terms.ts";
import { joinRows, parseRows } from "./storage/row_format.ts";
import type { Position } from "./core/log_index.ts";
import type {
  LogPage, Question, Replicate, Reply, Request, Vote,
} from "./core/messages.ts";
import type { LogPageFrame } from "./core/replica_state.ts";

const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const CHECKSUM_MAX = 2 ** 32 - 1;
export const ID_MAX = 9;

/** The calls of the replicated log, as an HTTP thread routes them. */
export const REPLICATION_CALLS = [
  { method: "POST", path: "/replicate" },
  { method: "POST", path: "/vote" },
  { method: "POST", path: "/lead" },
  { method: "GET", path: "/log" },
  { method: "GET", path: "/checkpoint" },
] as const;

export function encodeQuestion(question: Question): { path: string; body: string | null } {
  switch (question.kind) {
    case "replicate": {
      const { term, leader, prev, rows, commit, round, vouch } = question;
      const body = JSON.stringify({
        term,
        leader,
        prev: pickPosition(prev),
        rows: joinRows(rows),
        commit,
        round,
        vouch,
      });
      return { path: "/replicate", body };
    }
    case "vote": {
      const { term, candidate, ask, handover } = question;
      return { path: "/vote", body: JSON.stringify({ term, candidate, ask, handover }) };
    }
    case "read_log": {
      const { reader, term, after } = question;
      const query = `after=${after.index}&after_term=${after.term}&checksum=${after.checksum}`;
      return { path: `/log?${query}&term=${term}&reader=${reader}`, body: null };
    }
    case "read_checkpoint": {
      const { reader, term, offset } = question;
      return { path: `/checkpoint?offset=${offset}&term=${term}&reader=${reader}`, body: null };
    }
  }
}

function pickPosition({ index, term, checksum }: Position): Position {
  return { index, term, checksum };
}

/** @throws bad_request */
export function decodeRequest(kind: string, body: unknown): Request {
  switch (kind) {
    case "POST /replicate":
      return decodeReplicate(body);
    case "POST /vote":
      return decodeVote(body);
    case "POST /lead": {
      const { handover } = asRecord(body, [], ["handover"]);
      return {
        kind: "lead",
        handover: handover === undefined ? null : asTerm(handover, "handover"),
      };
    }
    case "GET /log":
      return decodeReadLog(body);
    case "GET /checkpoint": {
      const fields = asRecord(body, ["offset", "term", "reader"]);
      return { kind: "read_checkpoint", ...decodeReader(fields),
        offset: asCount(Number(fields.offset), "offset") };
    }
    default:
      throw new AppError("not_found", `No call ${kind} in the replicated log`);
  }
}

function decodeReplicate(body: unknown): Replicate {
  const fields = asRecord(body, ["term", "leader", "prev", "rows", "commit", "round", "vouch"]);
  const prev = decodePosition(fields.prev);
  return {
    kind: "replicate",
    term: asTerm(fields.term, "term"),
    leader: asIntegerIn(fields.leader, "leader", 1, ID_MAX),
    prev,
    rows: parseRows(asText(fields.rows, "rows", INTERNAL_REQUEST_BYTES_MAX), prev),
    commit: asCount(fields.commit, "commit"),
    round: asCount(fields.round, "round"),
    vouch: fields.vouch === null ? null : asText(fields.vouch, "vouch", 64),
  };
}

function decodeVote(body: unknown): Vote {
  const fields = asRecord(body, ["term", "candidate", "ask", "handover"]);
  if (typeof fields.ask !== "boolean") throw new AppError("bad_request", "ask is true or false");
  return {
    kind: "vote",
    term: asTerm(fields.term, "term"),
    candidate: asIntegerIn(fields.candidate, "candidate", 1, ID_MAX),
    ask: fields.ask,
    handover: fields.handover === null ? null : asTerm(fields.handover, "handover"),
  };
}

/** A query: every value is text. */
function decodeReadLog(query: unknown): Request {
  const fields = asRecord(query, ["after", "after_term", "checksum", "term", "reader"]);
  return {
    kind: "read_log",
    ...decodeReader(fields),
    after: {
      index: asCount(Number(fields.after), "after"),
      term: asTerm(Number(fields.after_term), "after_term"),
      checksum: asChecksum(Number(fields.checksum)),
    },
  };
}

function decodeReader(fields: { reader?: unknown; term?: unknown }) {
  return {
    reader: asIntegerIn(Number(fields.reader), "reader", 1, ID_MAX),
    term: asTerm(Number(fields.term), "term"),
  };
}

/**
 * The answer as it travels; a page with rows is made where the rows are.
 * @throws leader_alive, no_votes: a nomination that was refused
 */
export function encodeReply(reply: Reply, id: number): object {
  if (reply.kind === "log_page") return { ...reply, rows: "" };
  if (reply.kind !== "led") return reply;
  const { kind: _, result, ...details } = reply;
  if (result === "leading") return { leader: id, term: reply.term };
  const message = result === "no_votes" ? "found no majority of votes" : "hears a leader";
  throw new AppError(result, `Replica ${id} ${message}`, details);
}

/** A page with its rows as they stand on disk. */
export function encodePage({ term, prev, commit }: LogPageFrame, rows: string): object {
  const page: Omit<LogPage, "rows"> = {
    kind: "log_page", term, result: "rows", prev, commit, complete: false,
  };
  return { ...page, rows };
}

export function decodePosition(value: unknown): Position {
  const { index, term, checksum } = asRecord(value, ["index", "term", "checksum"]);
  return {
    index: asCount(index, "index"),
    term: asTerm(term, "term"),
    checksum: asChecksum(checksum),
  };
}

export function asChecksum(value: unknown): number {
  return asIntegerIn(value, "checksum", 0, CHECKSUM_MAX);
}

export function asCount(value: unknown, what: string): number {
  return asIntegerIn(value, what, 0, COUNT_MAX);
}
