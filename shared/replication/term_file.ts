/**
 * term.json: what a replica has promised, and how much of its log it has seen
 * on disk. Written whole to a side file, flushed, renamed over the old one,
 * and the folder flushed: after a crash it is the old one or the new one,
 * never half of either.
 *
 * `length` and `checksum` note a part of the log that was synced: a log that
 * is shorter than noted has lost rows, which its chain alone cannot show.
 */
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { asIntegerIn, asRecord, asText } from "../parse.ts";

export interface Promised {
  term: number;
  vote: number | null;
  /** Bytes of log.csv known to be on disk. */
  length: number;
  /** Checksum of the last row within them, 8 hex digits. */
  checksum: string;
}

export const TERM_NAME = "term.json";

/** Null when there is none. @throws bad_request when it is not what was written. */
export async function readTermFile(folder: string): Promise<Promised | null> {
  const path = join(folder, TERM_NAME);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const fields = asRecord(JSON.parse(text), ["term", "vote", "length", "checksum"]);
    return {
      term: asIntegerIn(fields.term, "term", 0, Number.MAX_SAFE_INTEGER),
      vote: fields.vote === null ? null : asIntegerIn(fields.vote, "vote", 1, 9),
      length: asIntegerIn(fields.length, "length", 0, Number.MAX_SAFE_INTEGER),
      checksum: asText(fields.checksum, "checksum", 8),
    };
  } catch (error) {
    throw new AppError("bad_request", `${path}: ${(error as Error).message}`);
  }
}

export function writeTermFile(folder: string, promised: Promised): Promise<void> {
  return replaceFile(folder, TERM_NAME, JSON.stringify(promised) + "\n");
}

/** Replaces a file in one step that survives a crash. */
export async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const side = join(folder, `${name}.next`);
  const file = await open(side, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(side, join(folder, name));
  await syncFolder(folder);
}

/** Flushes the names in a folder: a rename or a new file is on disk only after this. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
