/**
 * One member as a process of this machine: started detached with its output
 * appended to its log file, known again by its pid file, ended by a signal.
 * A pid file is believed only while that process's command line still is this
 * member's, of this data folder; `--id` and `--data-dir` are on the command
 * line for that (and for whoever reads `ps`).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";
import type { MemberKind } from "../../shared/member/config.ts";
import { logFile, type MemberName, pidFile, PROJECT_FOLDER } from "./layout.ts";
import { commandLineOf, exists } from "./process_table.ts";

/** A member that has not ended by then after SIGTERM is killed. */
export const STOP_MAX_MS = 10_000;
const GONE_POLL_MS = 10;
const LOG_END_BYTES = 64 * 1024;

/** The program of each kind, from the project folder on, with its first arguments if it has any. */
export type Programs = Record<MemberKind, readonly string[]>;

export const MEMBER_PROGRAMS: Programs = {
  catalog: ["catalog/main.ts"],
  order: ["order/main.ts"],
  frontend: ["frontend/main.ts"],
};

/**
 * A command that runs a member's, and its arguments; it must become that
 * process, as `env` and `ip netns exec` do, for the pid to stay the same.
 */
export type Prefix = (member: MemberName) => readonly string[];

export type StopOutcome = "stopped" | "killed" | "not running";

export class MemberProcess {
  readonly #member: MemberName;
  readonly #dataDir: string;
  readonly #program: readonly string[];
  readonly #prefix: readonly string[];
  /** Bytes of the log file before the latest start by this object. */
  #logStart = 0;
  #child: ChildProcess | null = null;
  /** How the latest process that this object started ended; null while it runs. */
  #ended: string | null = null;

  constructor(
    member: MemberName,
    { dataDir, programs, prefix }: { dataDir: string; programs: Programs; prefix?: Prefix },
  ) {
    this.#member = member;
    this.#dataDir = dataDir;
    this.#program = programs[member.kind];
    this.#prefix = prefix?.(member) ?? [];
  }

  /** Its process, null when it does not run. */
  pid(): number | null {
    const pid = this.#notedPid();
    return pid !== null && this.isThisMember(pid) ? pid : null;
  }

  isThisMember(pid: number): boolean {
    return commandLineOf(pid)?.endsWith(` ${this.#arguments().join(" ")}`) ?? false;
  }

  /** Removes a pid file whose process is gone. True when there was one. */
  forgetIfGone(): boolean {
    if (this.#notedPid() === null || this.pid() !== null) return false;
    this.#forget();
    return true;
  }

  /** Notes a process that is this member but has no pid file. */
  adopt(pid: number): void {
    writeFileSync(pidFile(this.#dataDir, this.#member), `${pid}\n`);
  }

  start(environment: NodeJS.ProcessEnv): number {
    const file = logFile(this.#dataDir, this.#member);
    const log = openSync(file, "a");
    this.#logStart = statSync(file).size;
    this.#ended = null;
    const words = [...this.#prefix, process.execPath, "--import", "tsx", ...this.#arguments()];
    const child = spawn(words[0]!, words.slice(1), {
      cwd: PROJECT_FOLDER,
      detached: true,
      stdio: ["ignore", log, log],
      env: environment,
    });
    closeSync(log);
    // The exit of an earlier process may be heard only after the next one has started.
    const end = (how: string) => {
      if (this.#child === child) this.#ended = how;
    };
    this.#child = child;
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
    child.unref();
    if (child.pid === undefined) throw new Error(`Cannot start ${words[0]}`);
    try {
      this.adopt(child.pid);
    } catch (error) {
      // Without its file nobody would find it again.
      send(child.pid, "SIGKILL");
      this.#forget();
      throw error;
    }
    return child.pid;
  }

  /** `SIGKILL` or `exit code 1`; null while the latest process that this object started runs. */
  get ended(): string | null {
    return this.#ended;
  }

  /** False when it does not run. */
  signal(signal: NodeJS.Signals): boolean {
    const pid = this.pid();
    return pid !== null && send(pid, signal);
  }

  /** Gracefully; killed when that takes longer than `patienceMs`. */
  async stop(patienceMs = STOP_MAX_MS): Promise<StopOutcome> {
    const pid = this.pid();
    if (pid === null) {
      this.#forget();
      return "not running";
    }
    send(pid, "SIGTERM");
    // A paused process would never see the first signal.
    send(pid, "SIGCONT");
    if (await this.#gone(pid, patienceMs)) return "stopped";
    await this.kill();
    return "killed";
  }

  async kill(): Promise<StopOutcome> {
    const pid = this.pid();
    if (pid !== null) {
      send(pid, "SIGKILL");
      await this.#gone(pid, STOP_MAX_MS);
    }
    this.#forget();
    return pid === null ? "not running" : "killed";
  }

  /** The last lines it logged, of the latest start by this object only. */
  lastLines(count: number): string[] {
    try {
      const text = readFileSync(logFile(this.#dataDir, this.#member));
      const start = Math.max(this.#logStart, text.length - LOG_END_BYTES);
      return text.subarray(start).toString("utf8").trimEnd().split("\n").slice(-count);
    } catch {
      return [];
    }
  }

  #arguments(): string[] {
    return [...this.#program, "--id", String(this.#member.id), "--data-dir", this.#dataDir];
  }

  #notedPid(): number | null {
    try {
      const text = readFileSync(pidFile(this.#dataDir, this.#member), "utf8").trim();
      return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
    } catch {
      return null;
    }
  }

  #forget(): void {
    rmSync(pidFile(this.#dataDir, this.#member), { force: true });
  }

  async #gone(pid: number, patienceMs: number): Promise<boolean> {
    const deadline = monotonicMs() + patienceMs;
    while (exists(pid)) {
      if (monotonicMs() > deadline) return false;
      await pause(GONE_POLL_MS);
    }
    this.#forget();
    return true;
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
