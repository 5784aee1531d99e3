/** An HTTP thread for the tests: asks its owner, and tells which thread it is. */
import { threadId } from "node:worker_threads";
import { startHttpServer } from "../../shared/http/server.ts";
import { serveThread } from "../../shared/threads/owner_threads.ts";

const headers = ["Content-Type", "application/json"];

serveThread(({ data, owner, listen }) => {
  const told: unknown[] = [];
  owner.onTell((kind, body) => told.push(kind, body));
  if ((data as { broken?: boolean }).broken) throw new Error("planted: broken at start");
  return startHttpServer({
    listen,
    bodyBytesMax: 1_000,
    internal: true,
    onGone: () => owner.dropGone(),
    onBug: (error) => {
      throw error;
    },
    routes: [
      {
        method: "GET",
        path: "/thread",
        handle: (exchange) => exchange.send(200, headers, JSON.stringify({ threadId, told })),
      },
      {
        method: "GET",
        path: "/healthy",
        handle: (exchange) => exchange.send(200, headers, JSON.stringify(owner.healthy())),
      },
      {
        method: "GET",
        path: "/ask/:kind",
        handle: async (exchange) => {
          const answer = await owner.ask(exchange.params[0]!, { query: exchange.query }, exchange);
          exchange.send(200, headers, JSON.stringify(answer));
        },
      },
      {
        method: "GET",
        path: "/ask/:kind/:then",
        handle: async (exchange) => {
          const [kind, then] = exchange.params;
          await owner.ask(kind!, null, exchange);
          const text = await owner.askText(then!, "{}", exchange);
          exchange.send(200, headers, text);
        },
      },
      {
        method: "GET",
        path: "/die",
        handle: () => {
          throw new Error("planted: thread dies");
        },
      },
    ],
  });
});
