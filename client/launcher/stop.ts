/** The process behind ./stop.sh. */
import { callOfThisProcess, runCommand } from "./command.ts";
import { stopCommand } from "./stop_command.ts";

process.umask(0o077);
process.exit(await runCommand(callOfThisProcess(), stopCommand));
