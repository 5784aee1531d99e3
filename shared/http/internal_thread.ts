/**
 * The whole HTTP thread of an internal port, entered by startHttpThreads with
 * `module: INTERNAL_THREAD` and InternalThreadData: order and catalog have no
 * other, and nothing to write for it.
 */
import { INTERNAL_BODY_BYTES_MAX } from "../limits.ts";
import { serveThread } from "../threads.ts";
import { internalRoutes, type InternalThreadData } from "./internal_calls.ts";
import { requireSecret, startHttpServer } from "./server.ts";

serveThread(({ data, owner, listen }) => {
  const { secret, birth, calls } = data as InternalThreadData;
  return startHttpServer({
    routes: internalRoutes(calls, owner),
    listen,
    bodyBytesMax: INTERNAL_BODY_BYTES_MAX,
    admit: requireSecret(secret, birth),
    internal: true,
    // Uncaught, it ends this thread, and the thread's end ends the process.
    onBug: (error) => {
      throw error;
    },
  });
});
