/**
 * The other members of the group, as the replica asks them: one question, one
 * answer, or null when none came in time or it made no sense. The replica
 * decides what a missing answer means; nothing is asked twice here.
 *
 * Who was away for long fetches page after page. While others are served, which
 * shows in a commit index that goes up, it takes its time: some 150,000 rows a
 * second, and they have the disk and the processors in between. (A page that
 * took longer is followed at once: who rests then never gets through.) A nominee
 * does not rest, nor who is needed for a majority: everybody waits for these.
 */
import { strict as assert } from "node:assert";
import { pause, type Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import { failpoint } from "../failpoint.ts";
import { HEALTH_TIMEOUT_MS, NOMINATION_TIMEOUT_MS, REPLICATE_TIMEOUT_MS } from "../limits.ts";
import type { Peer } from "../cluster/peer.ts";
import { isReplicaHealth } from "../cluster/replica_health.ts";
import type { ReplicaHealth } from "../messages/messages.ts";
import type { Answer, Question } from "./core/messages.ts";
import { decodeAnswer } from "./answer_wire.ts";
import { encodeQuestion } from "./wire_format.ts";

/** While others are served, pages are asked for at least so far apart. */
const PAGE_EVERY_MS = 20;

export class ReplicaNetwork {
  readonly #peers: ReadonlyMap<number, Peer>;
  readonly #clock: Clock;
  /** No further page before, monotonic ms. */
  #restsUntilMs = -Infinity;
  /** As the last page said. */
  #commitIndex = 0;

  /** @param peers the other members; who made them closes them */
  constructor(peers: ReadonlyMap<number, Peer>, clock: Clock) {
    this.#peers = peers;
    this.#clock = clock;
  }

  /** Ids of the other members. */
  get others(): number[] {
    return [...this.#peers.keys()];
  }

  /** Null: no answer that can be used. Anything but an AppError is a bug and thrown. */
  async ask(
    to: number,
    question: Question,
    { isUrgent }: { isUrgent: boolean },
  ): Promise<Answer | null> {
    const peer = this.#peers.get(to);
    assert(peer !== undefined, `replica ${to} is a member`);
    if (question.kind !== "read_log") return this.#ask(peer, question);
    const restMs = this.#restsUntilMs - this.#clock.monotonicMs();
    if (!isUrgent && restMs > 0) await pause(this.#clock, restMs);
    const askedAtMs = this.#clock.monotonicMs();
    const answer = await this.#ask(peer, question);
    if (answer?.kind !== "log_page") return answer;
    const isServing = answer.commit > this.#commitIndex;
    this.#commitIndex = answer.commit;
    if (isServing) this.#restsUntilMs = askedAtMs + PAGE_EVERY_MS;
    return answer;
  }

  async #ask(peer: Peer, question: Question): Promise<Answer | null> {
    const { path, body } = encodeQuestion(question);
    const options = { timeoutMs: REPLICATE_TIMEOUT_MS };
    try {
      const reply: object = await (body === null
        ? peer.get(path, options)
        : peer.post(path, body, options));
      if (question.kind === "replicate" && question.rows.length > 0) failpoint("log.replicated");
      return decodeAnswer(question, reply);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  /** Null: it does not answer. */
  async health(of: number): Promise<ReplicaHealth | null> {
    try {
      const health = await this.#peers.get(of)!.get("/health", { timeoutMs: HEALTH_TIMEOUT_MS });
      return isReplicaHealth(health) && health.id === of ? health : null;
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  /** Asks a follower of this term to take over; true when it leads. */
  async handOver(to: number, term: number): Promise<boolean> {
    try {
      const options = { timeoutMs: NOMINATION_TIMEOUT_MS };
      await this.#peers.get(to)!.post("/lead", { handover: term }, options);
      return true;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }
}
