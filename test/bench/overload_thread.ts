/**
 * Loads in a thread of their own: what they measure must not wait for whatever else this process
 * does. Both sides are in this file; the thread begins at its end.
 */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { Load, type LoadPlan, type LoadSeen } from "./overload_load.ts";

const MARK = "overload thread";

export class LoadThread {
  readonly #worker: Worker;

  constructor() {
    // In some versions of Node a thread does not inherit the loader.
    const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
    const source = `const { register } = await import(${loader});
register();
await import(${JSON.stringify(import.meta.url)});`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    this.#worker = new Worker(url, { workerData: MARK, execArgv: [] });
  }

  /** One after the other. */
  run(plan: LoadPlan): Promise<LoadSeen> {
    return new Promise((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#worker.once("message", (seen: LoadSeen) => {
        this.#worker.off("error", reject);
        resolve(seen);
      });
      this.#worker.postMessage(plan);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

if (parentPort !== null && workerData === MARK) {
  const port = parentPort;
  port.on("message", async (plan: LoadPlan) => port.postMessage(await new Load(plan).run()));
}
