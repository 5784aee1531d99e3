/** Plants a bug: texts of the project's files with some of it replaced. */
import { textOf, type Texts } from "./build.ts";
import type { Mutant } from "./mutants.ts";
import type { Edit } from "./store/mutants.ts";

/** The text to replace must be there exactly once: otherwise nothing was planted. */
export class StaleMutant extends Error {
  override readonly name = "StaleMutant";
}

/** @throws StaleMutant */
export function plant(mutant: Pick<Mutant, "name" | "also"> & Edit): Texts {
  const texts = new Map<string, string>();
  for (const edit of [mutant, ...(mutant.also ?? [])]) {
    const text = texts.get(edit.file) ?? textOf(edit.file);
    texts.set(edit.file, replaceOnce(mutant.name, edit, text));
  }
  return texts;
}

/** @throws StaleMutant */
export function replaceOnce(name: string, { file, find, replace }: Edit, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new StaleMutant(`"${name}": its text is ${places} times in ${file}, not once`);
  return text.replace(find, () => replace);
}
