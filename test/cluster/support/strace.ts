/**
 * Faults at the system calls of a running member, by strace: an error instead of the call, a
 * SIGKILL at it, or a delay before it. Where there is no strace, or it may not look at the
 * process (a container without CAP_SYS_PTRACE, ptrace_scope), the test is skipped and says so.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { MemberName } from "../../../client/launcher/layout.ts";
import type { TestStore } from "./harness.ts";

/** Why no faults can be injected here; false when they can. */
export const NO_STRACE: string | false = whyNot();

function whyNot(): string | false {
  if (process.platform !== "linux") return "strace is for Linux";
  const child = spawn("sleep", ["10"]);
  const args = ["-p", String(child.pid), "-e", "trace=none", "-o", "/dev/null"];
  const tried = spawnSync("strace", args, { timeout: 300, encoding: "utf8" });
  child.kill("SIGKILL");
  if (tried.error !== undefined && "code" in tried.error && tried.error.code === "ENOENT") {
    return "there is no strace here";
  }
  return tried.stderr.includes("attached") ? false : `strace: ${tried.stderr.trim()}`;
}

export interface Tracing {
  /** The member goes on without faults. */
  stop(): Promise<void>;
}

export interface Injected {
  into: MemberName;
  /** System calls, separated by commas. */
  calls: string;
  /** As strace has it: `error=EIO:when=1`. It counts calls thread by thread. */
  fault: string;
  /** Only calls on this file or folder. */
  path?: string;
}

/** Injects into all threads of a member until it ends or `stop` is called. */
export async function inject(
  t: TestContext,
  store: TestStore,
  { into, calls, fault, path }: Injected,
): Promise<Tracing> {
  const pid = store.running.process(into).pid();
  const args = ["-f", "-p", String(pid), "-o", "/dev/null", "-e", `inject=${calls}:${fault}`];
  args.push("-e", `trace=${calls}`, ...(path === undefined ? [] : ["-P", path]));
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(strace, "exit");
  t.after(() => strace.kill("SIGKILL"));
  let said = "";
  strace.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  // It names the threads that it found when it has all of them.
  while (!/attached/.test(said)) {
    await Promise.race([once(strace.stderr, "data"), ended]);
    if (strace.exitCode !== null) throw new Error(`strace ended: ${said}`);
  }
  return {
    async stop() {
      if (strace.exitCode !== null || strace.signalCode !== null) return;
      strace.kill("SIGINT");
      await ended;
    },
  };
}
