/**
 * A member's folder as only its user may see it. What a member makes is that by
 * its umask; a folder that was there before, made by hand, by an older version
 * or put back from a backup, keeps the mode that it came with, and is narrowed.
 */
import { chmodSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What others may do. */
const OTHERS = 0o077;
const FOLDER = 0o700;
const FILE = 0o600;

/**
 * Takes from everybody else what they may do with the folder and the files
 * right in it; links are left alone.
 * @returns the first error: others may still do something; null when nobody may
 */
export function narrowFolder(folder: string, chmod = chmodSync): NodeJS.ErrnoException | null {
  let first: NodeJS.ErrnoException | null = null;
  const trying = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      first ??= error as NodeJS.ErrnoException;
    }
  };
  const narrow = (path: string, mode: number, ours: number): void => {
    if ((mode & OTHERS) !== 0) trying(() => chmod(path, mode & ours));
  };
  trying(() => {
    // Its own bits first: from then on nobody else comes to the files.
    narrow(folder, statSync(folder).mode, FOLDER);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found?.isFile()) narrow(path, found.mode, FILE);
    }
  });
  return first;
}
