/** A thread that serves an internal port beside the owner (internal_port.ts). */
import { serveThread } from "../threads/owner_threads.ts";
import { serveInternalPort, type InternalPortData } from "./internal_port.ts";

serveThread(({ data, owner, listen }) => {
  return serveInternalPort(data as InternalPortData, {
    listen,
    owner,
    // Uncaught, it ends this thread, and the thread's end ends the process.
    onBug: (error) => {
      throw error;
    },
  });
});
