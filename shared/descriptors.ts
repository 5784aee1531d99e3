/** How many files and sockets this process may have open. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import {
  DESCRIPTORS_RESERVED, INTERNAL_CONNECTIONS_MAX, SURPLUS_CONNECTIONS_MAX,
} from "./door_limits.ts";

/** RLIMIT_NOFILE, the soft one, which the system holds this process to; Infinity if unknown. */
export function descriptorLimit(): number {
  const text = process.platform === "linux"
    ? /^Max open files +(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
    : spawnSync("ulimit -n", { shell: true, encoding: "utf8" }).stdout.trim();
  const limit = Number(text);
  return Number.isInteger(limit) && limit > 0 ? limit : Infinity;
}

/** Public connections for which there are descriptors, beside all else that the process needs. */
export function connectionsWithin(limit: number): number {
  const others = DESCRIPTORS_RESERVED + INTERNAL_CONNECTIONS_MAX + 2 * SURPLUS_CONNECTIONS_MAX;
  // With few descriptors a quarter of them must do; what else is needed is rarely all there.
  return Math.max(Math.floor(limit / 4), Math.min(limit - others, Number.MAX_SAFE_INTEGER));
}
