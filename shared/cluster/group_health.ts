/**
 * Asks the replicas of a group how they are, all at once, and does not let
 * the slowest decide how long that takes: who did not answer the last time
 * is asked but not waited for, and once it is clear who leads nobody is.
 */
import { AppError } from "../errors.ts";
import type { Peer } from "./peer.ts";
import { HEALTH_TIMEOUT_MS } from "../limits.ts";
import { isReplicaHealth, workingLeader } from "./replica_health.ts";
import type { ReplicaHealth } from "../messages/messages.ts";

type HealthPeer = Pick<Peer, "url" | "get">;

export interface AskOptions {
  /** A leader with a lower term is not clear: somebody may know a newer one. */
  termMin: number;
  /** Wait for the silent ones too. */
  patient: boolean;
}

/** A question to several replicas under way. */
export interface Asking {
  /** Never rejects: who does not answer is missing. */
  done: Promise<ReplicaHealth[]>;
  /** Ends the waiting, with what has come. */
  stop: () => void;
}

export class GroupHealth {
  readonly #members: ReadonlyMap<number, HealthPeer>;
  readonly ids: readonly number[];
  readonly #healths = new Map<number, ReplicaHealth>();
  /** Those that did not answer when last asked. */
  readonly #silent = new Set<number>();

  constructor(members: ReadonlyMap<number, HealthPeer>) {
    this.#members = members;
    this.ids = [...members.keys()];
  }

  /** Of those that answered when last asked. */
  get healths(): ReadonlyMap<number, ReplicaHealth> {
    return this.#healths;
  }

  ask(ids: readonly number[], options: AskOptions): Asking {
    const answers: ReplicaHealth[] = [];
    const patient = options.patient || ids.every((id) => this.#silent.has(id));
    const awaited = new Set(ids.filter((id) => patient || !this.#silent.has(id)));
    let stop: () => void = () => {};
    const done = new Promise<ReplicaHealth[]>((resolve) => {
      stop = () => resolve([...answers]);
      for (const id of ids) {
        void this.#askOne(id).then((health) => {
          if (health !== null) answers.push(health);
          awaited.delete(id);
          if (awaited.size === 0 || isClear(answers, options.termMin)) stop();
        });
      }
    });
    return { done, stop };
  }

  async #askOne(id: number): Promise<ReplicaHealth | null> {
    const peer = this.#members.get(id)!;
    try {
      const health = await peer.get("/health", { timeoutMs: HEALTH_TIMEOUT_MS });
      if (!isReplicaHealth(health) || health.id !== id) {
        throw new AppError("unknown", `${peer.url} does not answer as replica ${id}`);
      }
      this.#healths.set(id, health);
      this.#silent.delete(id);
      return health;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#healths.delete(id);
      this.#silent.add(id);
      return null;
    }
  }
}

/** Nobody who has yet to answer is likely to know a newer leader. */
function isClear(answers: readonly ReplicaHealth[], termMin: number): boolean {
  const found = workingLeader(answers);
  if (found === null || found.term < termMin) return false;
  return answers.every(({ term }) => term <= found.term);
}
