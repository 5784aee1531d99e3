/**
 * How many files and connections this process may have open at once. Whoever
 * divides connections must know: at the limit a replica cannot open a file.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * The soft limit, RLIMIT_NOFILE, which Node raises as far as it may; Infinity when unknown.
 * @param limits where Linux lists them
 */
export function descriptorLimit(limits = "/proc/self/limits"): number {
  return limitOfLinux(limits) ?? limitOfShell() ?? Infinity;
}

/** Null where the kernel does not say it so. */
function limitOfLinux(file: string): number | null {
  try {
    return asLimit(/^Max open files +(\S+)/m.exec(readFileSync(file, "utf8"))?.[1]);
  } catch {
    return null;
  }
}

/** A shell has the limits of the process that started it. */
function limitOfShell(): number | null {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -Sn"], { encoding: "utf8" });
  return asLimit(stdout?.trim());
}

function asLimit(text: string | undefined): number | null {
  if (text === "unlimited") return Infinity;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
