/**
 * Requests to the leader of one group, orders or catalogs, for what is safe
 * to ask again: it goes on with the next leader until there is an answer or
 * the deadline has come. How soon that is, is the pause that clients see, so
 *
 * - a leader that failed is suspected at once, and
 * - when another leads, what the one before has not answered yet is given up:
 *   it may be paused, and its answer would count for nothing.
 */
import { pause, type Clock } from "../../shared/clock.ts";
import { AppError, hasReason, NOT_A_MEMBER } from "../../shared/errors.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import type { Leader } from "../../shared/cluster/leader_finder.ts";
import { RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MIN_MS } from "../../shared/limits.ts";

/** Of a LeaderFinder, what this needs. */
export interface Finder {
  readonly leader: Leader | null;
  wait(deadlineMs: number): Promise<Leader>;
  suspect(peer: Peer): void;
  onLeader(handler: (leader: Leader) => void): void;
}

export interface GroupRequest<T> {
  body: object | string;
  timeoutMs: number;
  /** The answer as it may count. @throws unknown: it cannot be right */
  read: (answer: unknown) => T;
  /** A leader that refuses with this has only no room at the moment, and is not suspected. */
  sparing?: "unavailable";
}

interface Flight {
  leader: Leader;
  giveUp: () => void;
}

export class LeaderClient {
  readonly #finder: Finder;
  readonly #clock: Clock;
  readonly #flights = new Set<Flight>();

  constructor(finder: Finder, clock: Clock) {
    this.#finder = finder;
    this.#clock = clock;
    finder.onLeader((leader) => this.#onLeader(leader));
  }

  /** @throws unavailable when there is none */
  leader(): Leader {
    const { leader } = this.#finder;
    if (leader === null) throw new AppError("unavailable", "There is no leader at the moment");
    return leader;
  }

  /**
   * One POST to the leader.
   * @throws unavailable when there is none; unknown when it was given up; what the peer threw
   */
  async post<T>(path: string, request: GroupRequest<T>): Promise<T> {
    const leader = this.leader();
    try {
      return request.read(await this.#postTo(leader, path, request));
    } catch (error) {
      if (isRetryable(error) && this.#shouldSuspect(leader, error, request)) {
        this.#finder.suspect(leader.peer);
      }
      throw error;
    }
  }

  /**
   * The first answer of `attempt` that is no passing fault.
   * @param withinMs from now; a try that is still under way then is waited for no longer
   * @throws unavailable when the time is over
   */
  retryUntil<T>(withinMs: number, attempt: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.after(withinMs, () => {
        reject(new AppError("unavailable", "There was no answer in time"));
      });
      const deadlineMs = this.#clock.monotonicMs() + withinMs;
      this.#tryUntil(deadlineMs, attempt).finally(callOff).then(resolve, reject);
    });
  }

  async #tryUntil<T>(deadlineMs: number, attempt: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isRetryable(error)) throw error;
        if (deadlineMs - this.#clock.monotonicMs() <= pauseMs(tries)) {
          // In words of our own: what another member said is not for the public.
          throw new AppError("unavailable", "There was no answer in time");
        }
      }
      await this.backOff(tries, deadlineMs);
    }
  }

  /** Between two tries: until there is a leader, or, should there be one, for a moment. */
  async backOff(tries: number, deadlineMs: number): Promise<void> {
    if (this.#finder.leader !== null) return pause(this.#clock, pauseMs(tries));
    try {
      await this.#finder.wait(deadlineMs);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      // The deadline, or a finder that is closed and refuses at once: no reason to spin.
      await pause(this.#clock, pauseMs(tries));
    }
  }

  #postTo(leader: Leader, path: string, request: GroupRequest<unknown>): Promise<unknown> {
    const { body, timeoutMs } = request;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        reject(new AppError("unknown", `${path}: another leads before this was answered`));
      };
      const flight = { leader, giveUp };
      this.#flights.add(flight);
      const answering = leader.peer.post(path, body, { timeoutMs });
      answering.finally(() => this.#flights.delete(flight)).then(resolve, reject);
    });
  }

  /** Not when the same replica leads again by now: that was in another term. */
  #shouldSuspect(leader: Leader, error: AppError, { sparing }: GroupRequest<unknown>): boolean {
    return error.reason !== sparing && this.#finder.leader?.term === leader.term;
  }

  #onLeader({ term }: Leader): void {
    for (const flight of this.#flights) if (flight.leader.term < term) flight.giveUp();
  }
}

/** True for what another try, perhaps with another leader, may mend. */
export function isRetryable(error: unknown): error is AppError {
  return hasReason(error, "not_leader", "recovering", "unavailable", "unknown", ...NOT_A_MEMBER);
}

/** Doubles from try to try. */
function pauseMs(tries: number): number {
  return Math.min(RETRY_PAUSE_MIN_MS * 2 ** tries, RETRY_PAUSE_MAX_MS);
}
