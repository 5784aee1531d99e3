/** `npm run check [-- DIR]`: the audit of a store. See check/options.ts for how to call it. */
import { main } from "./check/main.ts";

process.exitCode = await main({
  args: process.argv.slice(2),
  environment: process.env,
  folder: process.env.INIT_CWD ?? process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
});
