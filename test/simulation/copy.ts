/**
 * A copy of the services and the simulator outside the project, with a bug
 * planted in it. The text to replace must be there exactly once: a mutant
 * whose place is gone is stale, and says so instead of passing for found.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Mutant } from "./mutants.ts";
import type { Edit } from "./store/mutants.ts";

export const PROJECT_FOLDER = fileURLToPath(new URL("../../", import.meta.url));
const COPIED = [
  "package.json",
  "shared",
  "catalog",
  "order",
  "frontend",
  "test/simulation",
  "test/faults",
];

export class StaleMutant extends Error {
  override readonly name = "StaleMutant";
}

export interface Copy {
  /** file: URL of its worker.ts. */
  module: string;
  remove: () => void;
}

/** @throws StaleMutant */
export function copyWith(mutant: Mutant): Copy {
  const folder = mkdtempSync(join(tmpdir(), "store-mutant-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const path of COPIED)
      cpSync(join(PROJECT_FOLDER, path), join(folder, path), { recursive: true });
    for (const edit of [mutant, ...(mutant.also ?? [])]) {
      const file = join(folder, edit.file);
      writeFileSync(file, plant(mutant.name, edit, readFileSync(file, "utf8")));
    }
  } catch (error) {
    remove();
    throw error;
  }
  const worker = join(folder, "test", "simulation", "worker.ts");
  return { module: pathToFileURL(worker).href, remove };
}

/** @throws StaleMutant */
export function plant(name: string, { file, find, replace }: Edit, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new StaleMutant(`"${name}": its text is ${places} times in ${file}, not once`);
  return text.replace(find, () => replace);
}
