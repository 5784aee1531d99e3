/**
 * Loads every file of the members once, as start.sh does after an install.
 * Whoever loads a file that tsx has not compiled yet starts a compiler, which
 * stays for as long as that process or thread does: in a fresh clone all
 * members would do that at the same moment, and hold 80 MB more for ever.
 * With `--help` on the command line a main.ts prints its help and does
 * nothing else; a module of a thread refuses to run in no thread.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { KINDS, PROJECT_FOLDER } from "./layout.ts";

for (const folder of ["shared", ...KINDS]) {
  const names = readdirSync(join(PROJECT_FOLDER, folder), { recursive: true, encoding: "utf8" });
  for (const name of names.filter((file) => file.endsWith(".ts"))) {
    await import(pathToFileURL(join(PROJECT_FOLDER, folder, name)).href).catch(() => {});
  }
}
