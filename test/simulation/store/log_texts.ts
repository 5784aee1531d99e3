/**
 * The log files of a group as far as they can be equal: a catalog drops rows
 * that its checkpoints hold, each replica when it gets to it.
 */
import { findBase, type Checkpoint } from "../../../shared/replication/storage/checkpoint_file.ts";

export interface LogText {
  member: string;
  /** The whole of log.csv. */
  text: string;
  checkpoint: Checkpoint | null;
}

/** By member what is to be equal: where its log ends, and the rows that none has dropped. */
export function comparable(logs: readonly LogText[]): Map<string, string> {
  const read = logs.map(({ member, text, checkpoint }) => {
    const [header, ...rows] = text.trimEnd().split("\n");
    return { member, rows, base: findBase(text, `${header}\n`, checkpoint).index };
  });
  const first = Math.max(...read.map(({ base }) => base));
  return new Map(read.map(({ member, rows, base }) => {
    const kept = rows.slice(first - base);
    return [member, [`${base + rows.length} rows`, ...kept].join("\n")];
  }));
}
