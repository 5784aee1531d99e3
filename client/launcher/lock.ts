/**
 * One call at a time works on a store: whoever starts or stops members holds
 * DIR/run, by the same kind of lock that a member holds its own folder with,
 * and the next call waits. A call that was killed leaves a lock that is known
 * to be stale.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";
import { LockedError, lockFolder } from "../../shared/member/folder_lock.ts";
import { isWithoutRoom } from "../../shared/system_error.ts";
import { LaunchError } from "./launch_error.ts";

/** Longer than a start may take. */
const LOCK_WAIT_MS = 100_000;
const LOCK_POLL_MS = 25;

interface LockOptions {
  onWait: (why: string) => void;
  signal?: AbortSignal;
  /** Goes on where the disk has no room for a lock: who stops members makes room, not files. */
  needsNoRoom?: boolean;
}

/**
 * Waits until no other call works on the store; returns what ends the lock.
 * @throws LaunchError when the other call takes too long
 */
export async function lockStore(
  dataDir: string,
  options: LockOptions,
): Promise<() => void> {
  const deadline = monotonicMs() + LOCK_WAIT_MS;
  for (let said = false; ; said = true) {
    try {
      return lockFolder(join(dataDir, "run"));
    } catch (error) {
      if (options.needsNoRoom === true && isWithoutRoom(error)) return () => {};
      if (!(error instanceof LockedError)) throw error;
      if (monotonicMs() > deadline) throw new LaunchError(error.message);
      if (!said) options.onWait(`${error.message}, which starts or stops it: waiting`);
    }
    await pause(LOCK_POLL_MS, undefined, { signal: options.signal });
  }
}
