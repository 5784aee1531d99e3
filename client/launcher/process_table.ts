/**
 * What this machine says about a process: its command line and the memory it
 * holds. Numbers of processes are used again, so nobody is signalled by number
 * alone: the command line has to fit. On Linux this reads /proc, elsewhere
 * (macOS) it asks ps.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const HAS_PROC = existsSync("/proc/self/stat");

/** The command line, with spaces between the arguments; null when it is gone or dead. */
export function commandLineOf(pid: number): string | null {
  if (HAS_PROC) {
    const text = readOrNull(`/proc/${pid}/cmdline`);
    return text === null || text === "" ? null : text.replace(/\0$/, "").replaceAll("\0", " ");
  }
  const answer = ps(["-ww", "-o", "stat=,command=", "-p", String(pid)]);
  const match = answer === null ? null : /^\s*(\S+)\s+(.*)$/.exec(answer.split("\n")[0]!);
  return match === null || match[1]!.startsWith("Z") ? null : match[2]!;
}

/**
 * False once it is gone with all that it held. On Linux its command line goes
 * first and its ports later, with its last thread; what then is left is a
 * zombie of one thread, which nobody may ever reap and which counts as gone.
 */
export function exists(pid: number): boolean {
  if (HAS_PROC) return !(statOf(pid)?.isZombie ?? true) || threadsOf(pid) > 1;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Bytes that these processes and their descendants hold: the proportional set
 * size, in which a page shared by three counts a third in each; on macOS, which
 * has no such measure, the resident size.
 */
export function memoryOf(pids: readonly number[]): number {
  const table = HAS_PROC ? readProc() : readPs();
  const wanted = new Set(pids);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, { parent }] of table) {
      if (wanted.has(parent) && !wanted.has(pid)) {
        wanted.add(pid);
        grown = true;
      }
    }
  }
  let bytes = 0;
  for (const pid of wanted) bytes += table.get(pid)?.bytes() ?? 0;
  return bytes;
}

type Table = Map<number, { parent: number; bytes: () => number }>;

function readProc(): Table {
  const table: Table = new Map();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : null;
    if (stat !== null) table.set(pid, { parent: stat.parent, bytes: () => proportionalBytes(pid) });
  }
  return table;
}

function proportionalBytes(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readOrNull(`/proc/${pid}/smaps_rollup`) ?? "");
  return match === null ? 0 : Number(match[1]) * 1024;
}

function readPs(): Table {
  const table: Table = new Map();
  for (const line of (ps(["-axo", "pid=,ppid=,rss="]) ?? "").split("\n")) {
    const [pid, parent, kilobytes] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && parent !== undefined && kilobytes !== undefined) {
      table.set(pid, { parent, bytes: () => kilobytes * 1024 });
    }
  }
  return table;
}

/** From /proc/<pid>/stat, whose second field, a name in brackets, may hold anything. */
function statOf(pid: number): { isZombie: boolean; parent: number } | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { isZombie: state === "Z" || state === "X", parent: Number(parent) };
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** What ps printed, null when it knows no such process. */
function ps(options: string[]): string | null {
  try {
    return execFileSync("ps", options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}
