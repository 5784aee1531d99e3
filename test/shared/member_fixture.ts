/** A member that does nothing but what every member does. */
import { Worker } from "node:worker_threads";
import { runMember } from "../../shared/member/member.ts";

runMember("order", async ({ settings, birth, log, fail }) => {
  log.info("started", { folder: settings.folder, cluster: birth.id });
  const mode = process.env["MODE"];
  const keepAlive = setInterval(() => {}, 1_000);
  if (mode === "start-fails") throw portTaken();
  if (mode === "throws") setImmediate(() => throwException());
  if (mode === "throws-when-told") process.stdin.once("data", () => sayAndThrow());
  if (mode === "rejects") void Promise.reject(new Error("planted rejection"));
  if (mode === "fails") fail(new Error("planted failure"));
  return {
    close: async () => {
      if (mode === "never-closes") return new Promise<void>(() => {});
      if (mode === "close-fails") throw new Error("planted: close fails");
      clearInterval(keepAlive);
    },
  };
});

/** A line of another thread comes over this one. */
function sayAndThrow(): void {
  const line = JSON.stringify({ message: "a warning of another thread" });
  const code = `process.stdout.write(${JSON.stringify(`${line}\n`)})`;
  new Worker(code, { eval: true }).once("exit", () => throwException());
}

function portTaken(): Error {
  return Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE" });
}

function throwException(): never {
  throw new Error("planted exception");
}
