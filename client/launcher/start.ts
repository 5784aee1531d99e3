/** The process behind ./start.sh. */
import { callOfThisProcess, runCommand } from "./command.ts";
import { startCommand } from "./start_command.ts";

// As in every member (shared/member/member.ts): what a store writes is its user's alone.
process.umask(0o077);
const giveUp = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => giveUp.abort());
}
const code = await runCommand({ ...callOfThisProcess(), signal: giveUp.signal }, startCommand);
process.exit(code);
