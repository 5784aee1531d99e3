/** `npx tsx client/client.ts 0.4`: buys at random and checks what it bought. See load/help.ts. */
import { main } from "./load/main.ts";

// Whoever reads through a pipe may have seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  onInterrupt(handler) {
    // The third Control-C ends the process: whoever insists shall have it.
    let left = 2;
    const onSignal = () => {
      handler();
      left -= 1;
      if (left === 0) process.off("SIGINT", onSignal);
    };
    process.on("SIGINT", onSignal);
    return () => process.off("SIGINT", onSignal);
  },
});
