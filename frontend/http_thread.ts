/** One HTTP thread of a front-end: the public API (routes.ts) on the shared socket. */
import { monotonicMs } from "../shared/clock.ts";
import { startHttpServer } from "../shared/http/server.ts";
import { createLog } from "../shared/logging.ts";
import { serveThread } from "../shared/threads/owner_threads.ts";
import { withheldRoutes } from "./api/admin_routes.ts";
import { ThreadCounts } from "./cache/thread_metrics.ts";
import { makePages, type HttpThreadData } from "./api/handlers.ts";
import { publicRoutes } from "./api/routes.ts";
import { requestLog } from "./api/access_log.ts";
import { originCheck } from "./api/same_origin.ts";

/** Answered however full the server is. */
const HEALTH_PATHS = new Set(["/livez", "/readyz"]);

serveThread(({ data, owner, listen }) => {
  const settings = data as HttpThreadData;
  const log = createLog({ member: `frontend-${settings.id}`, level: settings.logLevel });
  const note = settings.logLevel === "debug" ? requestLog(log, monotonicMs) : null;
  const counts = ThreadCounts.take(settings.memory.counts);
  const checkOrigin = originCheck({ publicHosts: settings.publicHosts, host: settings.host });
  const pages = makePages(settings, owner, counts);
  return startHttpServer({
    routes: [...publicRoutes(pages), ...withheldRoutes(pages.store, pages.admin !== null)],
    listen,
    bodyBytesMax: settings.bodyBytesMax,
    connections: settings.connections,
    requestsPerClient: settings.requestsPerClient,
    vitalPaths: HEALTH_PATHS,
    admit: (exchange) => {
      counts.requests++;
      note?.(exchange);
      checkOrigin(exchange);
    },
    onGone: () => owner.dropGone(),
    // Uncaught, it ends this thread, and the thread's end ends the process.
    onBug: (error) => {
      throw error;
    },
  });
});
