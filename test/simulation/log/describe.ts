/** The replicas' messages in words, one line each, for transcripts. */
import type { Answer, Reply, Request } from "../../../shared/replication/core/messages.ts";
import type { Position } from "../../../shared/replication/core/log_index.ts";

export function describeQuestion(question: Request): string {
  switch (question.kind) {
    case "replicate": {
      const { term, prev, rows, commit } = question;
      return `replicate term=${term} prev=${at(prev)} rows=${rows.length} commit=${commit}`;
    }
    case "vote":
      return `${question.ask ? "would you vote" : "vote"} term=${question.term}`;
    case "read_log":
      return `log term=${question.term} after=${at(question.after)}`;
    case "read_checkpoint":
      return `checkpoint term=${question.term} offset=${question.offset}`;
    case "lead":
      return question.handover === null ? "lead" : `lead after=${question.handover}`;
  }
}

export function describeAnswer(answer: Answer | Reply | null): string {
  if (answer === null) return "no answer";
  switch (answer.kind) {
    case "replicated":
      return `${answer.result} term=${answer.term} match=${answer.match}`;
    case "voted": {
      const no = answer.leader === null ? "no" : `no: ${answer.leader} leads`;
      return `${answer.granted ? "yes" : no} term=${answer.term} last=${at(answer.last)}`;
    }
    case "log_page":
      return (
        `${answer.result} term=${answer.term} rows=${answer.rows.length}` +
        (answer.complete ? " complete" : "")
      );
    case "checkpoint_page": {
      const { term, piece } = answer;
      if (piece === null) return `no checkpoint term=${term}`;
      const { offset, text, length } = piece;
      return `checkpoint at=${at(piece.at)} term=${term} ${offset}+${text.length} of ${length}`;
    }
    case "led":
      return `${answer.result} term=${answer.term}`;
  }
}

function at({ index, term }: Position): string {
  return `${index}/${term}`;
}
