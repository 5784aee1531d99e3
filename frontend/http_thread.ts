/** One HTTP thread of a front-end: the public API (public_routes.ts) on the shared socket. */
import { monotonicMs } from "../shared/clock.ts";
import { startHttpServer } from "../shared/http/server.ts";
import { PUBLIC_BODY_BYTES_MAX } from "../shared/limits.ts";
import { createLog } from "../shared/logging.ts";
import { serveThread } from "../shared/threads.ts";
import { withheldRoutes } from "./admin_routes.ts";
import { ThreadCounts } from "./cache/thread_counts.ts";
import { makePages, type HttpThreadData } from "./pages.ts";
import { publicRoutes } from "./public_routes.ts";
import { requestLog } from "./request_log.ts";

serveThread(({ data, owner, listen }) => {
  const settings = data as HttpThreadData;
  const log = createLog({ member: `frontend-${settings.id}`, level: settings.logLevel });
  const note = settings.logLevel === "debug" ? requestLog(log, monotonicMs) : null;
  const counts = ThreadCounts.take(settings.memory.counts);
  const pages = makePages(settings, owner, counts);
  return startHttpServer({
    routes: [...publicRoutes(pages), ...withheldRoutes(pages.store, pages.admin !== null)],
    listen,
    bodyBytesMax: PUBLIC_BODY_BYTES_MAX,
    admit: (exchange) => {
      counts.requests++;
      note?.(exchange);
    },
    // Uncaught, it ends this thread, and the thread's end ends the process.
    onBug: (error) => {
      throw error;
    },
  });
});
