/**
 * Which test files a run takes, and in which order. `npm test` is what
 * somebody runs who has just changed a line: all units, bounded runs of the
 * simulator, and one scene with real processes for each promise of the README.
 * `npm run test:all` is everything.
 */
import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { PROJECT_FOLDER, readSources } from "./tidy/source.ts";

const TEST_FOLDER = join(PROJECT_FOLDER, "test");

/** Folders and files whose tests run real stores, or long. */
const LONG = [
  "cluster/", "fuzz/", "client/launcher/full_disk_test.ts", "client/launcher/store_test.ts",
  "simulation/store/store_runs_test.ts",
];
/** Of these the scenes that `npm test` plays too, each for a promise of the README. */
const SCENES = [
  // Two commands start it, and its other commands do what is said of them.
  "cluster/operations/readme_test.ts",
  // An order that was acknowledged is there; stock is sold once.
  "cluster/api/buying_test.ts",
  // A leader that goes costs nobody an order.
  "cluster/operations/hand_over_test.ts",
  // No front-end shows what has been sold.
  "cluster/api/two_frontends_test.ts",
];
/** These take longest, so they begin first. */
const FIRST = [
  "simulation/simulate_test.ts", "shared/member/member_test.ts", "frontend/frontend_test.ts",
];
/**
 * What these hold a store to is a matter of time: they run one by one and last, since neighbours
 * would lengthen pauses and starts.
 */
const TIMED = [
  "crashes/chaos", "crashes/killing", "network/crowd_at_the_door", "network/cutting",
  "network/greedy_clients", "network/hosts", "network/internal_doors", "network/overload",
  "operations/hand_over", "operations/readme", "operations/start",
].map((name) => `cluster/${name}_test.ts`);

export interface Selection {
  /** Everything, and not only what is quick. */
  all: boolean;
  /** Files of the project: tests whose imports reach one of them. */
  reaching: readonly string[];
  /** Parts of file names. */
  names: readonly string[];
}

export interface RunPlan {
  /** Side by side. */
  together: string[];
  /** One by one, afterwards. */
  alone: string[];
}

/** @throws Error for a file of `reaching` that is not there */
export function planRun({ all, reaching, names }: Selection): RunPlan {
  const isChosen = reaching.length > 0 || names.length > 0;
  const reached = reaching.length === 0 ? null : testsReaching(reaching);
  const files = listTests().filter((name) => {
    if (!isChosen) return all || isQuick(name);
    return names.some((part) => name.includes(part)) || reached?.has(`test/${name}`) === true;
  });
  const paths = (some: string[]) => some.map((name) => join(TEST_FOLDER, name));
  return {
    together: paths(files.filter((name) => !TIMED.includes(name))),
    alone: paths(files.filter((name) => TIMED.includes(name))),
  };
}

function listTests(): string[] {
  const names = readdirSync(TEST_FOLDER, { recursive: true, encoding: "utf8" });
  const tests = names.filter((name) => name.endsWith("_test.ts")).sort();
  const isFirst = (name: string): boolean => FIRST.includes(name);
  return [...tests.filter(isFirst), ...tests.filter((name) => !isFirst(name))];
}

function isQuick(name: string): boolean {
  return SCENES.includes(name) || !LONG.some((long) => name.startsWith(long));
}

/** By the imports alone: a test that starts a member as a process does not import it. */
function testsReaching(files: readonly string[]): Set<string> {
  const sources = readSources();
  const wanted = files.map((file) => relative(PROJECT_FOLDER, resolve(file)));
  for (const file of wanted) {
    if (!sources.some(({ path }) => path === file)) throw new Error(`${file} is no source file`);
  }
  const reached = new Set(wanted);
  for (let before = -1; before < reached.size; ) {
    before = reached.size;
    for (const { path, imports } of sources) {
      if (imports.some((imported) => reached.has(imported))) reached.add(path);
    }
  }
  return reached;
}
