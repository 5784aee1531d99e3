/**
 * Makes a folder and those above it. mkdir's own `recursive` never returns
 * where a folder that is there refuses to hold another one with ENOENT, as
 * /proc does: it takes that for a missing parent, again and again.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * @param made gets every folder that this call made, outermost first, also when it throws
 * @throws the error of mkdir
 */
export function makeFolder(folder: string, made: string[] = []): void {
  const refusal = tryToMake(folder, made);
  if (refusal === null) return;
  const parent = dirname(folder);
  if (refusal.code !== "ENOENT" || parent === folder) throw refusal;
  makeFolder(parent, made);
  const second = tryToMake(folder, made);
  if (second !== null) throw second;
}

/** Null when the folder is there now. */
function tryToMake(folder: string, made: string[]): NodeJS.ErrnoException | null {
  try {
    mkdirSync(folder);
    made.push(folder);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) return null;
    return error as NodeJS.ErrnoException;
  }
}
