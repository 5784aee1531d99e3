/** The line of a request, as it is in the log at the level debug. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestLog } from "../../../frontend/api/access_log.ts";
import { AppError } from "../../../shared/errors.ts";
import { startHttpServer } from "../../../shared/http/server.ts";
import { createLog } from "../../../shared/logging.ts";
import { sendRaw } from "../../shared/http/raw_client.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

test("each request has a line with its trace, answered or refused", async (t) => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = createLog({ member: "frontend-1", level: "debug", write });
  const server = await startHttpServer({
    routes: [
      { method: "GET", path: "/ok", handle: (exchange) => exchange.send(200, [], "{}") },
      {
        method: "GET",
        path: "/no",
        handle: () => {
          throw new AppError("unavailable", "not now");
        },
      },
    ],
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 10,
    admit: requestLog(log, () => 7),
    onBug: (error) => assert.fail(String(error)),
  });
  t.after(() => server.close());
  for (const path of ["/ok?q=1", "/no"]) {
    const headers = `Host: x\r\nConnection: close\r\nTraceparent: 00-${TRACE}-${SPAN}-01`;
    await sendRaw(server.port, `GET ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
  }
  const told = lines.map((line) => JSON.parse(line));
  const ids = { traceId: TRACE, spanId: SPAN };
  assert.deepEqual(told.map(({ time: _time, ...line }) => line), [
    { ...LINE, path: "/ok", status: 200, ms: 0, ...ids },
    { ...LINE, path: "/no", status: 503, ms: 0, ...ids },
  ]);
});

/** What its lines have in common. */
const LINE = { level: "debug", member: "frontend-1", message: "answered", method: "GET" };
