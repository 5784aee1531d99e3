/** The cluster's secret, and the admin's token, as they lie in their files. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { SECRET_LENGTH_MAX, SECRET_LENGTH_MIN } from "../limits.ts";
import { UsageError } from "../usage.ts";

const SECRET = /^[!-~]+$/;
/** What is short can be guessed. A token's length is the admin's own choice. */
const LENGTH_MIN = { STORE_SECRET_FILE: SECRET_LENGTH_MIN, ADMIN_TOKEN_FILE: 1 };
/** Its group may read it, as /etc/store/secret is read; all others may do nothing. */
const FOR_OTHERS = 0o026;

/** @param variable that names the file @throws UsageError */
export function readSecret(variable: keyof typeof LENGTH_MIN, path: string): string {
  const { text, mode } = read(variable, path);
  if ((mode & FOR_OTHERS) !== 0 && process.platform !== "win32") {
    const shown = (mode & 0o777).toString(8).padStart(3, "0");
    throw new UsageError(
      `${variable} ${path}: others may read or change it (mode ${shown}): chmod 600 ${path}`,
    );
  }
  const min = LENGTH_MIN[variable];
  if (SECRET.test(text) && text.length >= min && text.length <= SECRET_LENGTH_MAX) return text;
  const allowed = `${min} to ${SECRET_LENGTH_MAX} printable characters, none of them a space`;
  throw new UsageError(`${variable} ${path}: it must hold ${allowed}`);
}

/** Mode and text are of the same file, whatever the name leads to a moment later. */
function read(variable: string, path: string): { text: string; mode: number } {
  let file: number | null = null;
  try {
    file = openSync(path, "r");
    return { text: readFileSync(file, "utf8").trim(), mode: fstatSync(file).mode };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${variable} ${path}: it must be a readable file (${code})`);
  } finally {
    if (file !== null) closeSync(file);
  }
}
