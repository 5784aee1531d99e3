/**
 * Descriptors that a replica holds for nothing, and gives up when there are no
 * others for one of its files: connections take all that a process may have,
 * and a promise that cannot be written for want of one would end the replica.
 *
 *   held  ▣▣▣▣▣▣▣▣   calls open files without looking here
 *   EMFILE ▣▣▣▣▣▣▣□  one is closed, and the call is made again
 *   later  ▣▣▣▣▣▣▣▣  taken again as soon as one is free
 */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { SPARE_DESCRIPTORS } from "../../limits.ts";

/** The process's: all replicas of a process share its limit. */
const spare: number[] = [];

/** Holds as many as it is meant to, or as there are. */
export function holdSpare(): void {
  try {
    while (spare.length < SPARE_DESCRIPTORS) spare.push(openSync(devNull, "r"));
  } catch {
    // There are none left now: what is closed next is one.
  }
}

/** @param call opens a file. @throws what it throws, when no spare one helps either */
export function openWithSpare<T>(call: () => T): T {
  holdSpare();
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (!giveUpFor(error)) throw error;
    }
  }
}

/** The same for a call that opens files, is done with them, and may take two at once. */
export async function withSpare<T>(call: () => Promise<T>): Promise<T> {
  holdSpare();
  try {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!giveUpFor(error)) throw error;
      }
    }
  } finally {
    holdSpare();
  }
}

/** False when it was not for want of one, or there is none to give. */
function giveUpFor(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EMFILE" && code !== "ENFILE") return false;
  const given = spare.pop();
  if (given === undefined) return false;
  closeSync(given);
  return true;
}
