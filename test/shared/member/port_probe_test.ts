/** Which addresses are this machine's, and what is said of the others. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { checkHost, tryToListen } from "../../../shared/member/port_probe.ts";

test("a port in use, and one that is free", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  assert.equal(await tryToListen("127.0.0.1", port), "EADDRINUSE");
  assert.equal(await tryToListen("127.0.0.1", 0), null);
});

test("an address of another machine is refused in one line", async () => {
  await checkHost("127.0.0.1");
  // 192.0.2.0/24 is for documentation (RFC 5737): nobody's.
  await assert.rejects(checkHost("192.0.2.1"), {
    name: "UsageError",
    message: "HOST 192.0.2.1: it must be an address of this machine (EADDRNOTAVAIL)",
  });
});
