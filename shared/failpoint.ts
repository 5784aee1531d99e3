/**
 * A member that dies, stalls or errs at a named step of its work, once, so that tests meet on
 * real processes each moment at which a crash may come (after etcd's gofail):
 *
 *   FAILPOINT=order.sold:exit             SIGKILLs itself when it first gets there
 *   FAILPOINT=log.written:stop:2          SIGSTOPs itself the second time
 *   FAILPOINT=log.flushed:error           throws what a disk, or a lost answer, would
 *   FAILPOINT=order.sold:delay=500        stands still for 500 ms, with all that it does
 *
 * Without it a step costs one comparison. It holds for the owner thread of the process that is
 * armed (member.ts); the simulator arms nobody. A line in the log says that it was reached.
 */
import { asInteger, asOneOf } from "./member/config_values.ts";
import { AppError } from "./errors.ts";
import type { Log } from "./logging.ts";
import { UsageError } from "./usage.ts";

/** What `error` throws: what a failed disk does, or a lost answer; null: it is refused. */
type Fault = "disk" | "answer" | null;

/** The steps: what has happened when one is reached, and what has not. */
const FAULTS = {
  // --- Front-end
  /** Purchases stand in a batch, each under its key; nothing was sent. */
  "frontend.taken": null,
  /** The order leader has answered; no buyer has. */
  "frontend.placed": "answer",
  /** Caches dropped what changes; the catalog has not heard of it. */
  "frontend.invalidated": null,

  // --- Order leader
  /** The key is taken; the catalog was not asked. */
  "order.taken": null,
  /** The catalog has sold and said so; no order has a row. */
  "order.sold": "answer",
  /** The outcome is certain; the front-end has not heard of it. */
  "order.answered": null,
  /** The catalog refuses older leaders and named what they left; none of it has a row. */
  "leader.fenced": "answer",

  // --- Catalog leader
  /** A batch is judged; no row stands anywhere. */
  "catalog.decided": null,
  /** A front-end has dropped what changes; that was not noted. */
  "catalog.invalidated": "answer",
  /** Rows are visible here; who waits for them was not answered. */
  "catalog.visible": null,

  // --- Replica of either, as it leads or follows
  /** Rows stand in the log file, not flushed; an idle leader has sent them to nobody. */
  "log.written": "disk",
  /** Rows are on the own disk; nobody was told. */
  "log.flushed": "disk",
  /** A follower has answered to rows; its leader did not count it. */
  "log.replicated": "answer",
  /** Rows are known to be on a quorum of disks; nobody who waits for them was told. */
  "log.committed": null,
  /** The note of the log's length is lowered for a cut; the rows still stand. */
  "log.lowered": "disk",
  /** The rows are cut; the leader's own are not there. */
  "log.cut": "disk",
  /** Term and vote are on disk; the vote was not given. */
  "vote.saved": "disk",
  /** The nominee has its votes and the best log of them on disk; the term has no row. */
  "nominee.fetched": null,
  /** The row that opens the term is committed; nothing is served. */
  "leader.opened": null,
  /** A new file (term.json, checkpoint.json, log.csv) is on disk beside the old one. */
  "file.written": "disk",
  /** The checkpoint is on disk; the log still holds the rows that it makes needless. */
  "checkpoint.written": "disk",
  /** The log begins later; no length of it is noted. */
  "checkpoint.shortened": "disk",
} satisfies Record<string, Fault>;

export type Step = keyof typeof FAULTS;
const STEPS = Object.keys(FAULTS) as Step[];
type Action = "exit" | "stop" | "error" | "delay";

export interface Failpoint {
  step: Step;
  action: Action;
  /** For `delay`, else 0. */
  delayMs: number;
  /** It acts when the step is reached for this time, from 1 on. */
  count: number;
}

const DELAY_MAX_MS = 60_000;
const COUNT_MAX = 1_000_000;
const ACTIONS: readonly Action[] = ["exit", "stop", "error", "delay"];

let armed: { order: Failpoint; log: Log; left: number } | null = null;

/** Marks a step: does nothing unless this process was armed for it. */
export function failpoint(step: Step): void {
  if (armed !== null && armed.order.step === step && --armed.left === 0) act(armed);
}

/** From now on, in this thread. */
export function armFailpoint(order: Failpoint, log: Log): void {
  armed = { order, log, left: order.count };
}

/** @param text `step:action` or `step:action:count` @throws UsageError */
export function parseFailpoint(text: string): Failpoint {
  const [stepText = "", actionText = "", countText = "1", ...rest] = text.split(":");
  const step = asOneOf("FAILPOINT", stepText, STEPS);
  const [actionName = "", delayText, ...more] = actionText.split("=");
  const action = asOneOf("FAILPOINT", actionName, ACTIONS);
  const isDelay = action === "delay";
  if (rest.length > 0 || more.length > 0 || isDelay !== (delayText !== undefined)) {
    throw new UsageError(`FAILPOINT ${text}: it must be step:action[:count], or step:delay=ms`);
  }
  if (action === "error" && FAULTS[step] === null) {
    throw new UsageError(`FAILPOINT ${text}: nothing can fail at ${step}`);
  }
  const count = asInteger("FAILPOINT count", countText, { min: 1, max: COUNT_MAX });
  const delayRange = { min: 1, max: DELAY_MAX_MS };
  const delayMs = isDelay ? asInteger("FAILPOINT delay", delayText, delayRange) : 0;
  return { step, action, delayMs, count };
}

function act({ order, log }: { order: Failpoint; log: Log }): void {
  const { step, action, delayMs } = order;
  log.warn("failpoint", { step, action });
  switch (action) {
    case "exit":
      // Before this call returns: nothing is flushed, closed or answered.
      process.kill(process.pid, "SIGKILL");
      break;
    case "stop":
      process.kill(process.pid, "SIGSTOP");
      break;
    case "error":
      throw faultAt(step);
    case "delay":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
  }
}

function faultAt(step: Step): Error {
  if (FAULTS[step] === "answer") return new AppError("unknown", `No answer: failpoint ${step}`);
  return Object.assign(new Error(`EIO: failpoint ${step}`), { code: "EIO" });
}
