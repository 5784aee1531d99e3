/**
 * One thread of a run: plays seeds, or searches a case, as it is asked. Run
 * from a build with a planted bug it plays with that (build.ts).
 */
import { parentPort } from "node:worker_threads";
import { COUNTED, noCounts } from "./log/coverage.ts";
import { History } from "./log/history.ts";
import { Violation as LogViolation } from "./log/judge.ts";
import { describeMoves } from "./log/search_report.ts";
import { prepare, SEARCH_CASES } from "./log/search_cases.ts";
import { drawPlan } from "./store/plan.ts";
import { play } from "./store/run.ts";
import { Violation } from "./store/violation.ts";
import type { Failure, SearchAnswer, SeedsAnswer, Task, TaskAnswer } from "./tasks.ts";

type Seeds = Omit<Task & { kind: "seeds" }, "kind" | "world">;

/** Histories of the replicated log alone. */
export function playSeeds({ from, count, failuresMax }: Seeds): SeedsAnswer {
  const sum: Record<string, number> = noCounts();
  const failures: Failure[] = [];
  let seeds = 0;
  while (seeds < count && failures.length < failuresMax) {
    const seed = from + seeds++;
    const own = noCounts();
    try {
      new History(seed, own).run();
    } catch (error) {
      if (!(error instanceof LogViolation)) throw error;
      failures.push({ seed, message: error.message });
    }
    for (const name of COUNTED) sum[name]! += own[name];
  }
  return { kind: "seeds", seeds, failures, counts: sum };
}

/** Runs of the whole store. */
export async function playRuns(task: Seeds): Promise<SeedsAnswer> {
  const { from, count, failuresMax, draw } = task;
  const without = new Set(draw.without);
  const counts = new Map<string, number>();
  const failures: Failure[] = [];
  let seeds = 0;
  while (seeds < count && failures.length < failuresMax) {
    const seed = from + seeds++;
    try {
      await play(drawPlan(seed, without, draw), { counts });
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      failures.push({ seed, message: error.message });
    }
  }
  return { kind: "seeds", seeds, failures, counts: Object.fromEntries(counts) };
}

export function searchCase({ name, statesMax }: Task & { kind: "search" }): SearchAnswer {
  const searchCase = SEARCH_CASES.find((one) => one.name === name)!;
  const { search, from } = prepare(searchCase);
  const { states, depth, isExhausted, found } = search.run(from, statesMax);
  const trace = found === null ? [] : describeMoves(search, from, found);
  return { kind: "search", name, states, depth, isExhausted, found: found !== null, trace };
}

/** A refusal is an error, and there are thousands of them: nobody reads where they were made. */
Error.stackTraceLimit = 0;

async function carryOut(task: Task): Promise<TaskAnswer> {
  if (task.kind === "search") return searchCase(task);
  return task.world === "log" ? playSeeds(task) : playRuns(task);
}

parentPort?.on("message", (task: Task) => {
  void carryOut(task).then((answer) => parentPort!.postMessage(answer));
});
