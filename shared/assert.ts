/**
 * An assert for code that imports no `node:` module: the replica runs in
 * production, in the simulator and in the exhaustive search alike. What it
 * throws is a bug and ends the process.
 */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
