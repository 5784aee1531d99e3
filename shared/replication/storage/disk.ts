/**
 * A replica's folder, as the replicated log uses it: the file system in
 * production (node_disk.ts), a simulated one with torn writes, lost flushes
 * and flipped bits in the simulator. Names are of files in that one folder.
 *
 * What is written is on disk only after a flush: the bytes of a file after
 * its own, its name (made, renamed, removed) after that of the folder.
 */
import { assert } from "../../assert.ts";
import { failpoint } from "../../failpoint.ts";

export interface Disk {
  /** For messages. */
  readonly folder: string;
  exists(name: string): boolean;
  /** The whole file as text; null when there is none. */
  readText(name: string): Promise<string | null>;
  /** Of a file that is there; `r+`, or `w`, which makes it or empties it. */
  open(name: string, flags: "r+" | "w"): DiskFile;
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Not there: nothing is done. */
  remove(name: string): Promise<void>;
  flushFolder(): Promise<void>;
  /** Bytes that may still be written; Infinity when nobody knows. */
  freeBytes(): number;
}

/** A failed or short write or flush throws; nothing is ever tried again. */
export interface DiskFile {
  readonly size: number;
  /**
   * Its size, looked at through the name that it was opened by; null when that leads to another
   * file, or nowhere: it was deleted, moved or replaced, and what is written to it is lost.
   */
  readonly sizeInPlace: number | null;
  /** Bytes read: fewer at the end of the file. */
  read(into: Uint8Array, at: number): number;
  /** All of them, or it throws. */
  write(bytes: Uint8Array, at: number): void;
  truncate(length: number): void;
  /** fdatasync. */
  flush(): Promise<void>;
  close(): void;
}

/** What is to take the place of this file is written there first. */
export function sideOf(name: string): string {
  return `${name}.next`;
}

/**
 * A rename of a log by hand, by logrotate or by an editor that keeps the old file leaves the
 * writer with a file that nobody will ever read again: what is on disk there is lost all the same.
 */
export function checkInPlace(disk: Pick<Disk, "folder">, name: string, file: DiskFile): number {
  const size = file.sizeInPlace;
  assert(size !== null, `${disk.folder}/${name} was deleted, moved or replaced by another file`);
  return size;
}

/** Replaces a file in one step that survives a crash: side file, flush, rename, flush. */
export async function replaceFile(disk: Disk, name: string, text: string): Promise<void> {
  const side = sideOf(name);
  const file = disk.open(side, "w");
  try {
    file.write(Buffer.from(text), 0);
    await file.flush();
    checkInPlace(disk, side, file);
  } finally {
    file.close();
  }
  failpoint("file.written");
  await disk.rename(side, name);
  await disk.flushFolder();
}

/** Keeps for people what is about to leave another file; on disk when it resolves. */
export async function keepAside(
  disk: Disk,
  name: string,
  bytes: Uint8Array,
  { append }: { append: boolean },
): Promise<void> {
  const file = disk.open(name, append && disk.exists(name) ? "r+" : "w");
  try {
    file.write(bytes, file.size);
    await file.flush();
    checkInPlace(disk, name, file);
  } finally {
    file.close();
  }
  await disk.flushFolder();
}
