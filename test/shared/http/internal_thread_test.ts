/** The ready-made HTTP thread of an internal port, over real threads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, hasReason } from "../../../shared/errors.ts";
import { INTERNAL_THREAD, type InternalThreadData } from "../../../shared/http/internal_calls.ts";
import { HttpPeer } from "../../../shared/http/peer.ts";
import { startHttpThreads } from "../../../shared/threads.ts";

test("calls reach the owner under their method and path, and only with the secret", async (t) => {
  const data: InternalThreadData = {
    secret: "0123456789abcdef",
    birth: "b1",
    calls: [
      { method: "POST", path: "/sales" },
      { method: "GET", path: "/health" },
      { method: "GET", path: "/log" },
    ],
  };
  const handle = async (kind: string, body: unknown): Promise<unknown> => {
    if (kind === "GET /health") throw new AppError("recovering", "wait", { index: 3 });
    if (kind === "GET /log") return '{"ready":"text"}';
    return { kind, body };
  };
  const threads = await startHttpThreads({
    module: INTERNAL_THREAD, count: 1, host: "127.0.0.1", port: 0, data, handle,
    onDeath: (why) => assert.fail(why),
  });
  t.after(() => threads.close());
  const url = `http://127.0.0.1:${threads.port}`;
  const peer = new HttpPeer({ url, secret: data.secret, birth: "b1" });
  t.after(() => peer.close());
  const timeout = { timeoutMs: 2_000 };

  const answer = await peer.post("/sales", { sales: [] }, timeout);
  assert.deepEqual(answer, { kind: "POST /sales", body: { sales: [] } });
  assert.deepEqual(await peer.get("/log?after=3", timeout), { ready: "text" });
  await assert.rejects(peer.get("/health?at=3", timeout), (error) => {
    return hasReason(error, "recovering") && error.details["index"] === 3;
  });
  const twice = peer.get("/log?a=1&a=2", timeout);
  await assert.rejects(twice, (error) => hasReason(error, "bad_request"));
  assert.deepEqual(await peer.get("/livez", timeout), { data: "live" });
  assert.equal((await fetch(`${url}/livez`)).status, 401);
});
