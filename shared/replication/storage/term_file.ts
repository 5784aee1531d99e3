/**
 * term.json: what a replica has promised, and how much of its log it has seen
 * on disk. Written whole to a side file, flushed, renamed over the old one,
 * and the folder flushed: after a crash it is the old one or the new one,
 * never half of either.
 *
 * `length` and `checksum` note a part of the log that was synced: a log that
 * is shorter than noted has lost rows, which its chain alone cannot show.
 */
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { asIntegerIn, asRecord, asText } from "../../messages/parse.ts";
import { replaceFile, type Disk } from "./disk.ts";
import { sealJson, unsealJson } from "./checksummed_json.ts";

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
export async function readTermFile(disk: Disk): Promise<Promised | null> {
  const text = await disk.readText(TERM_NAME);
  if (text === null) return null;
  try {
    const fields = asRecord(unsealJson(text), ["term", "vote", "length", "checksum"]);
    return {
      // Beyond what a term may be: one from before they had a bound, see log_open.ts.
      term: asIntegerIn(fields.term, "term", 0, Number.MAX_SAFE_INTEGER),
      vote: fields.vote === null ? null : asIntegerIn(fields.vote, "vote", 1, 9),
      length: asIntegerIn(fields.length, "length", 0, Number.MAX_SAFE_INTEGER),
      checksum: asText(fields.checksum, "checksum", 8),
    };
  } catch (error) {
    const path = join(disk.folder, TERM_NAME);
    throw new AppError("bad_request", `${path}: ${(error as Error).message}`);
  }
}

export function writeTermFile(disk: Disk, promised: Promised): Promise<void> {
  return replaceFile(disk, TERM_NAME, sealJson(promised));
}
