/**
 * How many files and connections this process may have open at once. Whoever
 * divides connections must know: at the limit a replica cannot open a file.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import {
  DESCRIPTORS_RESERVED, INTERNAL_CONNECTIONS_MAX, SURPLUS_CONNECTIONS_MAX,
} from "../door_limits.ts";

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

/** Public connections for which there are descriptors, beside all else that the process needs. */
export function connectionsWithin(limit: number): number {
  const others = DESCRIPTORS_RESERVED + INTERNAL_CONNECTIONS_MAX + 2 * SURPLUS_CONNECTIONS_MAX;
  // With few descriptors a quarter of them must do; what else is needed is rarely all there.
  return Math.max(Math.floor(limit / 4), Math.min(limit - others, Number.MAX_SAFE_INTEGER));
}
