/**
 * TypeScript sources as the tidy test looks at them: each file with its text,
 * the same text with comments, strings and regular expressions blanked out (so
 * that a word in a sentence is not taken for code), what it imports, and the
 * functions in it with their lengths. A scanner of a few dozen lines and not a
 * parser: it has to be right about this project's style, not about the language.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT_FOLDER = fileURLToPath(new URL("../../", import.meta.url));
export const SOURCE_FOLDERS = ["frontend", "catalog", "order", "client", "shared", "test"];

export interface Source {
  /** From the project folder on: `order/orders.ts`. */
  path: string;
  text: string;
  /** Same length and lines, only code left. */
  code: string;
  /** Paths of this project's files that it imports or starts as a worker. */
  imports: string[];
  /** Names of packages and node: modules that it imports. */
  packages: string[];
}

export interface FoundFunction {
  line: number;
  lines: number;
}

export function readSources(): Source[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT_FOLDER, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readSource(join(PROJECT_FOLDER, folder, name))),
  ).sort((one, other) => (one.path < other.path ? -1 : 1));
}

function readSource(file: string): Source {
  return sourceOf(relative(PROJECT_FOLDER, file), readFileSync(file, "utf8"));
}

export function sourceOf(path: string, text: string): Source {
  const code = blank(text);
  const specifiers = specifiersOf(text, code);
  const local = specifiers.filter((specifier) => specifier.startsWith("."));
  return {
    path,
    text,
    code,
    imports: local.map((specifier) => posix.join(dirname(path), specifier)),
    packages: specifiers.filter((specifier) => !specifier.startsWith(".")),
  };
}

/** `from "x"`, `import "x"`, `import("x")` and `new URL("./x.ts", import.meta.url)`. */
function specifiersOf(text: string, code: string): string[] {
  const found: string[] = [];
  const pattern = /\bfrom\s+"|\bimport\s*\(?\s*"|\bnew URL\(\s*"/g;
  for (const match of code.matchAll(pattern)) {
    const start = match.index + match[0].length;
    const specifier = text.slice(start, text.indexOf('"', start));
    if (!match[0].startsWith("new URL") || specifier.endsWith(".ts")) found.push(specifier);
  }
  return found;
}

/** Blanks comments, and what is inside quotes; template text too, but not the code in `${}`. */
export function blank(text: string): string {
  const kept = text.split("");
  /** Depth of braces at which each open template's `${` began. */
  const templates: number[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const end = endOfToken(text, at, { inTemplate: templates.at(-1) === depth });
    const first = text[at]!;
    if (first === "{") depth++;
    if (first === "}") {
      if (templates.at(-1) === depth) templates.pop();
      else depth--;
    }
    if (end > at + 1) {
      const keep = text[end - 1] === first ? 1 : 0;
      for (let index = at + 1; index < end - keep; index++) {
        if (kept[index] !== "\n") kept[index] = " ";
      }
      if (first === "/") kept[at] = " ";
      if (endsWithInsertion(text, at, end)) templates.push(depth);
    }
    at = end;
  }
  return kept.join("");
}

/** Where the comment, string, piece of a template, expression or character at `at` ends. */
function endOfToken(text: string, at: number, { inTemplate }: { inTemplate: boolean }): number {
  const two = text.slice(at, at + 2);
  if (two === "//") return indexOr(text, "\n", at);
  if (two === "/*") return indexOr(text, "*/", at) + 2;
  const first = text[at]!;
  if (first === '"' || first === "'") return endOfQuoted(text, at, first);
  if (first === "`" || (first === "}" && inTemplate)) return endOfTemplatePiece(text, at);
  if (first === "/" && mayBeginExpression(text, at)) return endOfExpression(text, at);
  return at + 1;
}

function indexOr(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found === -1 ? text.length : found;
}

function endOfQuoted(text: string, at: number, quote: string): number {
  let index = at + 1;
  while (index < text.length && text[index] !== quote && text[index] !== "\n") {
    index += text[index] === "\\" ? 2 : 1;
  }
  return index + 1;
}

/** Up to and with the closing backtick or the `${`. */
function endOfTemplatePiece(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length) {
    if (text[index] === "`") return index + 1;
    if (text.startsWith("${", index)) return index + 2;
    index += text[index] === "\\" ? 2 : 1;
  }
  return index;
}

function endsWithInsertion(text: string, at: number, end: number): boolean {
  return (text[at] === "`" || text[at] === "}") && text.startsWith("${", end - 2);
}

/** A slash is a division after a value, otherwise the beginning of a regular expression. */
function mayBeginExpression(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 80), at).trimEnd();
  return before === "" || /[([{,;=:!&|?+<>~]$|\b(?:return|case|of|in|typeof)$/.test(before);
}

function endOfExpression(text: string, at: number): number {
  let inClass = false;
  for (let index = at + 1; index < text.length && text[index] !== "\n"; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === "[") inClass = true;
    else if (text[index] === "]") inClass = false;
    else if (text[index] === "/" && !inClass) return index + 1;
  }
  return at + 1;
}

/** Every function with a body, from the line of its opening brace to that of the closing one. */
export function functionsOf(code: string): FoundFunction[] {
  const found: FoundFunction[] = [];
  const open: { at: number; isFunction: boolean }[] = [];
  let headerStart = 0;
  for (let at = 0; at < code.length; at++) {
    const character = code[at];
    if (character === "{") {
      open.push({ at, isFunction: opensFunction(code.slice(headerStart, at)) });
    } else if (character === "}") {
      const block = open.pop();
      if (block?.isFunction === true) {
        const lines = code.slice(block.at, at).split("\n").length;
        found.push({ line: code.slice(0, block.at).split("\n").length, lines });
      }
    }
    if (character === "{" || character === "}" || character === ";") headerStart = at + 1;
  }
  return found;
}

/** By what stands before the brace, since the last statement or brace. */
function opensFunction(header: string): boolean {
  const text = header.trim();
  if (/^(?:else\s+)?(?:if|for|while|switch|catch)\b/.test(text)) return false;
  if (/\b(?:class|interface|namespace)\b[^()]*$/.test(text)) return false;
  return /=>$|\)$|\)\s*:\s*[^=?]+$/.test(text);
}
