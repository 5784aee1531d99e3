/**
 * npm run test:nodes: all tests on every version of Node that the store
 * supports, the machine's own first; the others come through npx. A version
 * that could not be had (no network) is named and fails the run: not tested
 * is not green. Arguments are passed on to run.ts.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const VERSIONS = ["20", "22", "24", "26"];
const PROJECT_FOLDER = fileURLToPath(new URL("..", import.meta.url));
const TESTS = ["--import", "tsx", "test/run.ts", "--all", ...process.argv.slice(2)];

type Verdict = "passed" | "failed" | "could not be had";

function testOn(version: string): Verdict {
  const own = process.versions.node.split(".")[0];
  if (version === own) return runNode([process.execPath]) === 0 ? "passed" : "failed";
  const throughNpx = ["npx", "-y", "-p", `node@${version}`, "node"];
  const probe = spawnSync(throughNpx[0]!, [...throughNpx.slice(1), "--version"], {
    cwd: PROJECT_FOLDER,
    encoding: "utf8",
  });
  if (probe.status !== 0 || !probe.stdout.trim().startsWith(`v${version}.`)) {
    return "could not be had";
  }
  return runNode(throughNpx) === 0 ? "passed" : "failed";
}

function runNode([command, ...before]: string[]): number | null {
  const { status } = spawnSync(command!, [...before, ...TESTS], {
    cwd: PROJECT_FOLDER,
    stdio: "inherit",
  });
  return status;
}

function main(): number {
  const own = process.versions.node.split(".")[0]!;
  const order = [own, ...VERSIONS.filter((version) => version !== own)];
  const verdicts = order.map((version) => {
    process.stdout.write(`\n== Node ${version}\n`);
    const verdict = testOn(version);
    if (verdict === "could not be had") process.stdout.write("It could not be had through npx.\n");
    return { version, verdict };
  });
  process.stdout.write("\n");
  for (const { version, verdict } of verdicts) {
    process.stdout.write(`Node ${version}: ${verdict}\n`);
  }
  return verdicts.every(({ verdict }) => verdict === "passed") ? 0 : 1;
}

process.exit(main());
