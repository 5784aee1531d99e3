/** Whether this machine lets a process listen at an address, found out before anything is made. */
import { createServer } from "node:net";
import { UsageError } from "../usage.ts";

/** Listens for a moment: null when that went well, else the code of the error. */
export function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

/** @throws UsageError when no port of it could be listened on */
export async function checkHost(host: string): Promise<void> {
  const code = await tryToListen(host, 0);
  if (code === null) return;
  throw new UsageError(`HOST ${host}: it must be an address of this machine (${code})`);
}
