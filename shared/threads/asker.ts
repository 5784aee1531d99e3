/**
 * Whoever waits for an answer. What nobody waits for is not done: when an
 * asker is gone, what it asked for leaves the queue in which it has not begun.
 * What has begun goes on, as it may have an effect that must come to its end.
 *
 *   connection gone ─▶ HTTP thread: whose asks? ─▶ one message a turn ─▶ owner: isGone,
 *                                                          and every queue is swept once
 *
 * Who goes is looked for then, among all that wait, and no list is kept of who
 * asked for what: so what is never abandoned costs next to nothing.
 */
import { AppError } from "../errors.ts";

export interface Asker {
  /** It has hung up: nobody waits for its answer. Once true, it stays so. */
  readonly isGone: boolean;
}

/** One who waits to the end: this process itself, or who asks for what is never dropped. */
export const PATIENT: Asker = { isGone: false };

/** What becomes of what nobody waits for; nobody hears of it. */
export function nobodyWaits(): AppError {
  return new AppError("abandoned", "Nobody waits for this any more");
}
