/**
 * The threads of a run, one for each core: a task goes to the next one that is
 * free. They may run a build with a bug planted in it.
 */
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import type { Task, TaskAnswer } from "./tasks.ts";

/** What a run makes is garbage when it ends: seldom collected is cheaply collected. */
const YOUNG_MB = 64;

interface Waiting {
  task: Task;
  resolve: (answer: TaskAnswer) => void;
  reject: (error: Error) => void;
}

export class Pool {
  #threads: Worker[];
  #free: Worker[];
  #queue: Waiting[] = [];
  #working = new Map<Worker, Waiting>();

  /** @param module file: URL, of a build (build.ts) */
  constructor(module: string, threads: number) {
    this.#threads = Array.from({ length: threads }, () => this.#start(module));
    this.#free = [...this.#threads];
  }

  get size(): number {
    return this.#threads.length;
  }

  /** The answer is of the task's kind. */
  run<T extends Task>(task: T): Promise<TaskAnswer & { kind: T["kind"] }> {
    const answer = new Promise<TaskAnswer>((resolve, reject) => {
      this.#queue.push({ task, resolve, reject });
    });
    this.#next();
    return answer as Promise<TaskAnswer & { kind: T["kind"] }>;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #next(): void {
    while (this.#free.length > 0 && this.#queue.length > 0) {
      const thread = this.#free.pop()!;
      const waiting = this.#queue.shift()!;
      this.#working.set(thread, waiting);
      thread.postMessage(waiting.task);
    }
  }

  #start(module: string): Worker {
    const thread = new Worker(new URL(module), {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    thread.on("message", (answer: TaskAnswer) => {
      const waiting = this.#working.get(thread);
      assert(waiting !== undefined, "a thread answers what it was asked");
      this.#working.delete(thread);
      this.#free.push(thread);
      waiting.resolve(answer);
      this.#next();
    });
    thread.on("error", (error) => this.#fail(error as Error));
    return thread;
  }

  /** A thread threw: not a promise that broke, but a bug of the simulator. */
  #fail(error: Error): void {
    for (const { reject } of [...this.#working.values(), ...this.#queue]) reject(error);
    this.#working.clear();
    this.#queue = [];
  }
}
