/**
 * What the operating system refused, in a sentence for a person: one who reads
 * `ENOSPC` and a stack of calls learns neither that a disk is full nor which.
 */

/** By the code that Node gives the error. */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "this user's share of the disk is full",
  EACCES: "this user may not do that there",
  EPERM: "this user may not do that there",
  EROFS: "the disk can only be read",
  EIO: "the disk failed to read or write",
  EMFILE: "this process has as many files and connections open as it may (ulimit -n)",
  ENFILE: "the machine has as many files open as it may",
  ENOENT: "there is no such file or folder",
  EEXIST: "something else of that name is in the way",
  ENOTDIR: "a part of its path is a file and not a folder",
  EISDIR: "it is a folder and not a file",
  ENAMETOOLONG: "its path is too long",
  ELOOP: "its path leads through links in a circle",
};

/** There is no room: what is to end, or to be looked at, needs none. */
const NO_ROOM = ["ENOSPC", "EDQUOT", "EROFS"];

/** `the disk is full (ENOSPC)`; null for what is no refusal of the operating system's files. */
export function sentenceOf(error: unknown): string | null {
  const code = codeOf(error);
  const sentence = code === null ? undefined : SENTENCES[code];
  return sentence === undefined ? null : `${sentence} (${code})`;
}

/** The same for this file or folder: the error names one itself only when a path was opened. */
export function refusalOf(error: unknown, place: string): string | null {
  const sentence = sentenceOf(error);
  if (sentence === null) return null;
  const { path } = error as NodeJS.ErrnoException;
  return `${typeof path === "string" ? path : place}: ${sentence}`;
}

/** Nothing can be written there at the moment, whatever it is. */
export function isWithoutRoom(error: unknown): boolean {
  return NO_ROOM.includes(codeOf(error) ?? "");
}

/** An error of a call on files: one without a name of a call is somebody's own. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === "string" && typeof syscall === "string" ? code : null;
}
