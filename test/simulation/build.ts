/**
 * The services and the simulator as plain JavaScript, in a folder of its own:
 * a thread of it starts at once, where a loader of TypeScript takes seconds,
 * and plays more seeds. Variants of it have a bug planted in them (plant.ts).
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const PROJECT_FOLDER = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(PROJECT_FOLDER, "node_modules", "typescript", "bin", "tsc");
const WORKER = "test/simulation/worker";

/** Files by their paths from the project's folder. */
export type Texts = ReadonlyMap<string, string>;

export class Build {
  readonly #folder = mkdtempSync(join(tmpdir(), "store-simulator-"));
  readonly #plain = join(this.#folder, "plain");

  /** @throws Error with what the compiler said */
  constructor() {
    compile({
      ...{ compilerOptions: { rootDir: PROJECT_FOLDER, outDir: this.#plain } },
      files: [join(PROJECT_FOLDER, `${WORKER}.ts`)],
      at: join(this.#folder, "plain.json"),
    });
    const type = '{ "type": "module" }\n';
    writeFileSync(join(this.#folder, "package.json"), type);
    symlinkSync(join(PROJECT_FOLDER, "node_modules"), join(this.#folder, "node_modules"));
  }

  /** file: URL of the module of a thread. */
  get worker(): string {
    return workerIn(this.#plain);
  }

  /**
   * Of each of them, the module of a thread that runs with these texts instead of the
   * project's. They are compiled all at once, which takes hardly longer than one.
   */
  variants(changed: readonly Texts[]): string[] {
    if (changed.length === 0) return [];
    const sources = join(this.#folder, "sources");
    const compiled = join(this.#folder, "compiled");
    for (const [at, texts] of changed.entries()) {
      for (const [file, text] of texts) {
        const path = join(sources, String(at), file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    }
    compile({
      compilerOptions: { rootDir: sources, outDir: compiled, noResolve: true },
      include: [`${sources}/**/*.ts`],
      at: join(this.#folder, "variants.json"),
    });
    return changed.map((texts, at) => {
      const own = join(compiled, String(at));
      for (const file of texts.keys()) assertThere(join(own, file.replace(/\.ts$/, ".js")));
      linkMissing(this.#plain, own);
      return workerIn(own);
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Compilation {
  compilerOptions: object;
  files?: readonly string[];
  include?: readonly string[];
  /** Where its configuration is written. */
  at: string;
}

/** Types are not looked at: `npm run typecheck` does, and a planted bug may break them. */
function compile({ compilerOptions, at, ...what }: Compilation): void {
  const options = {
    ...{ noEmit: false, noCheck: true, rewriteRelativeImportExtensions: true },
    typeRoots: [join(PROJECT_FOLDER, "node_modules", "@types")],
    ...compilerOptions,
  };
  const base = join(PROJECT_FOLDER, "tsconfig.json");
  writeFileSync(at, JSON.stringify({ extends: base, compilerOptions: options, ...what }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [TSC, "-p", at]);
  if (status !== 0) throw new Error(`tsc: ${stdout}${stderr}`);
}

function assertThere(file: string): void {
  if (!existsSync(file)) throw new Error(`tsc made no ${file}`);
}

function workerIn(folder: string): string {
  return pathToFileURL(join(folder, `${WORKER}.js`)).href;
}

/** Links, not copies: there are a hundred variants of two hundred files. */
function linkMissing(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkMissing(source, target);
    else if (!existsSync(target)) linkSync(source, target);
  }
}

/** The project's own text of a file. */
export function textOf(file: string): string {
  return readFileSync(join(PROJECT_FOLDER, file), "utf8");
}
