/** The cluster's secret, which all internal endpoints ask for, as it lies in its file. */
import { readFileSync } from "node:fs";
import { UsageError } from "./usage.ts";

const SECRET = /^[!-~]{16,256}$/;

/** @throws UsageError */
export function readSecret(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`STORE_SECRET_FILE ${path}: it must be a readable file (${code})`);
  }
  if (SECRET.test(text)) return text;
  throw new UsageError(`STORE_SECRET_FILE ${path}: it must hold 16 to 256 printable characters`);
}
