/**
 * The last part of the door: what of another replica's rows and checkpoints
 * this service can go on from. Checksums show that they are what was sent, not
 * that they make sense; and once a row is in the log the service asserts that
 * it can be applied. So it is asked before: what cannot follow is refused, as a
 * message that cannot be right, and neither log nor state has seen it.
 *
 *   POST /replicate ─┐                               ┌─▶ log, state, disk
 *   GET /log, page ──┼─▶ chain, term, committed? ─▶ checkRows
 *   GET /checkpoint ─┘       (credible.ts)       ─▶ checkSnapshot
 *
 * A leader whose rows are refused is followed all the same, by its heartbeats,
 * and the log ends where it made sense; a line says which row and why, once.
 */
import { AppError } from "../errors.ts";
import type { Log } from "../logging.ts";
import { payloadOf } from "./storage/row_format.ts";
import { credible } from "./credible.ts";
import type { LogIndex, Position } from "./core/log_index.ts";
import type { Answer, Question, Row } from "./core/messages.ts";
import type { ReplicaState } from "./core/replica_state.ts";
import type { ReplicatedService } from "./replicated_service.ts";

export class RowDoor {
  readonly #service: Pick<ReplicatedService, "checkRows" | "checkSnapshot">;
  readonly #log: Log;
  /** Of the last refusal: who sends again what was refused need not fill the log. */
  #lastWhy = "";

  constructor(service: Pick<ReplicatedService, "checkRows" | "checkSnapshot">, log: Log) {
    this.#service = service;
    this.#log = log;
  }

  /**
   * Rows after `prev`, as far as the log would take them.
   * @throws bad_request, conflict: none of them is to be taken
   */
  check(log: LogIndex, prev: Position, rows: readonly Row[]): void {
    const refusal = this.#judge(log, prev, rows);
    if (refusal !== null) throw refusal;
  }

  isSnapshot(text: string, index: number): boolean {
    const look = (): void => this.#service.checkSnapshot?.(text, index);
    return this.#refusal("a checkpoint that cannot be right is refused", { index }, look) === null;
  }

  /** The answer as it may count; null: there is none, or it cannot be right. */
  believe(
    state: ReplicaState,
    { from, question, said }: { from: number; question: Question; said: Answer | null },
  ): Answer | null {
    if (said === null) return null;
    const answer = credible(state, question, said);
    if (answer === null) this.#log.warn("an answer that cannot be right counts as none", { from });
    if (question.kind !== "read_log" || answer?.kind !== "log_page") return answer;
    return this.#judge(state.log, question.after, answer.rows) === null ? answer : null;
  }

  #judge(log: LogIndex, prev: Position, rows: readonly Row[]): AppError | null {
    if (!log.holds(prev)) return null;
    const held = log.countHeld(rows);
    if (held === rows.length) return null;
    const payloads: string[] = [];
    for (let at = held; at < rows.length; at++) payloads.push(payloadOf(rows[at]!.text));
    const after = rows[held]!.index - 1;
    const look = (): void => this.#service.checkRows(after, payloads);
    return this.#refusal("rows that cannot follow are refused", { after }, look);
  }

  /** Null: there is none. */
  #refusal(what: string, where: Record<string, unknown>, look: () => void): AppError | null {
    try {
      look();
      return null;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const why = error.message;
      if (why !== this.#lastWhy) this.#log.warn(what, { ...where, why });
      this.#lastWhy = why;
      return error;
    }
  }
}
