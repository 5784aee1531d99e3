/** The command line of the audit, parsed at the door. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../shared/usage.ts";
import { PROJECT_FOLDER } from "../launcher/layout.ts";

export const HELP = `Examples
  npm run check                       the store in data/, running or stopped
  npm run check -- /tmp/b --json      another one, for a program to read

Holds a store's files against each other and, when it runs, against what its
members say: checksums, gaps, terms, equal logs, one order a key, one order a
sale, and every product's books. It changes nothing.

  check [DIR]            the store's data folder (default: data, beside start.sh)

Options
  --url URL              a running front-end; without its store's files on this machine only
                         what its members say can be checked
  --json                 the report as JSON
  --help                 this text

Exit codes
  0  all of it holds
  1  something does not
  2  wrong use, or no store there
`;

export interface CheckOptions {
  /** Absolute. */
  dataDir: string;
  /** The folder was named, and so must be there. */
  isNamed: boolean;
  url: string | null;
  json: boolean;
}

export interface CheckCall {
  args: readonly string[];
  environment: Record<string, string | undefined>;
  /** Where the caller stands. */
  folder: string;
}

const FLAGS = {
  url: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError */
export function readOptions({ args, environment, folder }: CheckCall): CheckOptions | "help" {
  const { values, positionals } = parse(args);
  if (values.help === true) return "help";
  if (positionals.length > 1) {
    throw new UsageError(`one folder is enough, and not '${positionals.join(" ")}'; see --help`);
  }
  const named = positionals[0] ?? (environment.DATA_DIR || undefined);
  if (named === "") throw new UsageError("the name of a folder is wanted, and not ''");
  const dataDir = named === undefined ? resolve(PROJECT_FOLDER, "data") : resolve(folder, named);
  const url = values.url === undefined ? null : readUrl(values.url);
  return { dataDir, isNamed: positionals.length === 1, url, json: values.json === true };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${sentence!.replace(/\.$/, "")}; see --help`);
  }
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" && url.href === `${url.origin}/`) return url.origin;
  throw new UsageError(
    `--url is the address of a front-end, as http://127.0.0.1:8080, and not '${text}'`,
  );
}
