/** Errors of the launcher, and what the operating system refuses, as lines for a person. */
import { refusalOf } from "../../shared/system_error.ts";

/**
 * The launcher's own no: the machine or the store is in a state in which the
 * call cannot be carried out. The message is for the person at the terminal;
 * the command prints it and returns 1.
 */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  /** More lines for the person, as the end of a member's log. */
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[] = []) {
    super(message);
    this.lines = lines;
  }
}

/** What the system refused in the store's folder; any other error stays as it is. */
export function launchErrorOf(error: unknown, dataDir: string): unknown {
  const refusal = refusalOf(error, dataDir);
  return refusal === null ? error : new LaunchError(`Cannot write to ${refusal}`);
}
