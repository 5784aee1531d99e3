/** One HTTP thread of a front-end: the public API (public_routes.ts) on the shared socket. */
import { startHttpServer } from "../shared/http/server.ts";
import { PUBLIC_BODY_BYTES_MAX } from "../shared/limits.ts";
import { serveThread } from "../shared/threads.ts";
import { ThreadCounts } from "./cache/thread_counts.ts";
import { makePages, type HttpThreadData } from "./pages.ts";
import { publicRoutes } from "./public_routes.ts";

serveThread(({ data, owner, listen }) => {
  const settings = data as HttpThreadData;
  const counts = ThreadCounts.take(settings.memory.counts);
  return startHttpServer({
    routes: publicRoutes(makePages(settings, owner, counts)),
    listen,
    bodyBytesMax: PUBLIC_BODY_BYTES_MAX,
    admit: () => void counts.requests++,
    // Uncaught, it ends this thread, and the thread's end ends the process.
    onBug: (error) => {
      throw error;
    },
  });
});
