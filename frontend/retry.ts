/**
 * Asking a group's leader again until it answers or the deadline comes, for
 * requests that change nothing or are safe to repeat. A leader that failed is
 * suspected at once: how soon the next one is found is what clients wait for.
 */
import { AppError, hasReason } from "../shared/errors.ts";
import type { Peer } from "../shared/http/peer.ts";
import type { Leader } from "../shared/leader_finder.ts";
import { RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MIN_MS } from "../shared/limits.ts";

/** Of a Peer, what this service needs. */
export type ClientPeer = Pick<Peer, "url" | "get" | "post">;

/** Of a LeaderFinder, what this service needs. */
export interface Finder {
  readonly leader: Leader<ClientPeer> | null;
  readonly lostAtMs: number | null;
  wait(deadlineMs: number): Promise<Leader<ClientPeer>>;
  suspect(peer: ClientPeer): void;
}

/** True for what another try, perhaps with another leader, may mend. */
export function isPassing(error: unknown): error is AppError {
  return hasReason(error, "not_leader", "recovering", "unavailable", "unknown");
}

/** @throws unavailable when there is none */
export function leaderOf(finder: Finder): Leader<ClientPeer> {
  const { leader } = finder;
  if (leader === null) throw new AppError("unavailable", "There is no leader at the moment");
  return leader;
}

/**
 * One POST to the leader.
 * @throws unavailable when there is none; what the peer threw
 */
export async function postToLeader<T>(
  finder: Finder,
  path: string,
  request: { body: object | string; timeoutMs: number },
): Promise<T> {
  const leader = leaderOf(finder);
  try {
    return await leader.peer.post<T>(path, request.body, { timeoutMs: request.timeoutMs });
  } catch (error) {
    if (isPassing(error)) finder.suspect(leader.peer);
    throw error;
  }
}

/**
 * The first answer of `attempt` that is no passing fault.
 * @throws unavailable at the deadline (monotonic)
 */
export async function untilAnswered<T>(
  finder: Finder,
  deadline: { atMs: number; nowMs: () => number },
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    await finder.wait(deadline.atMs);
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      const leftMs = deadline.atMs - deadline.nowMs();
      if (leftMs <= pauseMs(tries)) throw new AppError("unavailable", error.message);
    }
    await pause(pauseMs(tries));
  }
}

/** Doubles from try to try. */
export function pauseMs(tries: number): number {
  return Math.min(RETRY_PAUSE_MIN_MS * 2 ** tries, RETRY_PAUSE_MAX_MS);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
