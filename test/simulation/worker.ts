/**
 * One thread of a run: plays seeds, or searches a case, as it is asked. Run
 * from a copy of the project with a planted bug it plays with that (copy.ts).
 */
import { parentPort } from "node:worker_threads";
import { addCounts, noCounts } from "./log/coverage.ts";
import { History } from "./log/history.ts";
import { Violation } from "./log/judge.ts";
import { describeMoves } from "./log/search_report.ts";
import { prepare, SEARCH_CASES } from "./log/search_cases.ts";
import type { SearchAnswer, SeedsAnswer, Task } from "./tasks.ts";

export function playSeeds({ from, count, failuresMax }: Task & { kind: "seeds" }): SeedsAnswer {
  const counts = noCounts();
  const failures: SeedsAnswer["failures"] = [];
  let seeds = 0;
  while (seeds < count && failures.length < failuresMax) {
    const seed = from + seeds++;
    const own = noCounts();
    try {
      new History(seed, own).run();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      failures.push({ seed, invariant: error.invariant, message: error.message });
    }
    addCounts(counts, own);
  }
  return { kind: "seeds", seeds, failures, counts };
}

export function searchCase({ name, statesMax }: Task & { kind: "search" }): SearchAnswer {
  const searchCase = SEARCH_CASES.find((one) => one.name === name)!;
  const { search, from } = prepare(searchCase);
  const { states, depth, isExhausted, found } = search.run(from, statesMax);
  const trace = found === null ? [] : describeMoves(search, from, found);
  return { kind: "search", name, states, depth, isExhausted, found: found !== null, trace };
}

parentPort?.on("message", (task: Task) => {
  parentPort!.postMessage(task.kind === "seeds" ? playSeeds(task) : searchCase(task));
});
