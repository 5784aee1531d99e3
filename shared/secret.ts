/** The cluster's secret, and the admin's token, as they lie in their files. */
import { readFileSync } from "node:fs";
import { UsageError } from "./usage.ts";

const SECRET = /^[!-~]{1,256}$/;

/** @param variable that names the file @throws UsageError */
export function readSecret(variable: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${variable} ${path}: it must be a readable file (${code})`);
  }
  if (SECRET.test(text)) return text;
  const allowed = "1 to 256 printable characters, none of them a space";
  throw new UsageError(`${variable} ${path}: it must hold ${allowed}`);
}
