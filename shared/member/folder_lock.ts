/**
 * One process a folder: two writers of one log would destroy it. The lock is
 * a file that names its holder by pid and start time, so that one left by a
 * killed process is known as such, also when its number went to another.
 */
import { spawnSync } from "node:child_process";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isWithoutRoom } from "../system_error.ts";

/** Somebody else holds the folder. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

/**
 * Takes the folder until the returned function is called.
 * @throws LockedError naming the process that has it, or the error of the file system
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, "lock");
  const own = `${path}.${process.pid}`;
  try {
    writeFileSync(own, `${process.pid} ${startOf(process.pid)}\n`);
    while (!tryLink(own, path)) removeStale(path, folder);
  } catch (error) {
    // Without room a file can be made and not be written, but the holder is seen all the same.
    const holder = isWithoutRoom(error) ? readOrNull(path) : null;
    throw holder !== null && isAlive(holder) ? lockedBy(holder, folder) : error;
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(path, { force: true });
}

/** Atomic: of several who try at once, one succeeds. */
function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves away a lock whose holder is gone. */
function removeStale(path: string, folder: string): void {
  const holder = readOrNull(path);
  if (holder === null) return;
  if (isAlive(holder)) throw lockedBy(holder, folder);
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readOrNull(aside);
  // Somebody else took the lock between the look and the move: it goes back.
  if (moved !== holder) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // ESRCH: a process of /proc that ended between open and read.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code!)) return null;
    throw error;
  }
}

function isAlive(holder: string): boolean {
  const [pid = "", ...start] = holder.trim().split(" ");
  return /^[1-9][0-9]*$/.test(pid) && startOf(Number(pid)) === start.join(" ");
}

function lockedBy(holder: string, folder: string): LockedError {
  return new LockedError(`${folder} is in use by process ${holder.split(" ")[0]}`);
}

/** When a process began, in words that no other one with its number has; "" when it is gone. */
function startOf(pid: number): string {
  if (process.platform !== "linux") {
    const answer = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return (answer.stdout ?? "").trim();
  }
  const status = readOrNull(`/proc/${pid}/stat`);
  if (status === null) return "";
  const boot = readOrNull("/proc/sys/kernel/random/boot_id") ?? "";
  // The command's name may hold spaces: the fields behind it count, the start is the 20th.
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  // Killed, its last thread gone, and not yet reaped by whoever has to: it writes nothing more.
  if (fields[0] === "Z" && threadsOf(pid) <= 1) return "";
  return `${boot.trim()}:${fields[19]}`;
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}
