/** One burst of load by wrk (github.com/wg/wrk), which this project does not bring along. */
import { fileURLToPath } from "node:url";
import { runToEnd } from "./processes.ts";

const SCRIPT = fileURLToPath(new URL("./bench.lua", import.meta.url));
/** What wrk may take on top of the time it was told. */
const GRACE_MS = 15_000;

export interface Load {
  url: string;
  connections: number;
  seconds: number;
  /** Arguments of bench.lua. */
  script: readonly string[];
}
export interface LoadResult {
  perSecond: number;
  /** Answers outside of 2xx and 3xx. */
  refused: number;
  /** Connections refused, reset or silent. */
  broken: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export async function runWrk({ url, connections, seconds, script }: Load): Promise<LoadResult> {
  // One thread is enough for all that is measured here, and leaves the other cores alone.
  const shape = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`];
  const args = [...shape, "-s", SCRIPT, url, "--", ...script];
  const output = await runToEnd("wrk", args, { timeoutMs: seconds * 1_000 + GRACE_MS });
  const line = output.split("\n").find((text) => text.startsWith('{"requests"'));
  if (line === undefined) throw new Error(`wrk gave no result:\n${output}`);
  const seen = JSON.parse(line) as Record<string, number>;
  const { requests = 0, durationUs = 1, refused = 0, broken = 0 } = seen;
  const { p50Us = 0, p99Us = 0, maxUs = 0 } = seen;
  return {
    // Only what was done counts: a refused order is quick and worth nothing.
    perSecond: (requests - refused) / (durationUs / 1e6),
    refused,
    broken,
    p50Ms: p50Us / 1_000,
    p99Ms: p99Us / 1_000,
    maxMs: maxUs / 1_000,
  };
}
