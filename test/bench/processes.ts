/**
 * Processes of a benchmark: each is held by its handle and ended by it, and
 * all that were opened are closed in the end, whatever happened in between.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";

const READY_MAX_MS = 15_000;
const READY_PAUSE_MS = 50;
const END_MAX_MS = 5_000;
const COMPLAINT_LENGTH_MAX = 500;

/** What was opened, to be closed in the opposite order. */
export class Closing {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close();
    }
  }
}

/** A folder of the benchmark's own on the disk that is measured. */
export function makeFolder(closing: Closing): string {
  const folder = mkdtempSync(join(tmpdir(), "store-bench-"));
  closing.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a process is given on top of its arguments. */
export interface ProcessOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** As whom it runs; this process's own user unless told. */
  uid?: number;
  gid?: number;
}

/** A process that runs until the benchmark closes it. */
export interface Running {
  child: ChildProcess;
  /** The end of what it wrote to stderr. */
  complaint: string;
}

export function startProcess(
  program: string,
  args: readonly string[],
  { closing, endBy = "SIGTERM", ...options }: ProcessOptions & {
    closing: Closing;
    /** What it takes for a request to end soon. */
    endBy?: NodeJS.Signals;
  },
): Running {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const running: Running = { child, complaint: "" };
  const note = (text: string) => {
    running.complaint = (running.complaint + text).slice(-COMPLAINT_LENGTH_MAX);
  };
  child.stderr.setEncoding("utf8").on("data", note);
  child.on("error", (error) => note(error.message));
  closing.add(() => end(child, endBy));
  return running;
}

async function end(child: ChildProcess, by: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(by);
  const timer = setTimeout(() => child.kill("SIGKILL"), END_MAX_MS);
  await ended;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Standard output of a process that ends by itself. @throws when it fails or takes longer */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { timeoutMs, ...options }: ProcessOptions & { timeoutMs: number },
): Promise<string> {
  const child = spawn(program, args, {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
  });
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...how) => resolve(how));
  });
  if (code === 0) return output;
  throw new Error(`${program} ended with ${signal ?? code}: ${complaint.trim() || output.trim()}`);
}

/** The program's version line, or null where it is not installed. */
export function versionOf(program: string, flag: string): string | null {
  const { error, stdout, stderr } = spawnSync(program, [flag], { encoding: "utf8" });
  return error ? null : `${stdout}${stderr}`.split("\n")[0] || program;
}

/** Ports nobody listened on a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Asks again until it says yes. @throws when the process ended, or after 15 s */
export async function untilReady(
  what: string,
  running: Running,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const deadline = monotonicMs() + READY_MAX_MS;
  while (!(await isReady().catch(() => false))) {
    if (hasEnded(running.child) || monotonicMs() > deadline) {
      throw new Error(`${what} did not come up: ${running.complaint.trim()}`);
    }
    await sleep(READY_PAUSE_MS);
  }
}
