/** Free or not, and whose. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { claimPortBase } from "../../../client/launcher/free_ports.ts";
import { holderOf, portState } from "../../../client/launcher/ports.ts";

for (const host of ["127.0.0.1", "0.0.0.0"]) {
  test(`a port somebody listens on at ${host} is taken, and by whom is told`, async (t) => {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    assert.equal(await portState("127.0.0.1", port), "taken");
    const holder = holderOf(port);
    assert.equal(holder?.pid, process.pid);
    assert.match(holder!.name, /ports_test\.ts/);

    server.close();
    await once(server, "close");
    assert.equal(await portState("127.0.0.1", port), "free");
    assert.equal(holderOf(port), null);
  });
}

test("bases that are held at the same time differ, and each is free", async (t) => {
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimPortBase({})));
  t.after(() => claims.forEach((claim) => claim.release()));
  const bases = claims.map((claim) => claim.portBase);
  assert.equal(new Set(bases).size, 8);
  for (const base of bases) {
    assert.equal(base % 250, 0);
    assert.equal(await portState("127.0.0.1", base + 221), "free");
  }
});
