/**
 * The other members of the group, as the replica asks them: one question, one
 * answer, or null when none came in time or it made no sense. The replica
 * decides what a missing answer means; nothing is asked twice here.
 */
import { strict as assert } from "node:assert";
import { AppError } from "../errors.ts";
import { HttpPeer } from "../http/peer.ts";
import { NOMINATION_TIMEOUT_MS, REPLICATE_TIMEOUT_MS } from "../limits.ts";
import type { Answer, Question } from "./messages.ts";
import { decodeAnswer, encodeQuestion } from "./replica_wire.ts";

export class ReplicaNetwork {
  #peers = new Map<number, HttpPeer>();

  constructor(
    id: number,
    members: ReadonlyMap<number, string>,
    auth: { secret: string; birth: string },
  ) {
    for (const [other, url] of members) {
      if (other !== id) this.#peers.set(other, new HttpPeer({ url, ...auth }));
    }
  }

  /** Ids of the other members. */
  get others(): number[] {
    return [...this.#peers.keys()];
  }

  /** Null: no answer that can be used. Anything but an AppError is a bug and thrown. */
  async ask(to: number, question: Question): Promise<Answer | null> {
    const peer = this.#peers.get(to);
    assert(peer !== undefined, `replica ${to} is a member`);
    const { path, body } = encodeQuestion(question);
    const options = { timeoutMs: REPLICATE_TIMEOUT_MS };
    try {
      const reply: object = await (body === null
        ? peer.get(path, options)
        : peer.post(path, body, options));
      return decodeAnswer(question, reply);
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

  close(): void {
    for (const peer of this.#peers.values()) peer.close();
  }
}
