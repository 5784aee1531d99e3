/**
 * What start and stop have in common as commands: where they print, which
 * words stand out on a terminal, and how an error becomes one line on stderr
 * and an exit code. Piped, or with NO_COLOR, all of it is plain text.
 */
import { relative } from "node:path";
import { styleText } from "node:util";
import { UsageError } from "../../shared/usage.ts";
import type { Call } from "./arguments.ts";
import { LaunchError } from "./launch_error.ts";
import type { Programs } from "./member_process.ts";

export interface CommandCall extends Call {
  out: (line: string) => void;
  err: (line: string) => void;
  /** False: plain text. */
  color: boolean;
  /** Ends when the person gives up. */
  signal?: AbortSignal;
  programs?: Programs;
}

/** The call of this process. start.sh and stop.sh say in CALLED_FROM where the caller stood. */
export function callOfThisProcess(): CommandCall {
  const { CALLED_FROM: folder = process.cwd(), ...environment } = process.env;
  const plain = environment.NO_COLOR !== undefined && environment.NO_COLOR !== "";
  return {
    arguments: process.argv.slice(2),
    environment,
    folder,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    color: process.stdout.isTTY === true && !plain,
  };
}

/** Runs a command; returns 0, 1 for what could not be done, 2 for wrong use, 130 given up. */
export async function runCommand(
  call: CommandCall,
  command: (call: CommandCall) => Promise<number>,
): Promise<number> {
  try {
    return await command(call);
  } catch (error) {
    if (call.signal?.aborted === true) {
      call.err("Given up: what this call had started is stopped again");
      return 130;
    }
    if (error instanceof UsageError) {
      call.err(error.message);
      return 2;
    }
    if (!(error instanceof LaunchError)) throw error;
    call.err(error.message);
    for (const line of error.lines) call.err(line);
    return 1;
  }
}

export function bold(call: CommandCall, text: string): string {
  return call.color ? styleText("bold", text) : text;
}

export function dim(call: CommandCall, text: string): string {
  return call.color ? styleText("dim", text) : text;
}

/** A file or folder as this caller would write it: relative where that is shorter. */
export function pathFor(call: Call, path: string): string {
  const fromHere = relative(call.folder, path) || ".";
  return fromHere.length < path.length ? fromHere : path;
}

/** An argument as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
