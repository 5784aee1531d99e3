/**
 * Calls of the command `ip` (iproute2). It runs in a process group of its own:
 * who ends a run with Ctrl-C ends what builds and removes networks only after
 * it has done so.
 */
import { spawn } from "node:child_process";

/** What `ip` said when it refused. */
export class IpError extends Error {
  override readonly name = "IpError";
}

/**
 * @param words the arguments, and what is written to its standard input
 * @returns what it printed
 * @throws IpError
 */
export function ip(words: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("ip", words, { detached: true, stdio: "pipe" });
    let [printed, complaint] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    const fail = (why: string) => reject(new IpError(`ip ${words.join(" ")}: ${why}`));
    child.once("error", ({ message, code }: NodeJS.ErrnoException) =>
      code === "ENOENT" ? reject(new IpError("there is no command ip here")) : fail(message));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(printed);
      else fail(complaint.trim().split("\n")[0] || `ended with ${signal ?? code}`);
    });
    // One that ended early does not read it.
    child.stdin.once("error", () => {});
    child.stdin.end(input);
  });
}

/**
 * Commands one after the other, the rest of them unsaid when one fails.
 * @param namespace null for the one of this process
 * @throws IpError
 */
export async function ipAll(namespace: string | null, commands: readonly string[]): Promise<void> {
  const where = namespace === null ? [] : ["-n", namespace];
  await ip([...where, "-batch", "-"], commands.map((command) => `${command}\n`).join(""));
}
